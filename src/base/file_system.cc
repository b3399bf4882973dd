#include "base/file_system.h"

#include <sys/stat.h>
#include <sys/vfs.h>

namespace firebase_relay {

Result<void> expect_no_pipe(const std::string& flag, const std::string& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0 || S_ISREG(status.st_mode)) return {};
  return fail(ErrorCode::kInvalid, flag + " " + file + ": is no file", "name a file");
}

FileSystem file_system_of_file(int fd) noexcept {
  struct statfs status {};
  if (::fstatfs(fd, &status) != 0) return FileSystem::kOther;
  return file_system_of(static_cast<std::uint64_t>(status.f_type));
}

}  // namespace firebase_relay
