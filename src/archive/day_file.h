#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

#include "archive/calendar.h"
#include "archive/day_lines.h"
#include "archive/file.h"
#include "firebase_relay/result.h"

namespace firebase_relay::archive {

/// The plain file of one day, open for appending.
///
/// It holds whole lines only: what a power cut or a full disk has left of a last one is dropped when it is opened, or
/// at once where that can be done. Readable by its owner alone. Threads: one.
class DayFile {
 public:
  /// Opens or makes the file in `folder`. Errors: kIo.
  static Result<DayFile> open(const std::filesystem::path& folder, Day day);

  /// Appends lines of its day, by one write where the system lets it. An error (kIo): none of them is in the file, as
  /// far as a reader is concerned.
  Result<void> append(std::span<const DayLines> lines);
  /// What was appended is on the disk after this. Errors: kIo, also when somebody has removed, moved or replaced the
  /// file.
  Result<void> sync();
  [[nodiscard]] bool is_synced() const { return is_synced_; }
  /// Bytes of a last line that were dropped at the opening, as it had no end.
  [[nodiscard]] std::uint64_t dropped_bytes() const { return dropped_bytes_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  DayFile(std::filesystem::path path, File file) : path_(std::move(path)), file_(std::move(file)) {}
  Result<void> drop_damaged_end();

  std::filesystem::path path_;
  File file_;
  std::uint64_t bytes_ = 0;
  std::uint64_t dropped_bytes_ = 0;
  bool is_synced_ = true;
};

}  // namespace firebase_relay::archive
