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
    auto entries = std::make_unique<FragmentBlock>();
    has_more = read_block(*block, *entries);
    if (!block->empty()) hand_over(std::move(block));
    if (entries->messages > 0) hand_over(std::move(entries));
  }
  wiring_.ended();
}

bool LineSource::has_room() const { return !wiring_.budget.is_full() && wiring_.in_flight() < kInFlightMax; }

void LineSource::room_came() {
  if (waits_.load(std::memory_order_seq_cst) && has_room()) wakeup_.signal();
}

/// False: the file has ended.
bool LineSource::read_block(MessageBlock& block, FragmentBlock& entries) {
  std::string text;
  while (block.bytes() + entries.message_bytes < kBlockBytesMax) {
    // Of a pipe that stays open nothing may wait here for the lines behind it.
    const bool has_some = !block.empty() || entries.messages > 0;
    if (has_some && lines_.rdbuf()->in_avail() <= 0) return true;
    if (!std::getline(lines_, text)) return false;
    ++line_;
    if (text.empty() || text == "\r") continue;
    const std::optional<InputLine> message = parse_input_line(text);
    if (message) {
      block.append(message->channel, message->payload);
    } else if (const std::string_view why = wiring_.add_entry(text, entries); !why.empty()) {
      wiring_.not_readable(line_, why);
    }
  }
  return true;
}

template <class Block>
void LineSource::number(Block& block, std::size_t messages, std::uint64_t bytes) {
  const Now now = read_clocks();
  block.number = ++last_block_;
  block.first_sequence = last_sequence_ + 1;
  block.arrived = now.steady;
  block.arrived_at = now.utc;
  last_sequence_ += messages;
  wiring_.received(messages);
  wiring_.budget.add(bytes, messages);
}

void LineSource::hand_over(std::unique_ptr<MessageBlock> block) {
  number(*block, block->size(), block->bytes());
  wiring_.messages.push(std::move(block));
}

void LineSource::hand_over(std::unique_ptr<FragmentBlock> entries) {
  number(*entries, entries->messages, entries->message_bytes);
  for (HistoryRun& run : entries->history) {
    run.first_sequence = entries->first_sequence;
    run.arrived = entries->arrived;
    run.arrived_at = entries->arrived_at;
  }
  wiring_.take_entries(std::move(entries));
}

}  // namespace firebase_relay::bus
