#pragma once

#include <cstdint>
#include <string>

#include "firebase_relay/result.h"

namespace firebase_relay {

/// What a file lies on, as far as it matters for the mode of a secret's file.
enum class FileSystem : std::uint8_t {
  kOther,
  kForeign,  ///< Windows', a shared folder's or a stick's: it has no modes of its own, and chmod does nothing there
};

/// By statfs()'s f_type (statfs(2), linux/magic.h).
constexpr FileSystem file_system_of(std::uint64_t type) {
  constexpr std::uint64_t kForeign[] = {
      0x01021997,  // 9p: WSL 2's /mnt/c, QEMU's folders
      0x53464846,  // WSL 1's
      0x65735546,  // fuse: Docker Desktop's folders, ntfs-3g, sshfs
      0x4D44,      // vfat
      0x2011BAB0,  // exfat
      0x5346544E,  // ntfs
      0x7366746E,  // ntfs3
      0xFF534D42,  // cifs
      0xFE534D42,  // smb2
      0x517B,      // smb
      0x786F4256,  // VirtualBox's folders
      0xBACBACBC,  // VMware's
  };
  // f_type is a signed number on some machines: only its low 32 bits count.
  for (const std::uint64_t known : kForeign) {
    if ((type & 0xFFFFFFFF) == known) return FileSystem::kForeign;
  }
  return FileSystem::kOther;
}

/// That `file`, which `flag` names, may be opened without waiting for somebody: a pipe or a device may not. What cannot
/// be looked at is left to whoever opens it.
Result<void> expect_no_pipe(const std::string& flag, const std::string& file);

/// Of an open file; kOther when that cannot be told.
FileSystem file_system_of_file(int fd) noexcept;

}  // namespace firebase_relay
