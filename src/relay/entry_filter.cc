#include "relay/entry_filter.h"

#include <algorithm>
#include <utility>

#include "archive/calendar.h"
#include "classify/key_codec.h"
#include "firebase_relay/history_key.h"

namespace firebase_relay::relay {
namespace {

using Piece = classify::PathTemplate::Piece;

constexpr std::size_t kKnownMax = 100'000;  // places

}  // namespace

EntryFilter::EntryFilter(const classify::RouteTable& routes, const std::string& ticker, std::optional<Kind> kind) {
  if (!ticker.empty()) classify::append_encoded_key(ticker, ticker_);
  for (const classify::Route& route : routes.routes) {
    const bool is_of_kind = !kind || route.kind == *kind;
    if (!route.history || !is_of_kind || (!ticker.empty() && !route.history->uses(Piece::kTicker))) continue;
    places_.push_back(place_of(*route.history));
    Place without_day = places_.back();
    std::erase_if(without_day, [](const Part& part) { return part.filled == Piece::kDate; });
    if (without_day.size() < places_.back().size()) places_.push_back(std::move(without_day));
  }
}

EntryFilter::Place EntryFilter::place_of(const classify::PathTemplate& path) {
  Place place(1);
  for (const auto& [piece, text] : path.pieces) {
    if (piece != Piece::kLiteral) {
      place.back().filled = piece;
      continue;
    }
    for (const char c : text) {
      if (c == '/') {
        place.emplace_back();
      } else {
        (place.back().filled ? place.back().behind : place.back().before) += c;
      }
    }
  }
  std::erase_if(place, [](const Part& part) { return !part.filled && part.before.empty(); });
  return place;
}

bool EntryFilter::fits(const Part& part, std::string_view key) const {
  if (!part.filled) return key == part.before;
  const std::size_t around = part.before.size() + part.behind.size();
  if (key.size() <= around || !key.starts_with(part.before) || !key.ends_with(part.behind)) return false;
  const std::string_view filled = key.substr(part.before.size(), key.size() - around);
  if (*part.filled == Piece::kTicker) return ticker_.empty() || filled == ticker_;
  return *part.filled != Piece::kDate || archive::parse_day(filled);
}

bool EntryFilter::fits(const Place& place, const Keys& keys) const {
  if (place.size() != keys.size()) return false;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (!fits(place[i], keys[i])) return false;
  }
  return true;
}

bool EntryFilter::wants_place(std::string_view path) const {
  std::string plain;
  bool lone_surrogate = false;
  if (!classify::append_json_unescaped(path, plain, lone_surrogate)) return false;
  Keys keys;
  for (std::string_view rest = plain; !rest.empty();) {
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    keys.push_back(rest.substr(0, slash));
    rest.remove_prefix(std::min(slash + 1, rest.size()));
  }
  const auto is_wanted = [this](const Keys& found) {
    return std::any_of(places_.begin(), places_.end(), [&](const Place& place) { return fits(place, found); });
  };
  if (is_wanted(keys)) return true;
  if (keys.empty() || !archive::parse_day(keys.back())) return false;
  keys.pop_back();
  return is_wanted(keys);
}

bool EntryFilter::wants(const archive::Line& line) {
  const std::string place(line.path.substr(0, line.path.size() - kHistoryKeySize - 1));
  if (known_.size() >= kKnownMax) known_.clear();
  const auto [found, is_new] = known_.try_emplace(place);
  if (is_new) found->second = wants_place(place);
  return found->second;
}

}  // namespace firebase_relay::relay
