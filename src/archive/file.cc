#include "archive/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace firebase_relay::archive {
namespace {

struct flock whole_file() {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

std::string remedy_of(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return "make room on its disk, or move old days of the archive elsewhere";
    case EACCES:
    case EPERM: return "give the relay's user the right to write the folder and what is in it (chown)";
    case EROFS:
      return "its file system is mounted read-only: mount it for writing, or name another place with --archive";
    case EMFILE:
    case ENFILE: return "too many files are open: raise the limit (ulimit -n, LimitNOFILE= of the service)";
    case ENOTDIR:
    case ELOOP:
    case ENAMETOOLONG:
    case EEXIST: return "name a folder with --archive";
    default: return "see whether its disk is full or failing (dmesg)";
  }
}

}  // namespace

File& File::operator=(File&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

File::~File() {
  if (fd_ >= 0) ::close(fd_);
}

std::uint64_t File::size() const noexcept {
  struct stat status {};
  return ::fstat(fd_, &status) == 0 && status.st_size > 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

bool File::append(std::string_view bytes) const noexcept {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

bool File::sync() const noexcept { return ::fdatasync(fd_) == 0; }

bool File::lock() const noexcept {
  struct flock request = whole_file();
  return ::fcntl(fd_, F_OFD_SETLK, &request) == 0;
}

bool File::is_locked() const noexcept {
  struct flock question = whole_file();
  return ::fcntl(fd_, F_OFD_GETLK, &question) == 0 && question.l_type != F_UNLCK;
}

Error io_error(const std::filesystem::path& path, const char* what, int error) {
  return {ErrorCode::kIo, path.string() + " " + what + ": " + std::generic_category().message(error), remedy_of(error)};
}

Result<void> sync_folder(const std::filesystem::path& folder) {
  const File file(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (file.is_open() && ::fsync(file.fd()) == 0) return {};
  return tl::unexpected(io_error(folder, "cannot be synced", errno));
}

}  // namespace firebase_relay::archive
