#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "archive/calendar.h"

namespace firebase_relay::archive {

/// What an archive's `archive.json` says: the version of its format in the first line, then, line by line, what has
/// become of its days. So a plain file that somebody takes away is missed, whether or not a relay runs meanwhile.
///
///     {"archive":1}
///     {"made":1795824000000}        since when it is there, in ms; else the file is as old as the archive
///     {"begun":"2026-11-28"}        the day has a plain file
///     {"packed":"2026-11-28","bytes":5242880}     its sealed file has so many; 0: that is not known
///     {"sealed":"2026-11-28"}       and it has no plain one any more
///
///     {"boot":"3f0c…"}              a run writes it, on a system that was started with this boot_id
///     {"ended":"3f0c…"}             that run has ended, with all of it on the disk
///     {"cut":"2026-11-28"}          the day had a plain file when a run had not ended and the system was started
///                                   anew: a power cut, mostly, which may have cost it its last lines
///
/// A line that is none of these says nothing: of the last one a power cut may have left half. Pure.
struct Account {
  int version = 0;  ///< 0: the first line does not say it
  std::optional<UtcMillis> made_at;
  std::set<Day> plain;                  ///< days that have a plain file
  std::map<Day, std::uint64_t> packed;  ///< bytes of sealed files, as they were sealed last by a version that says it
  std::optional<std::string> boot;      ///< of the last run; nothing: it was of a version that did not say it
  bool has_ended = false;               ///< that run
  std::set<Day> cut;                    ///< for good: what was lost nobody knows

  static Account of(std::string_view text);
};

/// Lines of it, with their ends.
std::string version_line(int version);
std::string made_line(UtcMillis at);
std::string begun_line(Day day);
std::string packed_line(Day day, std::uint64_t bytes);
std::string sealed_line(Day day);
std::string boot_line(std::string_view boot);
std::string ended_line(std::string_view boot);
std::string cut_line(Day day);

}  // namespace firebase_relay::archive
