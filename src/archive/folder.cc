#include "archive/folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <string_view>
#include <system_error>
#include <tuple>

#include "outbox/volume.h"

namespace firebase_relay::archive {
namespace {

constexpr int kVersion = 1;

std::filesystem::path lock_of(const std::filesystem::path& folder) { return folder / "archive.json"; }

/// When the file was written last; nothing: it is not there.
std::optional<UtcMillis> written_at(const std::filesystem::path& file) {
  struct stat about {};
  if (::stat(file.c_str(), &about) != 0) return std::nullopt;
  return UtcMillis(std::chrono::milliseconds(about.st_mtim.tv_sec * 1000 + about.st_mtim.tv_nsec / 1'000'000));
}

/// Empty, too, if there is no such file.
Result<std::string> text_of(const std::filesystem::path& path) {
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open() && errno == ENOENT) return std::string();
  if (!file.is_open()) return tl::unexpected(io_error(path, "cannot be opened", errno));
  std::string text(file.size(), '\0');
  const ssize_t got = ::pread(file.fd(), text.data(), text.size(), 0);
  if (got < 0) return tl::unexpected(io_error(path, "cannot be read", errno));
  text.resize(static_cast<std::size_t>(got));
  return text;
}

tl::unexpected<Error> in_use(const std::filesystem::path& folder) {
  return fail(ErrorCode::kBusy, "archive " + folder.string() + " is in use: another relay writes it",
              "end the other relay, or give this one an archive of its own");
}

Result<void> expect_local_disk(const std::filesystem::path& folder) {
  const outbox::FileSystem on = outbox::volume_of(folder).file_system;
  if (on.kind != outbox::VolumeKind::kShared) return {};
  return fail(ErrorCode::kInvalid,
              "archive " + folder.string() + " is on " + std::string(on.name) +
                  ", where a lock keeps nobody out and a write may hang for minutes",
              "put it on a local disk, and copy sealed days to the share");
}

Result<void> expect_folder(const std::filesystem::path& folder) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(folder, error);
  if (!std::filesystem::exists(status) || std::filesystem::is_directory(status)) return {};
  return fail(ErrorCode::kInvalid, "archive " + folder.string() + " is a file", "name a folder with --archive");
}

/// Why a folder cannot be made. In some places, /proc is one, none can be.
tl::unexpected<Error> not_made(const std::filesystem::path& folder, int error) {
  if (error != ENOENT) return tl::unexpected(io_error(folder, "cannot be made", error));
  return fail(ErrorCode::kIo, "archive " + folder.string() + " cannot be made: nothing can be made at that place",
              "name a folder on a local disk with --archive");
}

/// Makes it and what is missing above it.
Result<void> make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  const std::filesystem::path above = std::filesystem::absolute(folder, error).lexically_normal();
  std::filesystem::path path;
  for (const std::filesystem::path& name : above) {
    path /= name;
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST && !std::filesystem::is_directory(path, error))
      return not_made(folder, errno);
  }
  return {};
}

/// Whether it could be made, below `above`, which is there: tries, and leaves nothing behind.
Result<void> expect_it_can_be_made(const std::filesystem::path& folder, const std::filesystem::path& above) {
  std::error_code error;
  const std::filesystem::path whole = std::filesystem::absolute(folder, error).lexically_normal();
  const std::filesystem::path first = above / *whole.lexically_relative(above).begin();
  if (::mkdir(first.c_str(), 0700) == 0) {
    ::rmdir(first.c_str());
    return {};
  }
  if (errno == EEXIST) return {};
  return not_made(folder, errno);
}

}  // namespace

std::string boot_of_system() {
  std::ifstream in("/proc/sys/kernel/random/boot_id");
  std::string boot;
  in >> boot;
  return boot;
}

Result<Account> Folder::account_of(const std::filesystem::path& path) {
  const Result<std::string> text = text_of(lock_of(path));
  if (!text) return error_of(text);
  Account account = Account::of(*text);
  if (text->empty()) account.version = kVersion;
  if (account.version < 1) {
    return fail(ErrorCode::kInvalid, lock_of(path).string() + " is damaged: its first line does not say the version",
                "write " + version_line(kVersion).substr(0, version_line(kVersion).size() - 1) +
                    " into its first line if a relay of this version wrote the archive, or name another folder");
  }
  if (!account.made_at) account.made_at = written_at(lock_of(path));
  if (account.version <= kVersion) return account;
  return fail(ErrorCode::kTooNew,
              "archive " + path.string() + " was written by a later version of this program (format " +
                  std::to_string(account.version) + ")",
              "use that version, or name another folder");
}

Result<Folder> Folder::take(const std::filesystem::path& path, std::string boot) {
  if (auto is_folder = expect_folder(path); !is_folder) return error_of(is_folder);
  if (auto is_local = expect_local_disk(path); !is_local) return error_of(is_local);
  if (auto made = make_folder(path); !made) return error_of(made);
  if (auto known = account_of(path); !known) return error_of(known);
  File file(::open(lock_of(path).c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
  if (!file.is_open()) return tl::unexpected(io_error(lock_of(path), "cannot be opened", errno));
  if (!file.lock()) {
    if (errno == EAGAIN || errno == EACCES) return in_use(path);
    return tl::unexpected(io_error(lock_of(path), "cannot be locked", errno));
  }
  Folder folder(path, std::move(boot), std::move(file));
  if (auto opened = folder.open_account(); !opened) return error_of(opened);
  return folder;
}

/// One that does not say how old it is does from now on: the file's own time is that of its last line. A disk that
/// refuses that keeps no relay from its work.
Result<void> Folder::open_account() {
  const Result<std::string> text = text_of(lock_of(path_));
  if (!text) return error_of(text);
  account_ = Account::of(*text);
  ends_in_half_a_line_ = !text->empty() && text->back() != '\n';
  const std::optional<UtcMillis> written = written_at(lock_of(path_));
  if (account_.made_at || !written) return {};
  const Result<void> noted = note((text->empty() ? version_line(kVersion) : "") + made_line(*written));
  return text->empty() ? noted : Result<void>();
}

Result<void> Folder::note(const std::string& line) {
  const bool is_written = lock_.append((ends_in_half_a_line_ ? "\n" : "") + line);
  ends_in_half_a_line_ = !is_written;
  if (is_written && lock_.sync()) return {};
  return tl::unexpected(io_error(lock_of(path_), "cannot be written", errno));
}

Result<void> Folder::begun(Day day) {
  if (account_.plain.contains(day)) return {};
  if (auto noted = note(begun_line(day)); !noted) return noted;
  account_.plain.insert(day);
  return {};
}

Result<void> Folder::sealed(Day day, std::uint64_t before, std::uint64_t bytes) {
  if (!account_.plain.contains(day)) return {};
  const auto noted_before = account_.packed.find(day);
  const bool is_known = before == 0 || (noted_before != account_.packed.end() && noted_before->second == before);
  const std::uint64_t size = is_known ? bytes : 0;
  if (auto noted = note(packed_line(day, size) + sealed_line(day)); !noted) return noted;
  account_.plain.erase(day);
  account_.packed[day] = size;
  return {};
}

/// A system that does not say which start this is could be another one each time.
Result<std::set<Day>> Folder::run_begun() {
  std::set<Day> cut;
  if (runs_) return cut;
  const bool is_same_boot = account_.boot == boot_ && !boot_.empty();
  const bool was_running = account_.boot && !account_.has_ended;
  if (was_running && !is_same_boot) {
    cut = account_.plain;
    for (const FileName& file : files()) {
      if (file.kind == FileName::Kind::kPlain) cut.insert(file.day);
    }
    std::erase_if(cut, [this](Day day) { return account_.cut.contains(day); });
  }
  std::string lines;
  for (const Day day : cut) lines += cut_line(day);
  if (!was_running || !is_same_boot) lines += boot_line(boot_);
  if (auto noted = lines.empty() ? Result<void>() : note(lines); !noted) return error_of(noted);
  account_.cut.insert(cut.begin(), cut.end());
  account_.boot = boot_;
  account_.has_ended = false;
  runs_ = true;
  return cut;
}

Result<void> Folder::run_ended() {
  if (!runs_) return {};
  for (const Day day : account_.plain) {
    const std::filesystem::path path = path_ / FileName{day, FileName::Kind::kPlain}.text();
    const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.is_open() && errno == ENOENT) continue;  // the next start misses it
    if (!file.is_open() || !file.sync()) return tl::unexpected(io_error(path, "cannot be synced", errno));
  }
  if (auto noted = note(ended_line(boot_)); !noted) return noted;
  account_.has_ended = true;
  runs_ = false;
  return {};
}

Result<void> Folder::expect_room(const std::filesystem::path& path, std::uint64_t free_bytes_min) {
  const std::uint64_t free_bytes = outbox::volume_of(path).free_bytes.value_or(UINT64_MAX);
  if (free_bytes >= free_bytes_min) return {};
  return fail(ErrorCode::kIo,
              path.string() + ": its disk has " + std::to_string(free_bytes >> 20) +
                  " MiB left, and the archive leaves " + std::to_string(free_bytes_min >> 20) + " MiB to others",
              "make room on its disk, or move old days of the archive elsewhere");
}

Result<std::string> Folder::look_at(const std::filesystem::path& path, std::uint64_t free_bytes_min) {
  if (auto is_folder = expect_folder(path); !is_folder) return error_of(is_folder);
  if (auto is_local = expect_local_disk(path); !is_local) return error_of(is_local);
  if (auto known = account_of(path); !known) return error_of(known);
  std::error_code error;
  std::filesystem::path there = std::filesystem::absolute(path, error).lexically_normal();
  while (!std::filesystem::exists(there, error) && there.has_relative_path()) there = there.parent_path();
  if (::access(there.c_str(), W_OK | X_OK) != 0) return tl::unexpected(io_error(there, "cannot be written", errno));
  if (!std::filesystem::exists(path, error)) {
    if (auto can_be_made = expect_it_can_be_made(path, there); !can_be_made) return error_of(can_be_made);
  }
  if (auto has_room = expect_room(path, free_bytes_min); !has_room) return error_of(has_room);
  const File file(::open(lock_of(path).c_str(), O_RDWR | O_CLOEXEC));
  if (!file.is_open() && errno == ENOENT) return path.string() + ", not made yet";
  if (!file.is_open()) return tl::unexpected(io_error(lock_of(path), "cannot be opened", errno));
  const bool is_held = file.is_locked();
  const std::vector<FileName> files = day_files_in(path);
  const auto count = [&files](FileName::Kind kind) {
    return std::to_string(std::count_if(files.begin(), files.end(), [kind](const auto& f) { return f.kind == kind; }));
  };
  const std::string sealed = count(FileName::Kind::kSealed);
  std::string text = path.string() + ", " + sealed + (sealed == "1" ? " day" : " days") + " sealed, " +
                     count(FileName::Kind::kPlain) + " plain";
  if (const std::string holes = count(FileName::Kind::kHole); holes != "0") text += ", " + holes + " with a hole";
  if (const std::string waiting = count(FileName::Kind::kReplayed); waiting != "0")
    text += ", " + waiting + " of a replay to be taken in";
  return text + (is_held ? ", in use by a relay" : "");
}

std::vector<FileName> day_files_in(const std::filesystem::path& folder) {
  std::vector<FileName> files;
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (const auto file = parse_file_name(it->path().filename().string())) files.push_back(*file);
  }
  std::sort(files.begin(), files.end(), [](const FileName& a, const FileName& b) {
    return std::tie(a.day, a.kind, a.number) < std::tie(b.day, b.kind, b.number);
  });
  return files;
}

std::vector<FileName> Folder::files() const { return day_files_in(path_); }

std::uint64_t Folder::bytes() const {
  std::uint64_t bytes = 0;
  for (const FileName& file : files()) {
    std::error_code error;
    const std::uint64_t size = std::filesystem::file_size(path_ / file.text(), error);
    if (!error) bytes += size;
  }
  return bytes;
}

}  // namespace firebase_relay::archive
