#pragma once

#include <filesystem>

#include "firebase_relay/result.h"

namespace firebase_relay::outbox {

/// The lock FILE.lock beside an outbox: the one relay that uses the outbox holds it. It goes with the process, however
/// that ends; the file itself stays and means nothing. A lock on the open file description (fcntl, F_OFD_SETLK):
/// unlike flock() it can be asked for without being taken, so that asking never makes a starting relay fail.
class FileLock {
 public:
  /// Where the lock of `outbox` is.
  static std::filesystem::path path_for(const std::filesystem::path& outbox);
  /// kBusy: another relay holds it.
  static Result<FileLock> take(const std::filesystem::path& outbox);
  /// Does a relay use `outbox` now?
  static bool is_held(const std::filesystem::path& outbox);
  /// Would take() succeed? Takes nothing and makes no file; one that is not there yet is its folder's matter.
  static Result<void> may_be_taken(const std::filesystem::path& outbox);

  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

  /// A mark in the lock's file: damage was met while running, so the next start looks at all of the outbox.
  void set_suspect(bool suspect);
  [[nodiscard]] bool is_suspect() const;

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace firebase_relay::outbox
