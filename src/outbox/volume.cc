#include "outbox/volume.h"

#include <sqlite3.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace firebase_relay::outbox {
namespace {

struct Row {
  std::uint64_t magic;
  FileSystem file_system;
};

/// linux/magic.h, and where that has it not, the sources of the file system.
constexpr Row kFileSystems[] = {
    // Over a network.
    {0x6969, {"NFS", VolumeKind::kShared}},
    {0x517B, {"SMB", VolumeKind::kShared}},
    {0xFF534D42, {"SMB (cifs)", VolumeKind::kShared}},
    {0xFE534D42, {"SMB", VolumeKind::kShared}},
    {0x5346414F, {"AFS", VolumeKind::kShared}},
    {0x6B414653, {"AFS", VolumeKind::kShared}},
    {0x73757245, {"Coda", VolumeKind::kShared}},
    {0x564C, {"NCP", VolumeKind::kShared}},
    {0x00C36400, {"Ceph", VolumeKind::kShared}},
    {0x0BD00BD0, {"Lustre", VolumeKind::kShared}},
    {0x7461636F, {"OCFS2", VolumeKind::kShared}},
    {0x01161970, {"GFS2", VolumeKind::kShared}},
    {0x19830326, {"BeeGFS", VolumeKind::kShared}},
    // A folder of the system around this one: Windows' under WSL and Docker Desktop, a virtual machine's host.
    {0x01021997, {"9p (a folder of Windows or of a host)", VolumeKind::kShared}},
    {0x53464846, {"WSL 1", VolumeKind::kShared}},
    {0x786F4256, {"vboxsf (VirtualBox)", VolumeKind::kShared}},
    {0xBACBACBC, {"hgfs (VMware)", VolumeKind::kShared}},
    {0x7C7C6673, {"prl_fs (Parallels)", VolumeKind::kShared}},
    // sshfs, rclone, Docker Desktop's folders; but mergerfs and ntfs-3g, too.
    {0x65735546, {"FUSE", VolumeKind::kMaybeShared}},
    {0x65735543, {"FUSE", VolumeKind::kMaybeShared}},
    {0x794C7630, {"overlay", VolumeKind::kContainer}},
    {0x61756673, {"aufs", VolumeKind::kContainer}},
    {0x01021994, {"tmpfs", VolumeKind::kMemory}},
    {0x858458F6, {"ramfs", VolumeKind::kMemory}},
};

constexpr std::string_view kLocalDisk = "put the outbox on a local disk (--outbox)";
constexpr std::uint64_t kFullBelow = 1 << 20;

bool is_full(const Volume& volume) { return volume.free_bytes && *volume.free_bytes < kFullBelow; }

std::string on_shared(const Volume& volume) {
  return std::string(kLocalDisk) + ": " + std::string(volume.file_system.name) +
         " does not lock files and share memory as SQLite needs it";
}

std::string of_permission(const Volume& volume, std::uint32_t user) {
  if (volume.is_read_only) {
    return "its file system is mounted read-only: mount it for writing, and if it was, see what the disk said (dmesg)";
  }
  return "give the relay's user (" + std::to_string(user) +
         ") the right to write the file, what stands beside it under its name, and its folder (chown)";
}

std::string of_full_disk() { return "make room on its disk; the relay tries again by itself"; }

/// Failures of locks and of the memory that connections share. Sizes fail on a full disk, too.
bool is_of_locks(int code) {
  switch (code) {
    case SQLITE_IOERR_LOCK:
    case SQLITE_IOERR_UNLOCK:
    case SQLITE_IOERR_RDLOCK:
    case SQLITE_IOERR_CHECKRESERVEDLOCK:
    case SQLITE_IOERR_BLOCKED:
    case SQLITE_IOERR_SHMOPEN:
    case SQLITE_IOERR_SHMSIZE:
    case SQLITE_IOERR_SHMLOCK:
    case SQLITE_IOERR_SHMMAP: return true;
    default: return (code & 0xFF) == SQLITE_PROTOCOL || (code & 0xFF) == SQLITE_NOLFS;
  }
}

std::string of_damage(const Volume& volume) {
  const std::string set_aside =
      "restart the relay: it sets a damaged file aside under another name and begins a new one";
  return volume.file_system.kind == VolumeKind::kShared ? set_aside + "; then " + on_shared(volume) : set_aside;
}

}  // namespace

FileSystem file_system_of(std::uint64_t magic) {
  const auto* found = std::find_if(std::begin(kFileSystems), std::end(kFileSystems),
                                   [magic](const Row& row) { return row.magic == magic; });
  return found == std::end(kFileSystems) ? FileSystem{} : found->file_system;
}

Volume volume_of(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::path folder = std::filesystem::absolute(path, error);
  while (!std::filesystem::exists(folder, error) && folder.has_relative_path()) folder = folder.parent_path();
  Volume volume;
  struct statfs type {};
  // The number is 32 bits wide, whatever the field's type makes of its sign.
  if (::statfs(folder.c_str(), &type) == 0)
    volume.file_system = file_system_of(static_cast<std::uint32_t>(type.f_type));
  struct statvfs disk {};
  if (::statvfs(folder.c_str(), &disk) != 0) return volume;
  volume.is_read_only = (disk.f_flag & ST_RDONLY) != 0;
  if (disk.f_blocks > 0) volume.free_bytes = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  return volume;
}

std::string remedy_for(int sqlite_code, const Volume& volume, std::uint32_t user) {
  const bool is_shared = volume.file_system.kind == VolumeKind::kShared;
  const int primary = sqlite_code & 0xFF;
  switch (primary) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return of_damage(volume);
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN: return of_permission(volume, user);
    case SQLITE_NOMEM: return "give the relay more memory, or let less wait in it (--queue-max-mb)";
    case SQLITE_FULL: return of_full_disk();
    default: break;
  }
  const bool is_disk = primary == SQLITE_IOERR || primary == SQLITE_BUSY || primary == SQLITE_LOCKED;
  if (is_full(volume) && primary == SQLITE_IOERR) return of_full_disk();
  if (is_shared && (is_disk || is_of_locks(sqlite_code))) return on_shared(volume);
  if (is_of_locks(sqlite_code)) return std::string(kLocalDisk) + ": this one does not lock files as SQLite needs it";
  if (primary == SQLITE_IOERR)
    return "see whether its disk is full or failing (dmesg); the relay tries again by itself";
  if (is_disk) return "another program has held the file for over two seconds: end it, or let it finish";
  return {};
}

std::string remedy_for_errno(int error, const Volume& volume, std::uint32_t user) {
  switch (error) {
    case EACCES:
    case EPERM:
    case EROFS: return of_permission(volume, user);
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return of_full_disk();
    case ENOLCK:
    case ENOSYS:
    case EOPNOTSUPP:
    case EINVAL: return volume.file_system.kind == VolumeKind::kShared ? on_shared(volume) : std::string(kLocalDisk);
    case EMFILE:
    case ENFILE: return "too many files are open: raise the limit (ulimit -n, LimitNOFILE= of the service)";
    case ENOTDIR:
    case ELOOP:
    case ENAMETOOLONG: return "name another place with --outbox";
    default: return remedy_for(SQLITE_IOERR, volume, user);
  }
}

std::string warning_about(const FileSystem& file_system) {
  if (file_system.kind != VolumeKind::kShared) return {};
  return "is on " + std::string(file_system.name) +
         ", which does not lock files and share memory as SQLite needs it; " + std::string(kLocalDisk);
}

std::string remark_about(const FileSystem& file_system) {
  const std::string on = "on " + std::string(file_system.name);
  switch (file_system.kind) {
    case VolumeKind::kMaybeShared: return on + ": unless a local disk is behind it, name another place with --outbox";
    case VolumeKind::kContainer: return on + ": in the container's own layer, and gone with it; mount a volume there";
    case VolumeKind::kMemory: return on + ": in memory, and gone with the next start of the machine or container";
    case VolumeKind::kLocal:
    case VolumeKind::kShared: break;
  }
  return {};
}

}  // namespace firebase_relay::outbox
