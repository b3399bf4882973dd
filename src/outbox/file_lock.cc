#include "outbox/file_lock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "outbox/volume.h"

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
  int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  const int error = errno;
  // One that another user has left can be held for reading: this keeps out whoever may write it, and is kept out by
  // him.
  const bool is_for_reading = fd < 0 && error == EACCES;
  if (is_for_reading) fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return fail(ErrorCode::kIo, path.string() + ": " + std::generic_category().message(error),
                remedy_for_errno(error, volume_of(path), ::geteuid()));
  }
  FileLock lock(fd);
  struct flock request = whole_file(is_for_reading ? F_RDLCK : F_WRLCK);
  if (::fcntl(fd, F_OFD_SETLK, &request) == 0) return lock;
  if (errno == EAGAIN || errno == EACCES) {
    return fail(ErrorCode::kBusy, "outbox " + outbox.string() + " is in use: another relay holds " + path.string(),
                "end the other relay, or give this one an outbox and an --instance of its own");
  }
  return fail(ErrorCode::kIo, path.string() + " cannot be locked: " + std::generic_category().message(errno),
              remedy_for_errno(ENOLCK, volume_of(path), ::geteuid()));
}

bool FileLock::is_held(const std::filesystem::path& outbox) {
  const int fd = ::open(path_for(outbox).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  struct flock question = whole_file(F_WRLCK);  // one held for reading counts, too
  const bool held = ::fcntl(fd, F_OFD_GETLK, &question) == 0 && question.l_type != F_UNLCK;
  ::close(fd);
  return held;
}

Result<void> FileLock::may_be_taken(const std::filesystem::path& outbox) {
  const std::filesystem::path path = path_for(outbox);
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) return {};
  struct flock question = whole_file(F_WRLCK);
  const bool asked = fd >= 0 && ::fcntl(fd, F_OFD_GETLK, &question) == 0;
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (!asked) {
    return fail(ErrorCode::kIo, path.string() + ": " + std::generic_category().message(error),
                remedy_for_errno(error, volume_of(path), ::geteuid()));
  }
  if (question.l_type == F_UNLCK) return {};
  return fail(ErrorCode::kBusy, "outbox " + outbox.string() + " is in use: another relay holds " + path.string());
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
