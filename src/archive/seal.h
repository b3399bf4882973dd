#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "archive/calendar.h"
#include "archive/file.h"
#include "firebase_relay/result.h"

namespace firebase_relay::archive {

/// Seals one day, piece by piece, so that whoever does it can write new lines in between: its plain file becomes a
/// frame of zstd with a checksum, whose last line is `{"sealed":N}`, N being how many lines stand before it in the
/// frame. Where the day is sealed already, what has come late goes behind the frames that are there.
///
///     copy of what is sealed + new frame → D.jsonl.zst.new, synced → renamed to D.jsonl.zst → folder synced
///     → noted → D.jsonl removed → folder synced
///
/// Until the rename all stands as it was. Killed behind it, or refused by the disk, the lines of the plain file stand
/// twice, and each sealing that gets no further adds them once more: readers give each once. Threads: one.
class Sealing {
 public:
  /// What one call of step() takes in: some milliseconds of work.
  static constexpr std::size_t kStepBytes = 1 << 20;

  /// Called before the plain file is removed, for whoever would miss that. `before`: bytes of the sealed file that was
  /// there, 0: none; `bytes`: of the one that is there now. Its error is that of the sealing.
  using Note = std::function<Result<void>(std::uint64_t before, std::uint64_t bytes)>;
  /// Begins with the day of `folder`. Its plain file must not be written until this has ended. Errors: kIo.
  static Result<Sealing> begin(const std::filesystem::path& folder, Day day, Note note = {});
  /// An unfinished one leaves nothing behind but, killed, a file to be removed.
  ~Sealing();
  Sealing(Sealing&&) noexcept;
  Sealing& operator=(Sealing&&) = delete;

  /// Goes on. True: the day is sealed. Errors (kIo): it is not, and its plain file stands as before unless nothing but
  /// the last sync of the folder has failed.
  Result<bool> step();

  [[nodiscard]] Day day() const { return day_; }
  [[nodiscard]] std::uint64_t lines() const { return lines_; }
  [[nodiscard]] std::uint64_t bytes_before() const { return bytes_before_; }
  /// Of the sealed file.
  [[nodiscard]] std::uint64_t bytes_after() const { return bytes_after_; }

 private:
  struct Packer;  ///< zstd's
  Sealing(std::filesystem::path folder, Day day);
  Result<void> pack(std::string_view lines, bool is_end);
  Result<void> finish();
  [[nodiscard]] std::filesystem::path path_of(FileName::Kind kind) const;

  std::filesystem::path folder_;
  Day day_;
  Note note_;
  File plain_;
  File sealed_;  ///< what was sealed before, until it is copied
  File made_;
  std::unique_ptr<Packer> packer_;
  std::string piece_;
  char last_ = '\n';  ///< of what was read
  bool is_done_ = false;
  std::uint64_t copied_ = 0;  ///< bytes of what was sealed before
  std::uint64_t lines_ = 0;
  std::uint64_t bytes_before_ = 0;
  std::uint64_t bytes_after_ = 0;
};

}  // namespace firebase_relay::archive
