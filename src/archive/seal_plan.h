#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "archive/calendar.h"

namespace firebase_relay::archive {

/// Which day of an archive is to be sealed when: one hour after it has ended; of one that is sealed already, what came
/// late, an hour after the first of it; one with a hole never. What a folder's files mean at a start is decided here,
/// too: a day whose sealing was not finished is sealed again from its plain file, which stays until that is done.
///
/// Pure: no file, no clock. Threads: one.
class SealPlan {
 public:
  /// From a day's end, or a late line's coming, to its sealing: most of what comes late has come by then.
  static constexpr std::chrono::hours kWait{1};

  /// Of the files that stand in the folder at `now`.
  SealPlan(const std::vector<FileName>& files, UtcMillis now);

  /// What is left of sealings that were not finished: to be removed before anything else.
  [[nodiscard]] const std::vector<FileName>& leftovers() const { return leftovers_; }
  [[nodiscard]] const std::set<Day>& holes() const { return holes_; }

  /// A line of `day` was written at `now`.
  void wrote(Day day, UtcMillis now);
  /// Lines of `day` were lost.
  void lost(Day day);
  /// The plain file of `day` is part of its sealed one now.
  void sealed(Day day);
  /// Somebody says that `day` shall count as whole, whatever it has lost.
  void mended(Day day);
  /// `day` is not sealed before `time`.
  void put_off(Day day, UtcMillis time);
  /// The same, since it could not be sealed.
  void failed(Day day, UtcMillis time);

  /// The oldest day whose time has come.
  [[nodiscard]] std::optional<Day> due(UtcMillis now) const;
  /// Days that are over for good and stay plain, since they have a hole.
  [[nodiscard]] std::set<Day> kept_open(UtcMillis now) const;
  /// Days that have a hole, or could not be sealed.
  [[nodiscard]] std::set<Day> unsealed() const;
  /// When due() has one next; UtcMillis::max(): never, as things stand.
  [[nodiscard]] UtcMillis next() const;

 private:
  void plan(Day day, UtcMillis now);

  std::map<Day, UtcMillis> plain_;  ///< days with a plain file, and when that may be sealed
  std::set<Day> sealed_;
  std::set<Day> holes_;
  std::set<Day> failed_;
  std::vector<FileName> leftovers_;
};

}  // namespace firebase_relay::archive
