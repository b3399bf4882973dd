#include "sim/ledger.h"

namespace firebase_relay::sim {
namespace {

constexpr std::uint64_t kTickers = 4;

void add_live(FragmentBlock& block, const Published& message, Sequence sequence, std::uint32_t ticket) {
  for (const std::string& path : message.live_paths) {
    block.add_live({path, hash_of_path(path), value_of(message.number, message.poison), sequence, ticket,
                    message.kind == Kind::kOrder});
  }
}

void add_history(FragmentBlock& block, const Published& message, std::uint32_t index, Kind kind) {
  HistoryRun& run = block.history[static_cast<std::size_t>(shed_class_of(kind))];
  run.add(message.history_path, value_of(message.number, message.poison),
          {.sequence_offset = index, .event_ms = 1'700'000'000'000, .kind = kind});
}

}  // namespace

std::string value_of(std::uint64_t number, bool poison) {
  return poison ? "\"poison" + std::to_string(number) + "\"" : std::to_string(number);
}

std::uint64_t number_of(std::string_view value) {
  const std::size_t digits = value.find_first_of("0123456789");
  return std::stoull(std::string(value.substr(digits)));
}

FragmentBlock Ledger::publish(Random& random, std::uint32_t count, Sequence sequence, const Now& now,
                              unsigned poison_percent, bool history) {
  const std::uint64_t first = messages_.size() + 1;
  draw(random, count, now, poison_percent, history);
  return block_of(first, count, sequence, now);
}

void Ledger::draw(Random& random, std::uint32_t count, const Now& now, unsigned poison_percent, bool history) {
  for (std::uint32_t i = 0; i < count; ++i) {
    const bool is_price = random.chance(60);
    Published message;
    message.number = messages_.size() + 1;
    message.kind = is_price ? Kind::kPrice : Kind::kOrder;
    message.poison = random.chance(poison_percent);
    message.arrived = now.steady;
    const std::string ticker = "T" + std::to_string(random.below(kTickers));
    const std::string service = "services/" + ticker;
    message.live_paths.reserve(is_price ? 2 : 1);
    if (is_price) {
      message.live_paths.push_back(service + "/price");
      message.live_paths.push_back(service + "/volume");
    } else {
      message.live_paths.push_back(service + "/orders/" + std::to_string(random.below(orders_)));
    }
    if (history && !random.chance(20)) {
      const std::string digits = std::to_string(message.number);
      message.history_path = "history/" + ticker + (is_price ? "/prices/" : "/orders/") + "K" +
                             std::string(19 - digits.size(), '0') + digits;
    } else if (random.chance(10)) {
      message.live_paths.clear();  // neither: nothing is written, and the worker has counted it
    }
    messages_.push_back(std::move(message));
  }
}

FragmentBlock Ledger::block_of(std::uint64_t first, std::uint32_t count, Sequence sequence, const Now& now) {
  FragmentBlock block;
  block.number = 1;
  block.first_sequence = sequence;
  block.messages = count;
  block.arrived = now.steady;
  block.arrived_at = now.utc;
  for (HistoryRun& run : block.history) {
    run.first_sequence = sequence;
    run.arrived = now.steady;
    run.arrived_at = now.utc;
    run.channels = {"channel"};
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    Published& message = messages_[first - 1 + i];
    message.arrived = now.steady;
    if (!message.history_path.empty()) add_history(block, message, i, message.kind);
    std::uint32_t ticket = LiveUpdate::kNoTicket;
    if (message.history_path.empty() && !message.live_paths.empty()) {
      ticket = static_cast<std::uint32_t>(block.tickets.size());
      block.tickets.push_back(
          {message.kind, static_cast<std::uint32_t>(message.live_paths.size()), HistoryEntry::kNoEventTime});
    }
    add_live(block, message, sequence + i, ticket);
  }
  return block;
}

}  // namespace firebase_relay::sim
