#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "archive/calendar.h"
#include "archive/day_file.h"
#include "archive/day_lines.h"
#include "archive/folder.h"
#include "archive/seal.h"
#include "archive/seal_plan.h"
#include "firebase_relay/time.h"
#include "observe/archive_events.h"

namespace firebase_relay::archive {

/// Writes an archive: lines into the files of their days, which it syncs once a minute and seals when their time has
/// come. What cannot be written is lost, said, and leaves a hole in its day, whose mark is on the disk before anybody
/// goes on without the lines; it is tried again by itself. A day that is over and makes trouble costs no other one a
/// line. It takes in what replays have left for it, too.
///
/// Threads: one. Reads no clock: times are passed in.
class Writer {
 public:
  /// What must stay free on the disk, for what else needs it: below that the archive is not written.
  static constexpr std::uint64_t kFreeBytesMin = 1ull << 30;
  /// A power cut costs what was written in this time.
  static constexpr std::chrono::minutes kSyncEvery{1};
  /// After a failure.
  static constexpr std::chrono::seconds kTryAgainAfter{10};

  /// `events` must outlive it.
  Writer(Folder folder, std::uint64_t free_bytes_min, observe::ArchiveEvents& events, const Now& now);

  /// Writes `lines`, or loses them. Those of one day that stand side by side are one write.
  void write(const std::vector<DayLines>& lines, const Now& now);
  /// These never came: there was no room to wait for the disk.
  void lose(Day day, std::uint64_t lines, const Now& now);
  /// Does some milliseconds' worth of what is due of syncing and sealing. Returns when there is more to do.
  SteadyTime work(const Now& now);
  /// Syncs everything.
  void sync(const Now& now);
  /// The last thing: syncs everything, and notes that this run has ended. False: a hole is left whose mark could not be
  /// written, so that nobody may take any day for whole that is here by now; and no end is noted.
  [[nodiscard]] bool end(const Now& now);

 private:
  Result<void> begin_run();
  void write_day(std::span<const DayLines> lines, const Now& now);
  [[nodiscard]] bool may_write(const Now& now);
  Result<DayFile*> file_of(Day day, const Now& now);
  void stop(const Error& error, const Now& now);
  void day_failed(Day day, const Error& error, const Now& now);
  void let_wait(Day day, const Error& error, const Now& now);
  void close(Day day);
  void open_hole(Day day);
  void mark_holes();
  void look_for_missing_files(const Now& now);
  void take_back_place_of(Day day, const Now& now);
  void take_in_replayed(const Now& now);
  Result<void> take_in(const FileName& replayed, const Now& now);
  [[nodiscard]] bool stands(Day day, FileName::Kind kind) const;
  void look_for_mended_days();
  void tell_of_open_days(const Now& now);
  void seal(const Now& now);
  void begin_sealing(const Now& now);
  void count_bytes();
  void count_unsealed();

  Folder folder_;
  std::uint64_t free_bytes_min_;
  observe::ArchiveEvents& events_;
  SealPlan plan_;
  std::map<Day, DayFile> files_;
  std::optional<Sealing> sealing_;
  std::set<Day> unmarked_holes_;
  std::set<Day> told_of_;
  std::vector<FileName> not_taken_in_;  ///< at the last look
  std::uint64_t bytes_ = 0;             ///< of all files
  SteadyTime look_at_disk_at_{};
  SteadyTime try_again_at_{};
  SteadyTime sync_at_;
};

}  // namespace firebase_relay::archive
