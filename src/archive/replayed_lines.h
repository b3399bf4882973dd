#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "archive/day_lines.h"
#include "archive/file.h"
#include "archive/line.h"
#include "firebase_relay/history_key.h"
#include "firebase_relay/result.h"

namespace firebase_relay::archive {

/// What a replay leaves in the folder of an archive that it does not write: files of its own, a day each, on the disk
/// before an entry is sent. Until whoever writes the archive has taken them in, their days are not whole (WholeDays),
/// and `export` reads them as they are. A file is locked as long as it is written, so that a kill gives it free.
///
/// An entry that the archive has already, by its key, is not written once more: what was exported goes back without a
/// trace. So that lines in any order cost no more than one reading of the archive, a day is asked for once.
///
/// Threads: one.
class ReplayedLines {
 public:
  /// Days whose files are open at a time. The oldest one is closed for another, and begun anew if need be.
  static constexpr std::size_t kFilesMax = 400;
  /// Keys in memory, of days that came last: 80 MB.
  static constexpr std::size_t kKeysMax = 4'000'000;

  /// Errors: kInvalid (there is no archive in `folder`), kTooNew, kIo (it cannot be written, or has less than
  /// `free_bytes_min` left on its disk).
  static Result<std::unique_ptr<ReplayedLines>> open(const std::filesystem::path& folder, std::uint64_t free_bytes_min);

  /// Writes what the archive has not, and syncs it. Errors: kIo; none of it may be sent then.
  Result<void> put(const std::vector<DayLines>& days);

 private:
  using Key = std::array<char, kHistoryKeySize>;
  ReplayedLines(std::filesystem::path folder, std::uint64_t free_bytes_min)
      : folder_(std::move(folder)), free_bytes_min_(free_bytes_min) {}
  [[nodiscard]] std::string new_lines(const DayLines& lines);
  const std::vector<Key>* keys_of(Day day);
  Result<File*> file_of(Day day);
  Result<File> make_file(Day day);

  std::filesystem::path folder_;
  std::uint64_t free_bytes_min_;
  std::map<Day, File> files_;
  bool has_new_names_ = false;
  std::map<Day, std::vector<Key>> keys_;  ///< sorted, of what the archive had when it was asked
  std::size_t keys_count_ = 0;
  std::set<Day> asked_;
};

}  // namespace firebase_relay::archive
