#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <utility>

#include "firebase_relay/result.h"

namespace firebase_relay::archive {

/// A descriptor that closes itself. Threads: one.
class File {
 public:
  /// `fd`: -1 for none.
  explicit File(int fd = -1) noexcept : fd_(fd) {}
  File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  File& operator=(File&& other) noexcept;
  ~File();

  [[nodiscard]] int fd() const noexcept { return fd_; }
  [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }
  /// Bytes in it; 0: that cannot be told.
  [[nodiscard]] std::uint64_t size() const noexcept;
  /// Writes all of `bytes` at its end. False, with errno: some or none of it is there.
  [[nodiscard]] bool append(std::string_view bytes) const noexcept { return append(std::span(&bytes, 1)); }
  /// The same for pieces, one behind the other: one call of the system for up to kPiecesMax of them.
  [[nodiscard]] bool append(std::span<const std::string_view> pieces) const noexcept;
  /// Is it, as far as it was written, on the disk? False, with errno: the disk says no.
  [[nodiscard]] bool sync() const noexcept;
  /// Locks all of it, on the open file description (fcntl, F_OFD_SETLK): until it is closed, and the process has no
  /// child that has it open. False, with errno: EAGAIN, EACCES: another one has.
  [[nodiscard]] bool lock() const noexcept;
  /// Has another one locked it?
  [[nodiscard]] bool is_locked() const noexcept;

 private:
  static constexpr std::size_t kPiecesMax = 128;
  [[nodiscard]] bool append_some(std::span<const std::string_view> pieces) const noexcept;

  int fd_;
};

/// The system's `error` of `path`, with what a person can do.
Error io_error(const std::filesystem::path& path, const char* what, int error);
/// That names in `folder` (new, renamed, removed) survive a power cut.
Result<void> sync_folder(const std::filesystem::path& folder);

}  // namespace firebase_relay::archive
