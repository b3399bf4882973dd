#include "outbox/file_lock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

namespace firebase_relay::outbox {
namespace {

struct flock whole_file(short type) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

}  // namespace

std::filesystem::path FileLock::path_for(const std::filesystem::path& outbox) { return outbox.string() + ".lock"; }

Result<FileLock> FileLock::take(const std::filesystem::path& outbox) {
  const std::filesystem::path path = path_for(outbox);
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) {
    return fail(ErrorCode::kIo, path.string() + ": " + std::generic_category().message(errno),
                "give the relay's user the right to write the outbox's folder");
  }
  FileLock lock(fd);
  struct flock request = whole_file(F_WRLCK);
  if (::fcntl(fd, F_OFD_SETLK, &request) == 0) return lock;
  if (errno == EAGAIN || errno == EACCES) {
    return fail(ErrorCode::kBusy, "outbox " + outbox.string() + " is in use: another relay holds " + path.string(),
                "end the other relay, or give this one an outbox and an --instance of its own");
  }
  return fail(ErrorCode::kIo, path.string() + " cannot be locked: " + std::generic_category().message(errno),
              "put the outbox on a local disk");
}

bool FileLock::is_held(const std::filesystem::path& outbox) {
  const int fd = ::open(path_for(outbox).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  struct flock question = whole_file(F_RDLCK);
  const bool held = ::fcntl(fd, F_OFD_GETLK, &question) == 0 && question.l_type != F_UNLCK;
  ::close(fd);
  return held;
}

FileLock::FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

FileLock::~FileLock() {
  if (fd_ >= 0) ::close(fd_);
}

void FileLock::set_suspect(bool suspect) {
  // A disk that refuses even this leaves the mark as it is: the next start then looks less, or more, than it has to.
  static_cast<void>(::ftruncate(fd_, suspect ? 1 : 0) == 0 && ::fsync(fd_) == 0);
}

bool FileLock::is_suspect() const {
  struct stat status {};
  return ::fstat(fd_, &status) == 0 && status.st_size > 0;
}

}  // namespace firebase_relay::outbox
