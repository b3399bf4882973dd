#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "archive/account.h"
#include "archive/calendar.h"
#include "archive/file.h"
#include "firebase_relay/result.h"

namespace firebase_relay::archive {

/// Which start of the system this is (/proc/sys/kernel/random/boot_id); empty: it does not say it.
std::string boot_of_system();

/// An archive's folder, held by the one relay that writes it.
///
/// Its `archive.json` (archive/account.h) is what is locked: on the open file description (fcntl, F_OFD_SETLK), so that
/// the lock goes with the process, however that ends. Threads: one.
class Folder {
 public:
  /// Makes the folder, readable by its owner alone, where it is not there, and takes it.
  /// `boot`: which start of the system this is. Errors: kInvalid (on a network share, or no folder, or a damaged
  /// archive.json), kIo (it cannot be made or written), kBusy (another relay writes it), kTooNew.
  static Result<Folder> take(const std::filesystem::path& path, std::string boot = boot_of_system());
  /// What take() would say, without making or taking anything, and kIo where less than `free_bytes_min` is free on its
  /// disk; else a line for people about what is there.
  static Result<std::string> look_at(const std::filesystem::path& path, std::uint64_t free_bytes_min);
  /// What its `archive.json` says; of one that is not there, or empty, this version and nothing else. One that does not
  /// say when it was made is as old as the file. Errors: kTooNew, kInvalid (it is damaged), kIo (it cannot be read).
  static Result<Account> account_of(const std::filesystem::path& path);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// Days of which a plain file stands there, by the account: one that does not was taken away.
  [[nodiscard]] const std::set<Day>& plain() const { return account_.plain; }
  /// Writes into the account that a day has a plain file, whose name is on the disk, and that it has none any more.
  /// Both are on the disk when they return. `before`, `bytes`: as Sealing::Note has them. Where what was sealed before
  /// had not the size that was noted, the new one is noted as 0: nobody knows what it is made of. Errors: kIo.
  Result<void> begun(Day day);
  Result<void> sealed(Day day, std::uint64_t before, std::uint64_t bytes);
  /// Writes into the account that a run writes the archive, which has to stand there before its first line does, and
  /// before anything is sealed. Returns the days that have a plain file, if the run before has not ended and the system
  /// was started since: a power cut may have cost them lines, and now the account says so. Once; then none. Errors:
  /// kIo.
  Result<std::set<Day>> run_begun();
  /// Syncs all plain files, of which a run that was killed may have left some, and notes that this run has ended. To be
  /// called when nothing is lost that has no mark. Errors: kIo.
  Result<void> run_ended();
  /// The files of days that are in it.
  [[nodiscard]] std::vector<FileName> files() const;
  /// Bytes of these; 0: none, or they cannot be looked at.
  [[nodiscard]] std::uint64_t bytes() const;
  /// That an archive at `path`, or one that is made there, has so much room. Errors: kIo.
  static Result<void> expect_room(const std::filesystem::path& path, std::uint64_t free_bytes_min);

 private:
  Folder(std::filesystem::path path, std::string boot, File lock)
      : path_(std::move(path)), boot_(std::move(boot)), lock_(std::move(lock)) {}
  Result<void> open_account();
  Result<void> note(const std::string& line);

  std::filesystem::path path_;
  std::string boot_;
  File lock_;  ///< the account's
  bool ends_in_half_a_line_ = false;
  bool runs_ = false;
  Account account_;
};

/// The files of days in `folder`, sorted by day; none where it cannot be read.
std::vector<FileName> day_files_in(const std::filesystem::path& folder);

}  // namespace firebase_relay::archive
