#include "relay/database_history.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "archive/line.h"
#include "classify/key_codec.h"
#include "flush/json_members.h"

namespace firebase_relay::relay {
namespace {

using archive::Day;

constexpr std::size_t kCountFirst = 256;  // of prices 40 kB, of orders 300
constexpr std::size_t kCountMax = 1 << 14;
constexpr const char* kFirstOfEntries = "-";  // what their keys begin with at the least
constexpr std::size_t kPageBytes = 1 << 19;   // beyond it the next page is no larger

bool has_day(const DatedPlace& place, Day day) { return std::binary_search(place.days.begin(), place.days.end(), day); }

}  // namespace

Result<archive::ReadSummary> DatabaseHistory::read(const HistoryPlaces& places, const archive::Question& question) {
  summary_ = {};
  summary_.flaws = places.flaws;
  count_ = kCountFirst;
  const std::set<Day> days = places.days();
  std::size_t done = 0;
  bool goes_on = true;
  for (const Day day : days) {
    day_ = day;
    if (question.progress) question.progress(day, done++, days.size());
    if (auto got = read_day(places); !got) return error_of(got);
    const Result<void> given = sorted_.give_all([&](const archive::Line& line) {
      ++summary_.entries;
      goes_on = question.give(line);
      return goes_on;
    });
    if (!given) return error_of(given);
    if (!goes_on) break;
  }
  return std::move(summary_);
}

Result<void> DatabaseHistory::read_day(const HistoryPlaces& places) {
  for (const DatedPlace& place : places.dated) {
    if (!has_day(place, day_)) continue;
    if (auto got = read_node(place.path_of(day_), {}); !got) return got;
  }
  for (const FlatPlace& place : places.flat) {
    if (day_ < place.first || day_ > place.last) continue;
    if (auto got = read_node(place.path, {archive::first_key_of(day_), archive::last_key_of(day_)}); !got) return got;
  }
  return {};
}

/// Page by page, each from the last key of the one before on: that entry comes twice, and is given once.
Result<void> DatabaseHistory::read_node(const std::string& path, flush::KeyRange range) {
  no_entries_ = 0;
  named_.clear();
  for (;;) {
    const std::size_t count = count_;
    const auto page = database_.page(path, range, count);
    if (!page) return error_of(page);
    if (page->is_cut_off && count > 2) {
      count_ = count / 2;
      continue;
    }
    if (page->is_cut_off) {
      summary_.flaws.push_back(path + ": an entry behind " + range.begin + " is too large to be read");
      break;
    }
    const std::string begin = range.begin;
    const Result<std::size_t> taken = take(path, page->body, range);
    if (!taken) return error_of(taken);
    if (*taken < count) break;
    if (range.begin == begin) {  // keys that somebody else has written, in an order of their own: numbers
      summary_.flaws.push_back(path + ": what stands behind " + begin + " cannot be read");
      break;
    }
    if (page->body.size() < kPageBytes) count_ = std::min(2 * count, kCountMax);
  }
  if (no_entries_ > 0)
    summary_.flaws.push_back(
        path + ": " + std::to_string(no_entries_) +
        (no_entries_ == 1 ? " key is no entry of that day: " : " keys are no entries of that day: ") +
        first_few(named_, no_entries_));
  return {};
}

/// How many children the page has; `range` begins with the last of them then.
Result<std::size_t> DatabaseHistory::take(const std::string& path, const std::string& body, flush::KeyRange& range) {
  const auto members = flush::members_of_object(body);
  if (!members && range.begin.empty()) {  // numbers stand in front of entries, and alone are given as an array
    if (body.starts_with('[')) summary_.flaws.push_back(path + ": numbers stand there as keys, which are no entries");
    range.begin = kFirstOfEntries;
    return count_;
  }
  if (!members) {
    summary_.flaws.push_back(path + ": what stands there are no entries");
    return std::size_t{0};
  }
  std::string last = range.begin;
  for (const flush::JsonMember& member : *members) {
    std::string key;
    bool lone_surrogate = false;
    if (!classify::append_json_unescaped(member.key, key, lone_surrogate)) continue;
    last = std::max(last, key);
    if (auto added = take_member(path, member.key, member.value); !added) return error_of(added);
  }
  range.begin = last;
  return members->size();
}

Result<void> DatabaseHistory::take_member(const std::string& path, std::string_view key, std::string_view value) {
  ++summary_.lines;
  if (archive::day_of_key(key) != day_) {
    if (no_entries_++ < kNamedMax) named_.emplace_back(key);
    return {};
  }
  std::string text = "{\"";
  text.append(path).append("/").append(key).append("\":").append(value) += '}';
  const std::optional<archive::Line> line = archive::parse_line(text);
  return line ? sorted_.add(*line) : Result<void>();
}

}  // namespace firebase_relay::relay
