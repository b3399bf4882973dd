#include "classify/block_writer.h"

#include <algorithm>
#include <utility>

#include "base/json_fault.h"
#include "classify/path_limits.h"

namespace firebase_relay::classify {
namespace {

constexpr std::size_t kShownBytesMin = 4096;

}  // namespace

BlockWriter::BlockWriter(const RouteTable& routes, const WriterOptions& options)
    : routes_(routes),
      options_(options),
      opener_(routes),
      matcher_(routes),
      places_(routes, options.known_names ? options.known_names->names_max : 0) {}

std::unique_ptr<FragmentBlock> BlockWriter::write(const MessageBlock& messages) {
  std::unique_ptr<FragmentBlock> block = begin(messages);
  for (std::size_t i = 0; i < messages.size(); ++i) {
    places_.prefetch(messages, i);
    entry_ = messages.entry_of(i);
    if (entry_ != nullptr) begin_entry(*entry_);
    take(messages[i], messages.first_sequence + i, *block);
  }
  values_.finish(*block);
  for (std::size_t i = 0; i < kShedClassCount; ++i) {
    HistoryRun& run = block->history[i];
    last_history_bytes_[i] = run.text.size();
    if (messages.streams) run.seeds.clear();  // an entry's key is settled: it is told apart by its id
  }
  rewritten_.clear();
  places_.forget_if_many();
  return block;
}

std::unique_ptr<FragmentBlock> BlockWriter::begin(const MessageBlock& messages) {
  auto block = std::make_unique<FragmentBlock>();
  block->number = messages.number;
  block->first_sequence = messages.first_sequence;
  block->messages = static_cast<std::uint32_t>(messages.size());
  block->message_bytes = messages.bytes();
  block->arrived = messages.arrived;
  block->arrived_at = messages.arrived_at;
  for (std::size_t i = 0; i < kShedClassCount; ++i) {
    HistoryRun& run = block->history[i];
    run.text.reserve(std::min(last_history_bytes_[i], 2 * messages.bytes()));
    run.first_sequence = messages.first_sequence;
    run.arrived = messages.arrived;
    run.arrived_at = messages.arrived_at;
  }
  const std::atomic<std::int64_t>* ahead = options_.clock_ahead_seconds;
  right_time_ = messages.arrived_at - std::chrono::seconds(ahead ? ahead->load(std::memory_order_relaxed) : 0);
  came_at_ = messages.arrived_at;
  streams_ = messages.streams.get();
  stream_hashes_.clear();
  if (streams_ != nullptr)
    for (const std::string& key : *streams_) stream_hashes_.push_back(stream_hash(key));
  now_.assign(1, '"');
  append_iso_time(messages.arrived_at, now_);
  now_ += '"';
  return block;
}

/// No clock has a word in it: whenever an entry is read again, it has the same key.
void BlockWriter::begin_entry(const StreamEntry& entry) {
  right_time_ = came_at_ = time_of(entry.id);
  entry_hash_ = entry_hash(stream_hashes_[entry.stream], entry.id);
}

void BlockWriter::take(const Message& message, Sequence sequence, FragmentBlock& block) {
  if (message.payload.size() > options_.message_bytes_max)
    return set_aside(message, sequence, DeadLetterReason::kMessageTooLarge, block);
  if (const auto reason = opener_.open(message.payload)) return set_aside(message, sequence, *reason, block);
  const Opened& payload = opener_.opened();
  Channel& channel = places_.channel(message.channel);
  const Routed routed = matcher_.match(payload, channel, right_time_);
  const Route& route = routed.route;
  Place& place = places_.place(routed.index, route.needs_ticker ? routed.ticker : std::string_view{}, channel);
  if (const auto reason = over_path_limit(payload, routed, place, options_.base, has_entry(route)))
    return set_aside(message, sequence, *reason, block);
  if (!admits(routed, channel, place)) return set_aside(message, sequence, DeadLetterReason::kTickersMax, block);

  ++block.classified[static_cast<std::size_t>(route.kind)];
  const bool is_last = routed.index == routes_.routes.size() - 1;
  if (is_last && !std::exchange(channel.was_unrouted, true) && route.leads_to_channels())
    block.unrouted_channels.push_back(channel.name);
  if (options_.console != LineFormat::kNone)
    append_message_line(options_.console, message, name_of(route.kind), routed.ticker, block.arrived_at, block.console);

  const Found found{message, sequence, payload, routed, channel, place};
  BlockValues::Origin origin{.sequence = sequence, .ticket = LiveUpdate::kNoTicket, .order = routed.order};
  if (has_entry(route)) write_history(found, origin, block);
  if (!has_history(route)) {
    origin = {.sequence = sequence, .ticket = LiveUpdate::kNoTicket, .order = routed.order};  // the entry does not stay
    origin.ticket = static_cast<std::uint32_t>(block.tickets.size());
    block.tickets.push_back({route.kind, 0, routed.event_ms});
  }
  if (options_.live) write_live(found, origin, block);
  const bool is_over = origin.ticket != LiveUpdate::kNoTicket && block.tickets[origin.ticket].updates == 0;
  if (is_over) ++block.coalesced[static_cast<std::size_t>(route.kind)];  // nothing of it is outstanding
}

void BlockWriter::set_aside(const Message& message, Sequence sequence, DeadLetterReason reason,
                            FragmentBlock& block) const {
  if (options_.console != LineFormat::kNone) {
    const std::size_t shown = std::max(options_.message_bytes_max, kShownBytesMin);  // nobody reads 100 MB
    std::string why(name_of(reason));
    if (options_.console == LineFormat::kText && is_json_fault(reason))
      why += " at " + json_fault_text(message.payload) + ',';
    append_message_line(options_.console, {message.channel.substr(0, shown), message.payload.substr(0, shown)},
                        kDeadLetterLine, why, block.arrived_at, block.console);
  }
  DeadLetter& letter = block.dead_letters.emplace_back(
      DeadLetter{reason, sequence, block.arrived_at, std::string(message.channel), std::string(message.payload)});
  if (entry_ == nullptr) return;
  letter.stream = (*streams_)[entry_->stream];
  letter.entry = entry_->id;
}

/// Asked after the limits of a path, so that no name is kept that could never be written.
bool BlockWriter::admits(const Routed& routed, const Channel& channel, Place& place) const {
  if (place.is_admitted || !options_.known_names) return true;
  place.is_admitted = (!routed.route.needs_ticker || options_.known_names->tickers.admit(routed.ticker)) &&
                      (!routed.route.needs_channel || options_.known_names->channels.admit(channel.name));
  return place.is_admitted;
}

/// Notes in `origin` where the message stands then: large values are not written twice.
void BlockWriter::write_history(const Found& found, BlockValues::Origin& origin, FragmentBlock& block) {
  const Kind kind = found.routed.route.kind;
  const auto shed_class = static_cast<std::size_t>(shed_class_of(kind));
  HistoryRun& run = block.history[shed_class];
  Channel& channel = found.channel;
  if (channel.block[shed_class] != block.number) {
    channel.block[shed_class] = block.number;
    channel.index[shed_class] = static_cast<std::uint16_t>(run.channels.size());
    run.channels.push_back(channel.name);
  }
  const std::int64_t event_ms = found.routed.event_ms;
  const bool has_time = event_ms != HistoryEntry::kNoEventTime;
  block.key_fallbacks += has_time ? 0 : 1;
  const UtcMillis time = has_time ? UtcMillis(std::chrono::milliseconds(event_ms)) : came_at_;
  const std::uint64_t origin_hash = stream_hashes_.empty() ? channel.hash : entry_hash_;
  origin.entry = written(found.payload.message, found.payload);
  origin.entry_run = static_cast<std::uint8_t>(shed_class);
  origin.entry_offset =
      run.add(found.place.history_parent_at(time), time, key_seed(found.message.payload, origin_hash), origin.entry,
              {.sequence_offset = static_cast<std::uint32_t>(found.sequence - block.first_sequence),
               .event_ms = event_ms,
               .channel = channel.index[shed_class],
               .kind = kind});
}

void BlockWriter::write_live(const Found& found, const BlockValues::Origin& origin, FragmentBlock& block) {
  const Route& route = found.routed.route;
  const std::string_view id = found.routed.id;
  if (entry_ != nullptr && !has_seen_two_streams_) look_for_two_streams(found.place, block);
  const BlockValues::Slot first = values_.slots_of(found.place, block);
  for (std::size_t i = 0; i < route.live.size(); ++i) {
    const Place::Path& path = found.place.paths[i];
    if (path.has_id && id.empty()) continue;
    const std::string_view value = live_value(route.live[i], found, origin);
    if (value.empty()) continue;
    values_.put(path.has_id ? values_.slot_of(found.place, path, id) : first + i, value, origin, block);
  }
}

/// Entries of two streams have no order among each other. Orders may well be spread: each has a path of its own.
void BlockWriter::look_for_two_streams(Place& place, FragmentBlock& block) {
  const std::uint16_t before = std::exchange(place.stream, entry_->stream);
  if (before == Place::kNoStream || before == entry_->stream) return;
  const auto path =
      std::find_if(place.paths.begin(), place.paths.end(), [](const Place::Path& p) { return !p.has_id; });
  if (path == place.paths.end()) return;
  has_seen_two_streams_ = true;
  block.two_streams = {std::string(place[path->whole]), (*streams_)[before], (*streams_)[entry_->stream]};
}

/// Empty: the message has no such field, and the path stays as it was.
std::string_view BlockWriter::live_value(const LiveTarget& target, const Found& found,
                                         const BlockValues::Origin& origin) {
  switch (target.source) {
    case LiveTarget::Source::kMessage:
      return origin.entry.empty() ? written(found.payload.message, found.payload) : origin.entry;
    case LiveTarget::Source::kTicker: return found.place[found.place.ticker_json];
    case LiveTarget::Source::kNow: return now_;
    case LiveTarget::Source::kField: break;
  }
  const Value* value = found.payload.fields().find(target.field);
  if (!value) return {};
  if (target.translation.empty()) return written(*value, found.payload);
  if (value->type != ValueType::kString) return {};
  std::string unescaped;
  const std::string_view text = found.payload.text(*value, unescaped);
  for (const auto& [from, to] : target.translation) {
    if (from == text) return to;
  }
  return {};
}

std::string_view BlockWriter::rewrite(const Value& value, const Opened& payload) {
  std::string& copy = rewritten_.emplace_back();
  payload.append(value, copy);
  return copy;
}

}  // namespace firebase_relay::classify
