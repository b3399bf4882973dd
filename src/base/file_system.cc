#include "base/file_system.h"

#include <sys/vfs.h>

namespace firebase_relay {

FileSystem file_system_of_file(int fd) noexcept {
  struct statfs status {};
  if (::fstatfs(fd, &status) != 0) return FileSystem::kOther;
  return file_system_of(static_cast<std::uint64_t>(status.f_type));
}

}  // namespace firebase_relay
