#include "classify/matcher.h"

#include <algorithm>
#include <bit>

#include "classify/key_codec.h"
#include "firebase_relay/history_run.h"

namespace firebase_relay::classify {

Routed Matcher::match(const Opened& payload, const Channel& channel, UtcMillis arrived_at) {
  const std::string_view ticker = ticker_of(payload, channel);
  const std::size_t index = route_for(payload, channel, !ticker.empty());
  const Route& route = routes_.routes[index];
  OrderMark order = OrderMark::kNone;
  if (route.closed) order = is_closed(*route.closed, payload) ? OrderMark::kClosed : OrderMark::kOpen;
  return {index, route, ticker, id_of(payload, route), event_time(payload, arrived_at), order};
}

std::string_view Matcher::ticker_of(const Opened& payload, const Channel& channel) {
  for (const FieldId field : routes_.ticker_fields) {
    const Value* value = payload.fields().find(field);
    if (!value || value->type != ValueType::kString || value->end - value->begin <= 2) continue;
    return payload.text(*value, ticker_);
  }
  return channel.ticker;
}

std::size_t Matcher::route_for(const Opened& payload, const Channel& channel, bool has_ticker) {
  const std::size_t last = routes_.routes.size() - 1;
  if (!payload.is_object) return last;
  for (std::uint64_t left = channel.routes & ((std::uint64_t{1} << last) - 1); left != 0; left &= left - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(left));
    if (routes_.routes[i].needs_ticker && !has_ticker) continue;
    const auto& match = routes_.routes[i].match;
    const auto all_hold = [&](const std::vector<Condition>& conditions) {
      return std::all_of(conditions.begin(), conditions.end(), [&](const Condition& c) { return holds(c, payload); });
    };
    if (match.empty() || std::any_of(match.begin(), match.end(), all_hold)) return i;
  }
  return last;
}

bool Matcher::holds(const Condition& condition, const Opened& payload) {
  const Value* value = payload.fields().find(condition.field);
  switch (condition.test) {
    case Condition::Test::kAbsent: return !value || value->type == ValueType::kNull;
    case Condition::Test::kPresent: return value != nullptr;
    case Condition::Test::kObject: return value && value->type == ValueType::kObject;
    case Condition::Test::kOneOf:
    case Condition::Test::kStatus: break;
  }
  if (!value || value->type != ValueType::kString) return false;
  const std::string_view text = payload.text(*value, text_);
  const auto& values = condition.values;
  if (condition.test == Condition::Test::kOneOf) return std::find(values.begin(), values.end(), text) != values.end();
  const PlainStatus status(text);
  return ((condition.sizes >> status.text().size()) & 1) != 0 &&
         std::find(values.begin(), values.end(), status.text()) != values.end();
}

/// holds(), for statuses, which are few and asked for again and again: the last of each answer is remembered.
bool Matcher::is_closed(const Condition& closed, const Opened& payload) {
  const Value* value = payload.fields().find(closed.field);
  if (closed.test != Condition::Test::kStatus || !value || value->type != ValueType::kString)
    return holds(closed, payload);
  const std::string_view text = payload.text(*value, text_);
  for (const KnownStatus& known : known_statuses_) {
    if (known.asked == &closed && known.text == text) return known.is_closed;
  }
  const bool is_closed = holds(closed, payload);
  if (text.size() <= PlainStatus::kSizeMax) {
    KnownStatus& known = known_statuses_[is_closed ? 1 : 0];
    known.asked = &closed;
    known.text = text;
    known.is_closed = is_closed;
  }
  return is_closed;
}

std::string_view Matcher::id_of(const Opened& payload, const Route& route) {
  const Value* value = route.id ? payload.fields().find(*route.id) : nullptr;
  if (!value) return {};
  std::string_view id;
  if (value->type == ValueType::kString) id = payload.text(*value, text_);
  if (value->type == ValueType::kNumber) id = payload.raw(*value);
  if (id.empty()) return {};
  // With escapes the text stands in a buffer that the next look-up overwrites.
  if (!value->has_escapes && is_plain_key(id)) return id;
  std::string key;
  append_encoded_key(id, key);
  id_.clear();
  append_json_escaped(key, id_);
  return id_;
}

std::int64_t Matcher::event_time(const Opened& payload, UtcMillis arrived_at) {
  for (const Value* value : {payload.fields().find(routes_.timestamp), payload.in_envelope(routes_.timestamp)}) {
    if (!value || (value->type != ValueType::kString && value->type != ValueType::kNumber)) continue;
    const auto time =
        times_.parse(value->type == ValueType::kString ? payload.text(*value, text_) : payload.raw(*value));
    if (time && is_usable_event_time(*time, arrived_at)) return time->time_since_epoch().count();
  }
  return HistoryEntry::kNoEventTime;
}

}  // namespace firebase_relay::classify
