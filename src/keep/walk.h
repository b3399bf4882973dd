#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "firebase_relay/kept_place.h"
#include "firebase_relay/time.h"
#include "keep/day.h"

namespace firebase_relay::keep {

/// The way through the kept places of a database: which node to look at next, down to the days that are too old.
/// Depth first, oldest day first, one node at a time, so that no more than the keys of one branch is remembered.
///
/// Pure; one thread.
class Walk {
 public:
  /// What has to be known, or done, at the node where the walk stands.
  enum class Task : std::uint8_t {
    kList,         ///< the node's keys
    kAskFlat,      ///< does an entry stand here, among the days?
    kListDays,     ///< the node's keys, which are days
    kRemove,       ///< the node is a day's, and too old
    kListEntries,  ///< it could not be removed at once: its keys
    kPieces,       ///< and then those, some at a time
    kCount,        ///< before it is removed, its keys are told
    kFlatOldest,   ///< of a flat place that is only looked at: its oldest entry without a day
    kFlatNewest,   ///< and its newest one
    kFlatPage,     ///< the next of a flat place's entries, which are removed as kPieces
    kFlatLeft,     ///< what of a flat place is left once they are
  };
  /// What becomes of a day that is old enough.
  enum class Fate : std::uint8_t {
    kStays,
    kGoes,
    kGoesCounted,  ///< once its keys have been told
  };
  /// A node, with what is to be done there.
  struct Step {
    Task task = Task::kList;
    std::string path;  ///< as it stands between quotes
    std::size_t place = 0;
    std::size_t piece = 0;          ///< of the place: what comes below the node
    std::string day;                ///< of what is to be removed
    bool is_counted = false;        ///< its keys are told before
    std::vector<std::string> keys;  ///< kPieces: what is left
    std::size_t at_once = 0;        ///< kPieces: how many go in the next request

    // Of a flat place.
    std::size_t page = 0;                        ///< how many entries are listed at a time
    std::string from;                            ///< the first of the next page; empty: the oldest there is
    bool is_last_page = false;                   ///< there are no more
    std::string stranger;                        ///< a key that is no entry's and was told of
    std::optional<std::chrono::sys_days> asked;  ///< the day whose fate is known, and
    Fate fate = Fate::kStays;                    ///< that
    std::optional<UtcMillis> oldest;             ///< kFlatNewest: what kFlatOldest has found
  };

  /// Begins at the top of each place. Both must outlive the walk. `only_looks`: flat places are not gone through.
  void begin(const std::vector<KeptPlace>& places, bool only_looks = false);
  /// Where it stands; null: it is at its end.
  [[nodiscard]] const Step* here() const { return steps_.empty() ? nullptr : &steps_.back(); }
  [[nodiscard]] Step* here() { return steps_.empty() ? nullptr : &steps_.back(); }
  /// The node is done, or is to be left alone: goes on behind it.
  void leave() { steps_.pop_back(); }
  /// No entry stands among the days of this node, so they may be listed.
  void has_no_flat() { steps_.back().task = Task::kListDays; }
  /// The node has these keys: goes down to those that the place is about. Of days to those before `first_kept`, if
  /// that is their `fate`.
  void has_keys(const std::vector<KeptPlace>& places, std::vector<std::string> keys,
                const std::function<std::chrono::sys_days(const KeptPlace&)>& first_kept,
                const std::function<Fate(std::string_view day)>& fate);

 private:
  void go_down(const std::vector<KeptPlace>& places, Step step);

  std::vector<Step> steps_;
  bool only_looks_ = false;
};

}  // namespace firebase_relay::keep
