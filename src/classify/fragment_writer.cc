#include "classify/fragment_writer.h"

#include <algorithm>
#include <functional>

#include "base/json_fault.h"
#include "classify/key_codec.h"

namespace firebase_relay::classify {
namespace {

constexpr std::size_t kShownBytesMin = 4096;
constexpr std::size_t kCopiedBytesMax = 256;  // a smaller value is better off beside its path

std::optional<DeadLetterReason> beyond_limit(std::size_t keys, std::size_t bytes) {
  if (keys > kPathKeysMax) return DeadLetterReason::kTooDeep;
  if (bytes > kPathBytesMax) return DeadLetterReason::kPathTooLong;
  return std::nullopt;
}

}  // namespace

FragmentWriter::FragmentWriter(const RouteTable& routes, const WriterOptions& options)
    : routes_(routes), options_(options), opener_(routes), places_(routes) {}

std::unique_ptr<FragmentBlock> FragmentWriter::write(const MessageBlock& block) {
  block_ = std::make_unique<FragmentBlock>();
  block_->number = block.number;
  block_->first_sequence = block.first_sequence;
  block_->messages = static_cast<std::uint32_t>(block.size());
  block_->message_bytes = block.bytes();
  block_->arrived = block.arrived;
  block_->arrived_at = arrived_at_ = block.arrived_at;
  const std::atomic<std::int64_t>* ahead = options_.clock_ahead_seconds;
  right_time_ = arrived_at_ - std::chrono::seconds(ahead != nullptr ? ahead->load(std::memory_order_relaxed) : 0);
  for (std::size_t i = 0; i < kShedClassCount; ++i) {
    HistoryRun& run = block_->history[i];
    run.text.reserve(std::min(last_history_bytes_[i], 2 * block.bytes()));
    run.first_sequence = block.first_sequence;
    run.arrived = block.arrived;
    run.arrived_at = block.arrived_at;
  }
  known_statuses_ = {};
  now_.assign(1, '"');
  append_iso_time(arrived_at_, now_);
  now_ += '"';

  for (std::size_t i = 0; i < block.size(); ++i) take(block[i], block.first_sequence + i);

  finish_live();
  for (std::size_t i = 0; i < kShedClassCount; ++i) last_history_bytes_[i] = block_->history[i].text.size();
  places_.forget_if_many();
  return std::move(block_);
}

void FragmentWriter::take(const Message& message, Sequence sequence) {
  if (message.payload.size() > options_.message_bytes_max)
    return set_aside(message, sequence, DeadLetterReason::kMessageTooLarge);
  if (const auto reason = opener_.open(message.payload)) return set_aside(message, sequence, *reason);
  Channel& channel = places_.channel(message.channel);
  const std::string_view ticker = ticker_of(channel);
  const std::size_t chosen = route_for(channel, !ticker.empty());
  const Route& route = routes_.routes[chosen];
  Place& place = places_.place(chosen, route.needs_ticker ? ticker : std::string_view{}, channel);
  const std::string_view id_key = id_of(route);
  if (const auto reason = over_limit(route, place, id_key)) return set_aside(message, sequence, *reason);
  if (!admits(route, ticker, channel, place)) return set_aside(message, sequence, DeadLetterReason::kTickersMax);

  ++block_->classified[static_cast<std::size_t>(route.kind)];
  if (chosen == routes_.routes.size() - 1 && !std::exchange(channel.was_unrouted, true) && route.leads_to_channels())
    block_->unrouted_channels.push_back(channel.name);
  if (options_.console != LineFormat::kNone) {
    append_message_line(options_.console, message, name_of(route.kind), ticker, arrived_at_, block_->console);
  }
  event_ms_ = event_time();
  history_class_ = LiveUpdate::kInText;
  if (options_.history && route.history) write_history(message, sequence, channel, route, place);
  write_live(sequence, route, place, id_key);
}

void FragmentWriter::set_aside(const Message& message, Sequence sequence, DeadLetterReason reason) {
  if (options_.console != LineFormat::kNone) {
    const std::size_t shown = std::max(options_.message_bytes_max, kShownBytesMin);  // nobody reads 100 MB
    std::string why(name_of(reason));
    if (options_.console == LineFormat::kText && is_json_fault(reason))
      why += " at " + json_fault_text(message.payload) + ',';
    append_message_line(options_.console, {message.channel.substr(0, shown), message.payload.substr(0, shown)},
                        kDeadLetterLine, why, arrived_at_, block_->console);
  }
  block_->dead_letters.push_back(
      {reason, sequence, arrived_at_, std::string(message.channel), std::string(message.payload)});
}

std::string_view FragmentWriter::ticker_of(const Channel& channel) {
  if (payload().is_object) {
    for (const FieldId field : routes_.ticker_fields) {
      const Value* value = payload().fields().find(field);
      if (!value || value->type != ValueType::kString || value->end - value->begin <= 2) continue;
      // With escapes the text stands in a buffer that the next look-up overwrites.
      return value->has_escapes ? std::string_view(rewritten_.emplace_back(payload().text(*value, unescaped_)))
                                : payload().text(*value, unescaped_);
    }
  }
  return channel.ticker;
}

/// The encoded id of what the message is about, as it stands between quotes; empty without one.
std::string_view FragmentWriter::id_of(const Route& route) {
  id_key_.clear();
  const Value* value = route.id ? payload().fields().find(*route.id) : nullptr;
  if (!value) return {};
  std::string_view id;
  if (value->type == ValueType::kString) id = payload().text(*value, unescaped_);
  if (value->type == ValueType::kNumber) id = payload().raw(*value);
  if (id.empty()) return {};
  // With escapes the text stands in a buffer that the next look-up overwrites.
  if (!value->has_escapes && is_plain_key(id)) return id;
  std::string key;
  append_encoded_key(id, key);
  append_json_escaped(key, id_key_);
  return id_key_;
}

std::optional<DeadLetterReason> FragmentWriter::over_limit(const Route& route, const Place& place,
                                                           std::string_view id_key) const {
  const Reach& reach = payload().message.reach;
  const auto beyond = [this](std::size_t keys, std::size_t bytes) {
    return beyond_limit(options_.base.keys + keys, options_.base.path_bytes + bytes);
  };
  // No field reaches further than the message, so this settles it for nearly all.
  if (!beyond(place.keys_max + reach.keys, place.path_bytes_max + id_key.size() + reach.path_bytes))
    return std::nullopt;
  if (options_.history && route.history) {
    if (const auto reason = beyond(route.history->keys + 1 + reach.keys, place.history_path_bytes + reach.path_bytes))
      return reason;
  }
  for (std::size_t i = 0; i < route.live.size(); ++i) {
    const LiveTarget& target = route.live[i];
    if (place.paths[i].has_id && id_key.empty()) continue;
    Reach below;
    if (target.source == LiveTarget::Source::kMessage) below = reach;
    if (target.source == LiveTarget::Source::kField && payload().is_object) {
      const Value* value = payload().fields().find(target.field);
      if (value) below = value->reach;
    }
    const std::size_t bytes =
        place.paths[i].path_bytes + (place.paths[i].has_id ? id_key.size() : 0) + below.path_bytes;
    if (const auto reason = beyond(target.path.keys + below.keys, bytes)) return reason;
  }
  return std::nullopt;
}

/// Asked after the limits of a path, so that no name is kept that could never be written.
bool FragmentWriter::admits(const Route& route, std::string_view ticker, const Channel& channel, Place& place) const {
  if (place.is_admitted || !options_.known_names) return true;
  place.is_admitted = (!route.needs_ticker || options_.known_names->tickers.admit(ticker)) &&
                      (!route.needs_channel || options_.known_names->channels.admit(channel.name));
  return place.is_admitted;
}

/// The message's own time or its envelope's, in ms since 1970; kNoEventTime when neither may be used.
std::int64_t FragmentWriter::event_time() {
  if (!payload().is_object) return HistoryEntry::kNoEventTime;
  for (const Value* value : {payload().fields().find(routes_.timestamp), payload().in_envelope(routes_.timestamp)}) {
    if (!value || (value->type != ValueType::kString && value->type != ValueType::kNumber)) continue;
    const auto time =
        times_.parse(value->type == ValueType::kString ? payload().text(*value, unescaped_) : payload().raw(*value));
    if (time && is_usable_event_time(*time, right_time_)) return time->time_since_epoch().count();
  }
  return HistoryEntry::kNoEventTime;
}

void FragmentWriter::write_history(const Message& message, Sequence sequence, Channel& channel, const Route& route,
                                   const Place& place) {
  const auto shed_class = static_cast<std::size_t>(shed_class_of(route.kind));
  HistoryRun& run = block_->history[shed_class];
  if (channel.block[shed_class] != block_->number) {
    channel.block[shed_class] = block_->number;
    channel.index[shed_class] = static_cast<std::uint16_t>(run.channels.size());
    run.channels.push_back(channel.name);
  }
  const bool has_time = event_ms_ != HistoryEntry::kNoEventTime;
  block_->key_fallbacks += has_time ? 0 : 1;
  const UtcMillis time = has_time ? UtcMillis(std::chrono::milliseconds(event_ms_)) : arrived_at_;

  const std::uint32_t value_at =
      run.add(place.history_parent, time, key_seed(message.payload, channel.hash), stable(payload().message),
              {.sequence_offset = static_cast<std::uint32_t>(sequence - block_->first_sequence),
               .event_ms = event_ms_,
               .channel = channel.index[shed_class],
               .kind = route.kind});
  if (payload().needs_rewrite(payload().message)) return;
  history_class_ = static_cast<std::uint8_t>(shed_class);
  history_offset_ = value_at;
}

void FragmentWriter::write_live(Sequence sequence, const Route& route, Place& place, std::string_view id_key) {
  const bool counted_by_history = options_.history && route.history;
  std::uint32_t ticket = LiveUpdate::kNoTicket;
  if (!counted_by_history) {
    ticket = static_cast<std::uint32_t>(block_->tickets.size());
    block_->tickets.push_back({route.kind, 0, event_ms_});
  }
  const OrderMark order = !route.closed              ? OrderMark::kNone
                          : is_closed(*route.closed) ? OrderMark::kClosed
                                                     : OrderMark::kOpen;
  const Origin origin{sequence, ticket, order};
  const std::size_t first = options_.live ? pending_of(place) : 0;
  for (std::size_t i = 0; options_.live && i < route.live.size(); ++i) {
    const bool has_id = place.paths[i].has_id;
    if (has_id && id_key.empty()) continue;
    const std::string_view value = live_value(route.live[i], place);
    if (value.empty()) continue;
    if (ticket != LiveUpdate::kNoTicket) ++block_->tickets[ticket].updates;
    Pending& pending = has_id ? pending_for(place.paths[i], id_key) : pending_[first + i];
    if (!pending.json.empty()) overtake(pending);
    note(value, origin, pending);
  }
  if (ticket != LiveUpdate::kNoTicket && block_->tickets[ticket].updates == 0) {
    ++block_->coalesced[static_cast<std::size_t>(
        route.kind)];  // it had nothing to write, so nothing of it is outstanding
  }
}

/// Empty: the message has no such field, and the path stays as it was.
std::string_view FragmentWriter::live_value(const LiveTarget& target, const Place& place) {
  switch (target.source) {
    case LiveTarget::Source::kMessage: return stable(payload().message);
    case LiveTarget::Source::kTicker: return place.ticker_json;
    case LiveTarget::Source::kNow: return now_;
    case LiveTarget::Source::kField: break;
  }
  const Value* value = payload().is_object ? payload().fields().find(target.field) : nullptr;
  if (!value) return {};
  if (target.translation.empty()) return stable(*value);
  if (value->type != ValueType::kString) return {};
  const std::string_view text = payload().text(*value, unescaped_);
  for (const auto& [from, to] : target.translation) {
    if (from == text) return to;
  }
  return {};
}

/// The value's bytes in the message block, which lives as long as the pending values; or its rewritten copy.
std::string_view FragmentWriter::stable(const Value& value) {
  if (!payload().needs_rewrite(value)) return payload().raw(value);
  std::string& copy = rewritten_.emplace_back();
  payload().append(value, copy);
  return copy;
}

/// Where the values of a place stand among those of the block, one for each of its paths; those with an id stay empty.
std::size_t FragmentWriter::pending_of(Place& place) {
  if (place.block != block_->number) {
    place.block = block_->number;
    place.first_pending = pending_.size();
    for (const Place::Path& path : place.paths) {
      Pending& pending = pending_.emplace_back();
      pending.path = &path.text;
      pending.path_hash = path.hash;
    }
  }
  return place.first_pending;
}

FragmentWriter::Pending& FragmentWriter::pending_for(const Place::Path& path, std::string_view id_key) {
  std::string& text = id_path_text_;
  const std::size_t offset = text.size();
  text += path.text;
  text += id_key;
  text += path.suffix;
  const std::string_view whole = std::string_view(text).substr(offset);
  const std::uint64_t hash = hash_of_path(whole);
  const std::uint32_t* known = id_paths_.find(hash, [&](std::uint32_t at) {
    return std::string_view(text).substr(pending_[at].path_offset, pending_[at].path_size) == whole;
  });
  if (known) {
    text.resize(offset);
    return pending_[*known];
  }
  id_paths_.add(hash, static_cast<std::uint32_t>(pending_.size()));
  Pending& pending = pending_.emplace_back();
  pending.path_hash = hash;
  pending.path_offset = static_cast<std::uint32_t>(offset);
  pending.path_size = static_cast<std::uint32_t>(whole.size());
  pending.prefix_size = static_cast<std::uint32_t>(path.text.size());
  return pending;
}

void FragmentWriter::note(std::string_view json, const Origin& origin, Pending& pending) {
  pending.json = json;
  pending.origin = origin;
  pending.value_in = LiveUpdate::kInText;
  if (json.size() <= kCopiedBytesMax || history_class_ == LiveUpdate::kInText) return;
  const std::string_view message = payload().raw(payload().message);
  const std::less<> is_before;  // of any two pointers
  const char* const end = message.data() + message.size();
  if (is_before(json.data(), message.data()) || !is_before(json.data(), end)) return;  // not one of its fields
  pending.value_in = history_class_;
  pending.history_offset = history_offset_ + static_cast<std::uint32_t>(json.data() - message.data());
}

void FragmentWriter::overtake(const Pending& pending) {
  ++block_->updates_coalesced;
  if (pending.origin.ticket == LiveUpdate::kNoTicket) return;
  Ticket& ticket = block_->tickets[pending.origin.ticket];
  if (--ticket.updates == 0) ++block_->coalesced[static_cast<std::size_t>(ticket.kind)];
}

void FragmentWriter::finish_live() {
  block_->live.reserve(pending_.size());
  for (const Pending& pending : pending_) {
    if (pending.json.empty()) continue;
    const std::string_view path =
        pending.path ? *pending.path : std::string_view(id_path_text_).substr(pending.path_offset, pending.path_size);
    const LiveValue value{
        path, pending.path_hash, pending.json, pending.origin.sequence, pending.origin.ticket, pending.prefix_size > 0};
    const LiveUpdate& update = pending.value_in == LiveUpdate::kInText
                                   ? block_->add_live(value)
                                   : block_->add_live_in_history(value, pending.value_in, pending.history_offset);
    if (pending.origin.order != OrderMark::kNone && !pending.path)
      block_->add_order(update, pending.prefix_size - 1, pending.origin.order == OrderMark::kClosed);
  }
  pending_.clear();
  id_paths_.clear();
  id_path_text_.clear();
  rewritten_.clear();
}

}  // namespace firebase_relay::classify
