#include "archive/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
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

/// Takes the first `bytes` off, of which there are so many.
void skip(std::size_t bytes, std::span<struct iovec>& pieces) {
  while (bytes > 0) {
    struct iovec& first = pieces.front();
    const std::size_t taken = std::min(bytes, first.iov_len);
    first.iov_base = static_cast<char*>(first.iov_base) + taken;
    first.iov_len -= taken;
    bytes -= taken;
    if (first.iov_len == 0) pieces = pieces.subspan(1);
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

bool File::append(std::span<const std::string_view> pieces) const noexcept {
  for (; pieces.size() > kPiecesMax; pieces = pieces.subspan(kPiecesMax)) {
    if (!append_some(pieces.first(kPiecesMax))) return false;
  }
  return append_some(pieces);
}

/// At most kPiecesMax.
bool File::append_some(std::span<const std::string_view> pieces) const noexcept {
  std::array<struct iovec, kPiecesMax> all;
  std::transform(pieces.begin(), pieces.end(), all.begin(), [](std::string_view piece) {
    return iovec{const_cast<char*>(piece.data()), piece.size()};  // writev() only reads
  });
  for (std::span<struct iovec> left(all.data(), pieces.size()); !left.empty();) {
    if (left.front().iov_len == 0) {
      left = left.subspan(1);
      continue;
    }
    const ssize_t written = ::writev(fd_, left.data(), static_cast<int>(left.size()));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    skip(static_cast<std::size_t>(written), left);
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
