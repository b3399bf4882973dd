#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "archive/calendar.h"
#include "classify/routes.h"
#include "firebase_relay/kept_place.h"
#include "firebase_relay/result.h"
#include "flush/database_reader.h"
#include "relay/entry_filter.h"

namespace firebase_relay::relay {

/// Where history stands in a database by days, `before` the day and `behind` it: `history/AAPL/prices/` and mostly
/// nothing. Paths as between quotes.
struct DatedPlace {
  std::string before;
  std::string behind;
  std::vector<archive::Day> days;  ///< each once, from the oldest on

  [[nodiscard]] std::string path_of(archive::Day day) const { return before + archive::name_of(day) + behind; }
};

/// Where entries stand without a day: the first day of which there may be some, and the last one.
struct FlatPlace {
  std::string path;
  archive::Day first;
  archive::Day last;
};

/// What somebody wants of a database's history.
struct HistoryPlaces {
  std::vector<DatedPlace> dated;
  std::vector<FlatPlace> flat;
  std::vector<std::string> flaws;  ///< what stands there and is left out, for people

  /// All days on which something may stand.
  [[nodiscard]] std::set<archive::Day> days() const;
};

/// How many keys a flaw names.
inline constexpr std::size_t kNamedMax = 3;
/// The first three of `names`, of which there are `count` in all: `a, b, c, …`.
std::string first_few(const std::vector<std::string>& names, std::uint64_t count);

/// Which entries are looked for.
struct PlacesQuestion {
  std::optional<archive::Day> from;  ///< the first day, that one too; nothing: the oldest
  std::optional<archive::Day> to;    ///< the last day, that one too; nothing: the newest
  archive::Day newest;               ///< what is of a later day nobody has published: it is left out, and said
  std::optional<Kind> kind;          ///< nothing: any
  bool with_gaps = false;            ///< those that relays write, too: `relay/INSTANCE/gaps`
};

/// Finds what stands in a database, by the places that routes give to history, and lists as little as it can: tickers
/// and channels, and the days of each (`shallow=true`). Where entries of an earlier version stand among the days
/// nothing is listed, since that would name each of them: from the first of these on every day counts as one that may
/// be there. Of entries without a day two are asked for, the first and the last. Keys that are no days, days that are
/// yet to come, and what is no object, are left out and told.
///
/// Threads: one. Errors: as DatabaseReader.
class PlaceFinder {
 public:
  /// `wanted`: places that it does not want are left out before they are listed. Both must outlive it.
  PlaceFinder(flush::DatabaseReader& database, const EntryFilter& wanted, const PlacesQuestion& question)
      : database_(database), wanted_(wanted), question_(question) {}

  Result<HistoryPlaces> find(const classify::RouteTable& routes);

 private:
  /// A node on the way down a place.
  struct Node {
    std::string path;
    std::string before_day;  ///< the path in front of the day, where one stands above
    std::optional<archive::Day> day;
  };
  Result<void> go_down(const KeptPlace& place, std::size_t piece, Node node);
  Result<void> go_down_each(const KeptPlace& place, std::size_t piece, const Node& node);
  Result<void> take_days(const KeptPlace& place, std::size_t piece, const Node& node);
  Result<void> take_gaps();
  Result<void> take_flat(const std::string& path);
  void note_strangers(const std::string& path, const std::vector<std::string>& keys);
  Result<std::optional<archive::Day>> day_at_end(const std::string& path, const flush::KeyRange& range,
                                                 flush::DatabaseReader::From end);
  void take_day(const std::string& before, const std::string& behind, archive::Day day);
  /// The last day that is looked at.
  [[nodiscard]] archive::Day last() const {
    return std::min(question_.to.value_or(question_.newest), question_.newest);
  }
  /// Whether the range has it, be it yet to come.
  [[nodiscard]] bool is_asked(archive::Day day) const;

  flush::DatabaseReader& database_;
  const EntryFilter& wanted_;
  PlacesQuestion question_;
  HistoryPlaces found_;
  std::set<std::string> routed_;  ///< keys that stand in a route's path as they are
};

}  // namespace firebase_relay::relay
