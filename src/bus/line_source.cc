#include "bus/line_source.h"

#include <chrono>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "bus/input_line.h"

namespace firebase_relay::bus {
namespace {

constexpr std::size_t kBlockBytesMax = 256 * 1024;
/// What may be read and not delivered: the database sets the pace, since memory is all that keeps it meanwhile.
constexpr std::uint64_t kInFlightMax = 100'000;

}  // namespace

LineSource::LineSource(std::istream& lines, Wiring wiring) : lines_(lines), wiring_(std::move(wiring)) {}

void LineSource::run(std::stop_token stop) {
  std::stop_callback wake(stop, [this] { wakeup_.signal(); });
  bool has_more = true;
  while (has_more && !stop.stop_requested()) {
    waits_.store(true, std::memory_order_seq_cst);  // pairs with room_came(): say so, then look once more
    if (!has_room()) {
      wakeup_.wait(std::chrono::milliseconds(-1));
      continue;
    }
    waits_.store(false, std::memory_order_relaxed);
    std::unique_ptr<MessageBlock> block = wiring_.emptied.try_pop();
    if (!block) block = std::make_unique<MessageBlock>();
    has_more = read_block(*block);
    if (!block->empty()) hand_over(std::move(block));
  }
  wiring_.ended();
}

bool LineSource::has_room() const { return !wiring_.budget.is_full() && wiring_.in_flight() < kInFlightMax; }

void LineSource::room_came() {
  if (waits_.load(std::memory_order_seq_cst) && has_room()) wakeup_.signal();
}

/// False: the file has ended.
bool LineSource::read_block(MessageBlock& block) {
  std::string text;
  while (block.bytes() < kBlockBytesMax) {
    // Of a pipe that stays open nothing may wait here for the lines behind it.
    if (!block.empty() && lines_.rdbuf()->in_avail() <= 0) return true;
    if (!std::getline(lines_, text)) return false;
    ++line_;
    if (text.empty() || text == "\r") continue;
    const std::optional<InputLine> message = parse_input_line(text);
    if (message) {
      block.append(message->channel, message->payload);
    } else {
      wiring_.not_readable(line_);
    }
  }
  return true;
}

void LineSource::hand_over(std::unique_ptr<MessageBlock> block) {
  const Now now = read_clocks();
  block->number = ++last_block_;
  block->first_sequence = last_sequence_ + 1;
  block->arrived = now.steady;
  block->arrived_at = now.utc;
  last_sequence_ += block->size();
  wiring_.received(block->size());
  wiring_.budget.add(block->bytes(), block->size());
  wiring_.messages.push(std::move(block));
}

}  // namespace firebase_relay::bus
