#include "classify/written_paths.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "classify/names_once.h"
#include "classify/split.h"

namespace firebase_relay::classify {
namespace {

WrittenPath written(const PathTemplate& path, std::string place, bool with_key) {
  constexpr std::array<std::string_view, 5> kNames = {"", "{TICKER}", "{ID}", "{CHANNEL}", WrittenPath::kDay};
  std::string text;
  std::string shown_text;
  for (const auto& [piece, literal] : path.pieces) {
    const bool is_literal = piece == PathTemplate::Piece::kLiteral;
    text += is_literal ? literal : piece == PathTemplate::Piece::kDate ? WrittenPath::kDay : "";
    shown_text += is_literal ? std::string_view(literal) : kNames[static_cast<std::size_t>(piece)];
  }
  WrittenPath result{split(text, '/'), std::move(place), shown_text + (with_key ? "/KEY" : "")};
  if (with_key) result.keys.emplace_back(WrittenPath::kEntry);
  return result;
}

/// As a day is written: 2026-11-28.
bool is_day(std::string_view key) {
  constexpr std::string_view kForm = "0000-00-00";
  return key.size() == kForm.size() && std::equal(key.begin(), key.end(), kForm.begin(), [](char c, char form) {
           return form == '-' ? c == '-' : c >= '0' && c <= '9';
         });
}

/// May these two be filled in to be the same key?
bool could_be(const std::string& a, const std::string& b) {
  if (a.empty() || b.empty() || a == b) return true;
  if (a == WrittenPath::kDay) return is_day(b);
  if (b == WrittenPath::kDay) return is_day(a);
  return a == WrittenPath::kEntry || b == WrittenPath::kEntry;
}

bool is_ancestor(const WrittenPath& a, const WrittenPath& b) {
  return a.keys.size() < b.keys.size() && could_begin(b, a, a.keys.size());
}
/// Of one message, two values for one path: which of them it keeps would be a guess.
bool are_rivals(const WrittenPath& a, const WrittenPath& b) {
  return &a < &b && a.place == b.place && a.keys.size() == b.keys.size() && could_begin(b, a, a.keys.size());
}

}  // namespace

bool could_begin(const WrittenPath& b, const WrittenPath& a, std::size_t keys) {
  return std::equal(a.keys.begin(), a.keys.begin() + static_cast<std::ptrdiff_t>(keys), b.keys.begin(), could_be);
}

std::vector<WrittenPath> written_paths(const RouteTable& table) {
  std::vector<WrittenPath> all;
  for (std::size_t i = 0; i < table.routes.size(); ++i) {
    const Route& route = table.routes[i];
    const std::string place = "/routes/" + std::to_string(i);
    for (const LiveTarget& target : route.live) all.push_back(written(target.path, place + "/live", false));
    if (route.history) all.push_back(written(*route.history, place + "/history", true));
  }
  return all;
}

void refuse_ancestors(const std::vector<WrittenPath>& paths) {
  for (const WrittenPath& path : paths) {
    if (path.keys.front() == "relay")
      expected(path.place, "no path below 'relay', where the relay's own state is, found '" + path.text + "'");
  }
  std::vector<WrittenPath> all = paths;
  all.push_back({{"relay", "", ""}, "the relay's own state", "relay/{instance}/…"});
  all.push_back({{"relay", "", "gaps", WrittenPath::kEntry}, "the relay's own state", "relay/{instance}/gaps/KEY"});
  const std::size_t routed = paths.size();
  for (std::size_t a = 0; a < all.size(); ++a) {
    for (std::size_t b = 0; b < all.size(); ++b) {
      if ((a < routed || b < routed) && is_ancestor(all[a], all[b])) {
        expected(all[a].place, "no path that could be above another one, but '" + all[a].text + "' could be above '" +
                                   all[b].text + "' (" + all[b].place + ")");
      }
      if (b < routed && are_rivals(all[a], all[b])) {
        expected(all[a].place,
                 "paths that are never the same, but '" + all[a].text + "' and '" + all[b].text + "' could be");
      }
    }
  }
}

std::optional<std::string> clash_between(const std::vector<WrittenPath>& older, const std::vector<WrittenPath>& newer) {
  for (const WrittenPath& path : newer) {
    for (const WrittenPath& before : older) {
      const bool is_above = is_ancestor(path, before);
      if (!is_above && !is_ancestor(before, path)) continue;
      return "at " + path.place +
             ": expected no path above or below one of a table that this run has used, whose "
             "values may still wait, but '" +
             path.text + "' could be " + (is_above ? "above" : "below") + " '" + before.text + "' (" + before.place +
             " there)";
    }
  }
  return std::nullopt;
}

}  // namespace firebase_relay::classify
