#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace firebase_relay::outbox {

/// Where a folder is, as far as an outbox is concerned.
enum class VolumeKind : std::uint8_t {
  kLocal,   ///< or not known to be anything else
  kShared,  ///< over a network or from another system: locks and shared memory, which SQLite needs, do not work there
  kMaybeShared,  ///< a file system of a program (FUSE): it depends on what is behind it
  kContainer,    ///< a container's own layer: goes with the container
  kMemory,       ///< goes with the machine's next start, or the container's
};

/// A file system as far as it matters to an outbox.
struct FileSystem {
  std::string_view name;  ///< for people; empty: a disk like any other
  VolumeKind kind = VolumeKind::kLocal;
};

/// By the number that statfs() gives (linux/magic.h). Pure.
FileSystem file_system_of(std::uint64_t magic);

/// A folder's file system, as it is now.
struct Volume {
  FileSystem file_system;
  bool is_read_only = false;
  std::optional<std::uint64_t> free_bytes;  ///< for us; nothing: its file system does not say
};

/// Of `path`, or of the nearest folder above it that is there. One that cannot be looked at is an ordinary one.
Volume volume_of(const std::filesystem::path& path);

/// What a person has to do about this error of SQLite's (an extended result code) in an outbox on `volume`; `user`:
/// ours. Pure. Empty: nothing is known.
std::string remedy_for(int sqlite_code, const Volume& volume, std::uint32_t user);
/// The same for an error number of the system.
std::string remedy_for_errno(int error, const Volume& volume, std::uint32_t user);

/// What has to be said about a file system before anything has failed. Empty: nothing.
std::string warning_about(const FileSystem& file_system);
/// What is worth knowing, and no fault. Empty: nothing.
std::string remark_about(const FileSystem& file_system);

}  // namespace firebase_relay::outbox
