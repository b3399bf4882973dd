#include "relay/history_places.h"

#include <algorithm>
#include <utility>

#include "classify/kept_places.h"
#include "flush/json_keys.h"
#include "flush/json_members.h"

namespace firebase_relay::relay {
namespace {

using archive::Day;
using std::chrono::days;
using From = flush::DatabaseReader::From;
using What = KeptPlace::Piece::What;

/// Of a message's own time what is earlier counts as none (docs/contract.md).
constexpr Day kFirstDay = Day(std::chrono::year(2000) / 1 / 1);

std::string below(const std::string& path, const std::string& key) { return path.empty() ? key : path + '/' + key; }

/// The day of the first key that could stand behind `key`, which somebody else may have written.
Day day_near(std::string_view key, char filling) {
  std::string whole(key.substr(0, kHistoryKeySize));
  while (!whole.empty() && !time_of_key(whole + std::string(kHistoryKeySize - whole.size(), filling))) whole.pop_back();
  whole.resize(kHistoryKeySize, filling);
  return archive::day_of_key(whole).value_or(kFirstDay);
}

}  // namespace

std::string first_few(const std::vector<std::string>& names, std::uint64_t count) {
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kNamedMax); ++i) text += (i > 0 ? ", " : "") + names[i];
  return count > kNamedMax ? text + ", …" : text;
}

std::set<Day> HistoryPlaces::days() const {
  std::set<Day> all;
  for (const DatedPlace& place : dated) all.insert(place.days.begin(), place.days.end());
  for (const FlatPlace& place : flat) {
    for (Day day = place.first; day <= place.last; day += std::chrono::days(1)) all.insert(day);
  }
  return all;
}

Result<HistoryPlaces> PlaceFinder::find(const classify::RouteTable& routes) {
  found_ = {};
  for (const KeptPlace& place : classify::history_places(routes, std::nullopt)) {
    for (const KeptPlace::Piece& piece : place.pieces) {
      if (piece.what == What::kLiteral) routed_.insert(piece.key);
    }
  }
  for (const KeptPlace& place : classify::history_places(routes, question_.kind)) {
    if (auto gone = go_down(place, 0, {}); !gone) return error_of(gone);
  }
  if (question_.with_gaps) {
    if (auto taken = take_gaps(); !taken) return error_of(taken);
  }
  for (DatedPlace& place : found_.dated) {
    std::sort(place.days.begin(), place.days.end());
    place.days.erase(std::unique(place.days.begin(), place.days.end()), place.days.end());
  }
  return std::move(found_);
}

Result<void> PlaceFinder::go_down(const KeptPlace& place, std::size_t piece, Node node) {
  for (; piece < place.pieces.size() && place.pieces[piece].what == What::kLiteral; ++piece)
    node.path = below(node.path, place.pieces[piece].key);
  if (piece < place.pieces.size()) {
    const bool is_day = place.pieces[piece].what == What::kDay;
    return is_day ? take_days(place, piece, node) : go_down_each(place, piece, node);
  }
  if (!wanted_.wants_place(node.path)) return {};
  if (node.day) {
    take_day(node.before_day, node.path.substr(node.before_day.size() + archive::name_of(*node.day).size()), *node.day);
    return {};
  }
  return take_flat(node.path);
}

Result<void> PlaceFinder::go_down_each(const KeptPlace& place, std::size_t piece, const Node& node) {
  const auto keys = database_.list(node.path);
  if (!keys) return error_of(keys);
  const std::vector<std::string>& others = place.pieces[piece].not_these;
  for (const std::string& key : *keys) {
    if (std::find(others.begin(), others.end(), key) != others.end()) continue;
    Node child = node;
    child.path = below(node.path, key);
    if (auto gone = go_down(place, piece + 1, std::move(child)); !gone) return gone;
  }
  return {};
}

Result<void> PlaceFinder::take_days(const KeptPlace& place, std::size_t piece, const Node& node) {
  const bool is_last = piece + 1 == place.pieces.size();
  const std::string before = node.path.empty() ? "" : node.path + '/';
  if (is_last) {
    if (!wanted_.wants_place(node.path)) return {};
    const flush::KeyRange entries{archive::first_key_of(kFirstDay), archive::last_key_of(question_.newest)};
    const auto flat = day_at_end(node.path, entries, From::kFirst);
    if (!flat) return error_of(flat);
    if (*flat) {
      if (!question_.from)
        found_.flaws.push_back(node.path + ": entries of an earlier version stand there, so days before " +
                               archive::name_of(**flat) + " were not looked for; --from DAY looks at them");
      for (Day day = question_.from.value_or(**flat); day <= last(); day += days(1)) take_day(before, "", day);
      return take_flat(node.path);
    }
  }
  const auto keys = database_.list(node.path);
  if (!keys) return error_of(keys);
  note_strangers(node.path, *keys);
  for (const std::string& key : *keys) {
    const std::optional<Day> day = archive::parse_day(key);
    if (!day || !is_asked(*day) || *day > question_.newest) continue;
    if (auto gone = go_down(place, piece + 1, {before + key, before, day}); !gone) return gone;
  }
  return {};
}

/// Of `keys`, which stand at `path` where days stand, those that are none, and those of days to come.
void PlaceFinder::note_strangers(const std::string& path, const std::vector<std::string>& keys) {
  std::vector<std::string> strange;
  std::vector<std::string> elsewhen;
  std::vector<std::string> to_come;
  for (const std::string& key : keys) {
    const std::optional<Day> day = archive::parse_day(key);
    const bool is_entry = time_of_key(key).has_value();  // of a time that nobody has published in
    if (is_entry) elsewhen.push_back(key);
    if (!day && !is_entry && !routed_.contains(key)) strange.push_back(key);
    if (day && is_asked(*day) && *day > question_.newest) to_come.push_back(key);
  }
  const auto note = [&](std::vector<std::string>& those, const char* one, const char* many) {
    if (those.empty()) return;
    std::sort(those.begin(), those.end());
    found_.flaws.push_back(path + ": " + std::to_string(those.size()) + (those.size() == 1 ? one : many) +
                           first_few(those, those.size()));
  };
  note(strange, " key is neither a day nor an entry: ", " keys are neither days nor entries: ");
  note(elsewhen, " entry without a day is of before 2000 or yet to come: ",
       " entries without a day are of before 2000 or yet to come: ");
  note(to_come, " day is yet to come: ", " days are yet to come: ");
}

Result<void> PlaceFinder::take_gaps() {
  const auto instances = database_.list("relay");
  if (!instances) return error_of(instances);
  for (const std::string& instance : *instances) {
    if (auto taken = take_flat("relay/" + instance + "/gaps"); !taken) return error_of(taken);
  }
  return {};
}

/// Entries without a day, of the days that are asked for.
Result<void> PlaceFinder::take_flat(const std::string& path) {
  const Day from = question_.from.value_or(kFirstDay);
  const flush::KeyRange range{archive::first_key_of(from), archive::last_key_of(last())};
  const auto first = day_at_end(path, range, From::kFirst);
  if (!first) return error_of(first);
  if (!*first) return {};
  const auto newest = day_at_end(path, range, From::kLast);
  if (!newest) return error_of(newest);
  const Day begin = std::max(**first, from);
  found_.flat.push_back({path, begin, std::min(newest->value_or(begin), last())});
  return {};
}

/// Of the first or the last entry of the range.
Result<std::optional<Day>> PlaceFinder::day_at_end(const std::string& path, const flush::KeyRange& range, From end) {
  const auto page = database_.page(path, range, 1, end);
  if (!page) return error_of(page);
  const auto members = flush::members_of_object(page->body);
  if (!members && flush::keys_of_object(page->body)) {
    found_.flaws.push_back(path + ": what stands there are no entries");
    return std::optional<Day>();
  }
  if (!members) {
    return fail(ErrorCode::kRefused, path + ": the answer is no JSON",
                "is this a Realtime Database, and do the routes (--routes) mean this place?");
  }
  if (members->empty()) return std::optional<Day>();
  return std::optional<Day>(day_near(members->front().key, end == From::kFirst ? '-' : 'z'));
}

void PlaceFinder::take_day(const std::string& before, const std::string& behind, Day day) {
  auto place = std::find_if(found_.dated.rbegin(), found_.dated.rend(),
                            [&](const DatedPlace& each) { return each.before == before && each.behind == behind; });
  if (place != found_.dated.rend()) return place->days.push_back(day);
  found_.dated.push_back({before, behind, {day}});
}

bool PlaceFinder::is_asked(Day day) const {
  return day >= question_.from.value_or(Day::min()) && day <= question_.to.value_or(Day::max());
}

}  // namespace firebase_relay::relay
