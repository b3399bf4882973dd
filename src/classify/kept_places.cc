#include "classify/kept_places.h"

#include <algorithm>
#include <string>
#include <utility>

#include "classify/key_codec.h"
#include "classify/names_once.h"

namespace firebase_relay::classify {
namespace {

using What = KeptPlace::Piece::What;

bool is_known(const std::string& key) { return !key.empty() && key != WrittenPath::kDay && key != WrittenPath::kEntry; }

/// A history path without the key of its entries.
std::size_t keys_of_node(const WrittenPath& history) { return history.keys.size() - 1; }

/// Does `other` name a key where `kept` has one of many? Then it is not among those.
bool is_told_apart(const WrittenPath& kept, const WrittenPath& other) {
  for (std::size_t i = 0; i < keys_of_node(kept); ++i) {
    if (kept.keys[i].empty() && is_known(other.keys[i])) return true;
  }
  return false;
}

/// Is `kept` one of the places of `other`, by its name? Then `other` leaves it to that: BTC may be kept for a week
/// where every ticker is kept for a month.
bool is_special_case(const WrittenPath& kept, const WrittenPath& other) {
  return std::equal(kept.keys.begin(), kept.keys.end(), other.keys.begin(), other.keys.end(),
                    [](const std::string& a, const std::string& b) { return a == b || (is_known(a) && b.empty()); });
}

/// What another route may write below a day of `kept`; null: nothing.
const WrittenPath* below_a_day_of(const WrittenPath& kept, const std::vector<WrittenPath>& paths) {
  const std::size_t size = keys_of_node(kept);
  const auto found = std::find_if(paths.begin(), paths.end(), [&](const WrittenPath& other) {
    const bool is_below = other.keys.size() >= size && other.keys != kept.keys && could_begin(other, kept, size);
    return is_below && !is_told_apart(kept, other) && !is_special_case(kept, other);
  });
  return found == paths.end() ? nullptr : &*found;
}

std::string kept_text(std::uint32_t days) {
  return days == 0 ? "all of it" : std::to_string(days) + (days == 1 ? " day" : " days");
}

/// A route's history with its path as written.
struct KeptRoute {
  const Route& route;
  const WrittenPath& path;
};

/// Of all routes with history, in the order of the table. `paths`: all that it writes.
std::vector<KeptRoute> histories(const RouteTable& table, const std::vector<WrittenPath>& paths) {
  std::vector<KeptRoute> all;
  std::size_t at = 0;
  for (const Route& route : table.routes) {
    at += route.live.size();
    if (route.history) all.push_back({route, paths[at++]});
  }
  return all;
}

std::vector<std::string> named_by_others(const WrittenPath& kept, std::size_t at,
                                         const std::vector<WrittenPath>& paths) {
  std::vector<std::string> names;
  for (const WrittenPath& other : paths) {
    const bool names_one = other.keys.size() > at && is_known(other.keys[at]) && could_begin(other, kept, at);
    if (names_one && std::find(names.begin(), names.end(), other.keys[at]) == names.end())
      names.push_back(other.keys[at]);
  }
  return names;
}

/// Which keys of the path are a ticker.
std::vector<std::size_t> tickers_in(const PathTemplate& path) {
  std::vector<std::size_t> found;
  std::size_t at = 0;
  for (const auto& [piece, text] : path.pieces) {
    at += static_cast<std::size_t>(std::count(text.begin(), text.end(), '/'));
    if (piece == PathTemplate::Piece::kTicker) found.push_back(at);
  }
  return found;
}

KeptPlace place_of(const Route& route, const WrittenPath& path, const std::vector<WrittenPath>& paths) {
  KeptPlace place;
  place.days = route.keep_days;
  place.kind = route.kind;
  for (std::size_t i = 0; i < keys_of_node(path); ++i) {
    const std::string& key = path.keys[i];
    if (key == WrittenPath::kDay) {
      place.pieces.push_back({What::kDay, "", {}});
    } else if (key.empty()) {
      place.pieces.push_back({What::kAny, "", named_by_others(path, i, paths)});
    } else {
      place.pieces.push_back({What::kLiteral, key, {}});
    }
  }
  return place;
}

/// A ticker as a key between quotes.
std::string key_of_ticker(const std::string& ticker) {
  std::string encoded;
  append_encoded_key(ticker, encoded);
  std::string key;
  append_json_escaped(encoded, key);
  return key;
}

/// False: what stands there under the ticker's name belongs to another route.
bool narrow_to(const std::string& ticker_key, const PathTemplate& path, KeptPlace& place) {
  for (const std::size_t at : tickers_in(path)) {
    KeptPlace::Piece& piece = place.pieces[at];
    if (std::find(piece.not_these.begin(), piece.not_these.end(), ticker_key) != piece.not_these.end()) return false;
    piece = {What::kLiteral, ticker_key, {}};
  }
  return true;
}

/// Is the path about this ticker: any of them, or this one by its name, where another route has any?
bool is_of_ticker(const KeptRoute& asked, const std::string& ticker_key, const std::vector<KeptRoute>& all) {
  if (asked.route.history->uses(PathTemplate::Piece::kTicker)) return true;
  return std::any_of(all.begin(), all.end(), [&](const KeptRoute& other) {
    std::vector<std::string> keys = other.path.keys;
    const std::vector<std::size_t> tickers = tickers_in(*other.route.history);
    for (const std::size_t at : tickers) keys[at] = ticker_key;
    return !tickers.empty() && keys == asked.path.keys;
  });
}

Error unclear(const std::string& text, const std::string& why) {
  return {ErrorCode::kInvalid, "what would go at '" + text + "' is not clear: " + why,
          "choose other places by --kind, or remove these in the Firebase console"};
}

/// Nothing: a day of this route holds what it has written, and nothing else.
std::optional<Error> flaw_of(const KeptRoute& asked, const std::vector<KeptRoute>& all,
                             const std::vector<WrittenPath>& paths, const std::optional<Kind>& kind) {
  const WrittenPath& path = asked.path;
  for (const auto& [other, other_path] : all) {
    if (kind && other_path.keys == path.keys && other.kind != *kind)
      return unclear(path.text, "entries of the kind " + std::string(name_of(other.kind)) + " stand there, too");
  }
  if (const WrittenPath* other = below_a_day_of(path, paths))
    return unclear(path.text, "'" + other->text + "' (" + other->place + ") could stand below a day of it");
  return std::nullopt;
}

}  // namespace

Result<std::vector<KeptPlace>> places_of(const RouteTable& table, const WhatIsOld& old) {
  const std::vector<WrittenPath> paths = written_paths(table);
  const std::vector<KeptRoute> all = histories(table, paths);
  const std::string ticker_key = old.ticker.empty() ? "" : key_of_ticker(old.ticker);
  std::vector<KeptPlace> places;
  for (const KeptRoute& each : all) {
    const auto& [route, path] = each;
    const PathTemplate& history = *route.history;
    const bool is_wanted = history.uses(PathTemplate::Piece::kDate) && (!old.kind || route.kind == *old.kind) &&
                           (ticker_key.empty() || is_of_ticker(each, ticker_key, all));
    if (!is_wanted) continue;
    if (auto flaw = flaw_of(each, all, paths, old.kind)) return tl::unexpected<Error>(std::move(*flaw));
    KeptPlace place = place_of(route, path, paths);
    place.days = 1;
    place.before = old.before;
    place.is_flat = old.flat;
    // What an earlier table wrote has no day: where that is not the last key, it could be anything.
    if (old.flat && place.pieces.back().what != What::kDay) continue;
    if (!ticker_key.empty() && !narrow_to(ticker_key, history, place)) continue;
    const bool is_new = std::none_of(places.begin(), places.end(),
                                     [&](const KeptPlace& known) { return known.pieces == place.pieces; });
    if (is_new) places.push_back(std::move(place));
  }
  if (!places.empty()) return places;
  return fail(ErrorCode::kInvalid, "no route keeps such history by day",
              "give the relay's --routes; days are where its paths have {DATE}");
}

std::vector<KeptPlace> kept_places(const RouteTable& table) {
  std::vector<KeptPlace> places = history_places(table, std::nullopt);
  std::erase_if(places, [](const KeptPlace& place) { return place.days == 0; });
  return places;
}

std::vector<KeptPlace> history_places(const RouteTable& table, std::optional<Kind> kind) {
  const std::vector<WrittenPath> paths = written_paths(table);
  std::vector<KeptPlace> places;
  std::vector<std::vector<std::string>> seen;
  for (const auto& [route, path] : histories(table, paths)) {
    if (route.kind != kind.value_or(route.kind) || std::find(seen.begin(), seen.end(), path.keys) != seen.end())
      continue;
    seen.push_back(path.keys);
    places.push_back(place_of(route, path, paths));
  }
  return places;
}

std::vector<std::string> endless_history(const RouteTable& table) {
  const std::vector<WrittenPath> paths = written_paths(table);
  std::vector<std::string> endless;
  for (const auto& [route, path] : histories(table, paths)) {
    const std::string text = path.text.substr(0, path.text.rfind('/'));
    if (route.keep_days == 0 && std::find(endless.begin(), endless.end(), text) == endless.end())
      endless.push_back(text);
  }
  return endless;
}

void refuse_unclear_keeping(const RouteTable& table) {
  const std::vector<WrittenPath> paths = written_paths(table);
  const std::vector<KeptRoute> all = histories(table, paths);
  for (const auto& [route, path] : all) {
    if (route.keep_days == 0) continue;
    for (const auto& [other, other_path] : all) {
      if (other_path.keys == path.keys && other.keep_days != route.keep_days)
        expected(path.place, "that one place is kept in one way, but '" + path.text + "' keeps " +
                                 kept_text(route.keep_days) + " here and " + kept_text(other.keep_days) + " in " +
                                 other_path.place);
    }
    if (const WrittenPath* below = below_a_day_of(path, paths))
      expected(path.place, "a 'keep' that removes what this route has written, and nothing else, but '" + below->text +
                               "' (" + below->place + ") could stand below a day of '" + path.text + "'");
  }
}

}  // namespace firebase_relay::classify
