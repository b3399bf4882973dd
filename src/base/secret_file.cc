#include "base/secret_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <system_error>

namespace firebase_relay {
namespace {

constexpr off_t kBytesMax = 1 << 20;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

std::string real_path_of(const std::string& file) {
  const std::unique_ptr<char, void (*)(void*)> path(::realpath(file.c_str(), nullptr), std::free);
  return path ? path.get() : file;
}

tl::unexpected<Error> unreadable(const std::string& file, int error) {
  return fail(ErrorCode::kInvalid, file + ": " + std::generic_category().message(error),
              "name a file that the relay's user can read");
}

}  // namespace

std::string shown_name(const std::string& file) {
  constexpr std::size_t kNameMax = 255;
  const bool is_path = file.starts_with('/') || file.starts_with("./") || file.starts_with("../");
  const bool exists = ::access(file.c_str(), F_OK) == 0;
  return exists || (is_path && file.size() <= kNameMax) ? file : "(not shown: it may be the secret itself)";
}

bool looks_like_a_key(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n\"'";
  const auto begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return false;
  text.remove_prefix(begin);
  if (text.starts_with('{') || text.starts_with("-----BEGIN")) return true;
  // Base64 of a text that begins with a brace begins like this; no file's name is that long without a dot or a slash.
  constexpr std::size_t kLeast = 100;
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=\r\n \"'";
  return text.size() >= kLeast && text[0] == 'e' && text.find_first_not_of(kDigits) == std::string_view::npos &&
         std::string_view("wxyz0123456789+/").find(text[1]) != std::string_view::npos;
}

std::optional<ModeFlaw> judge_mode(const std::string& file, mode_t mode, FileSystem on) {
  constexpr mode_t kOthers = S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH;
  const mode_t of_an_acl = file.starts_with(kCredentialMount) ? S_IRGRP : 0;
  if ((mode & kOthers & ~of_an_acl) == 0) return std::nullopt;
  std::array<char, 8> digits{};
  std::snprintf(digits.data(), digits.size(), "%04o", static_cast<unsigned>(mode & 07777));
  Error error{ErrorCode::kInvalid,
              file + " may be read or changed by others than its owner (mode " + digits.data() + ")",
              on == FileSystem::kForeign
                  ? "chmod does nothing there, it is a folder of Windows or of another machine: copy it into a folder "
                    "of Linux, "
                    "such as ~/secrets, and run chmod 600 on it; or mount it below /run/secrets, as a Docker secret is"
                  : "run: chmod 600 " + file};
  return ModeFlaw{std::move(error), !file.starts_with(kSecretMount)};
}

Result<SecretFile> read_secret_file(const std::string& file) {
  const Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));  // not to wait for a pipe
  if (descriptor.get() < 0) {
    const int error = errno;
    return unreadable(shown_name(file), error);
  }
  struct stat status {};
  if (::fstat(descriptor.get(), &status) != 0) return unreadable(file, errno);
  if (!S_ISREG(status.st_mode)) return fail(ErrorCode::kInvalid, file + " is no file", "name a file");
  if (status.st_size > kBytesMax)
    return fail(ErrorCode::kInvalid, file + " is over 1 MiB", "no secret is that large: name the right file");
  SecretFile result;
  if (std::optional<ModeFlaw> flaw =
          judge_mode(real_path_of(file), status.st_mode, file_system_of_file(descriptor.get()))) {
    if (flaw->is_fatal) return tl::unexpected<Error>(std::move(flaw->error));
    result.warning = flaw->error.what;
  }
  std::string content(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t filled = 0;
  while (filled < content.size()) {
    const ssize_t size = ::read(descriptor.get(), content.data() + filled, content.size() - filled);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return unreadable(file, errno);
    if (size == 0) break;
    filled += static_cast<std::size_t>(size);
  }
  content.resize(filled);
  result.content = Secret(std::move(content));
  return result;
}

}  // namespace firebase_relay
