// Which route takes a message, and what it says of an order; fragment_writer.cc writes what follows.
#include <algorithm>
#include <bit>

#include "classify/fragment_writer.h"

namespace firebase_relay::classify {

std::size_t FragmentWriter::route_for(const Channel& channel, bool has_ticker) const {
  const std::size_t last = routes_.routes.size() - 1;
  if (!payload().is_object) return last;
  for (std::uint64_t left = channel.routes & ((std::uint64_t{1} << last) - 1); left != 0; left &= left - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(left));
    if (routes_.routes[i].needs_ticker && !has_ticker) continue;
    const auto& match = routes_.routes[i].match;
    const auto all_hold = [this](const std::vector<Condition>& conditions) {
      return std::all_of(conditions.begin(), conditions.end(), [this](const Condition& c) { return holds(c); });
    };
    if (match.empty() || std::any_of(match.begin(), match.end(), all_hold)) return i;
  }
  return last;
}

bool FragmentWriter::holds(const Condition& condition) const {
  const Value* value = payload().fields().find(condition.field);
  switch (condition.test) {
    case Condition::Test::kAbsent: return !value || value->type == ValueType::kNull;
    case Condition::Test::kPresent: return value != nullptr;
    case Condition::Test::kObject: return value && value->type == ValueType::kObject;
    case Condition::Test::kOneOf:
    case Condition::Test::kStatus: break;
  }
  if (!value || value->type != ValueType::kString) return false;
  const std::string_view text = payload().text(*value, unescaped_);
  const auto& values = condition.values;
  if (condition.test == Condition::Test::kOneOf) return std::find(values.begin(), values.end(), text) != values.end();
  const PlainStatus status(text);
  return ((condition.sizes >> status.text().size()) & 1) != 0 &&
         std::find(values.begin(), values.end(), status.text()) != values.end();
}

/// holds(), for statuses, which are few and asked for again and again: the last of each answer is remembered.
bool FragmentWriter::is_closed(const Condition& closed) {
  const Value* value = payload().fields().find(closed.field);
  if (closed.test != Condition::Test::kStatus || !value || value->type != ValueType::kString) return holds(closed);
  const std::string_view text = payload().text(*value, unescaped_);
  for (const KnownStatus& known : known_statuses_) {
    if (known.asked == &closed && known.text == text) return known.is_closed;
  }
  const bool is_closed = holds(closed);
  if (text.size() <= PlainStatus::kSizeMax) {
    KnownStatus& known = known_statuses_[is_closed ? 1 : 0];
    known.asked = &closed;
    known.text = text;
    known.is_closed = is_closed;
  }
  return is_closed;
}

}  // namespace firebase_relay::classify
