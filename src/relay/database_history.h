#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "archive/reader.h"
#include "archive/sorted_entries.h"
#include "flush/database_reader.h"
#include "relay/history_places.h"

namespace firebase_relay::relay {

/// Reads the history of a database as read_archive() reads an archive: the same lines, in the order of their keys, each
/// once. A day of one place is asked for at a time, some hundred kB of it in one answer; a day of all places is sorted
/// at a time, beyond archive::kSortBytesMax in a file without a name.
///
/// Threads: one.
class DatabaseHistory {
 public:
  /// `temporary`: where a day that is too large for memory is sorted. `database` must outlive it.
  DatabaseHistory(flush::DatabaseReader& database, std::filesystem::path temporary)
      : database_(database), sorted_(archive::kSortBytesMax, std::move(temporary)) {}

  /// Gives what stands at `places` to `question.give`; the days of `question` do not count, and neither does `wants`.
  /// What is no entry, or too large to be read, is a flaw of the summary, and the rest is given. Errors: as
  /// DatabaseReader, and kIo (`temporary` is full, or does not give back what was put there); what was given by then
  /// are whole days, up to the one before day(), and in that last case some of its entries.
  Result<archive::ReadSummary> read(const HistoryPlaces& places, const archive::Question& question);
  /// The day that is being read.
  [[nodiscard]] archive::Day day() const { return day_; }

 private:
  Result<void> read_day(const HistoryPlaces& places);
  Result<void> read_node(const std::string& path, flush::KeyRange range);
  Result<std::size_t> take(const std::string& path, const std::string& body, flush::KeyRange& range);
  Result<void> take_member(const std::string& path, std::string_view key, std::string_view value);

  flush::DatabaseReader& database_;
  archive::SortedEntries sorted_;
  archive::ReadSummary summary_;
  archive::Day day_{};
  std::size_t count_ = 0;           ///< entries in the next page
  std::uint64_t no_entries_ = 0;    ///< keys of the node that are no entries'
  std::vector<std::string> named_;  ///< the first of these
};

}  // namespace firebase_relay::relay
