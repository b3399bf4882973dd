#include "archive/replayed_lines.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string_view>
#include <utility>

#include "archive/folder.h"
#include "archive/missing_entries.h"

namespace firebase_relay::archive {
namespace {

/// Root's own would be closed to the relay, which has to take it in. Where that may not be the relay says what to do.
void give_to_owner_of(const std::filesystem::path& folder, const File& file) {
  struct stat about {};
  if (::geteuid() != 0 || ::stat(folder.c_str(), &about) != 0) return;
  static_cast<void>(::fchown(file.fd(), about.st_uid, about.st_gid) == 0);
}

}  // namespace

Result<std::unique_ptr<ReplayedLines>> ReplayedLines::open(const std::filesystem::path& folder,
                                                           std::uint64_t free_bytes_min) {
  const Result<Account> account = Folder::account_of(folder);
  if (!account) return error_of(account);
  if (!account->made_at) {
    return fail(ErrorCode::kInvalid, "archive " + folder.string() + ": there is none, it has no archive.json",
                "name the folder that a relay writes with --archive");
  }
  if (::access(folder.c_str(), W_OK | X_OK) != 0) return tl::unexpected(io_error(folder, "cannot be written", errno));
  if (auto has_room = Folder::expect_room(folder, free_bytes_min); !has_room) return error_of(has_room);
  return std::unique_ptr<ReplayedLines>(new ReplayedLines(folder, free_bytes_min));
}

Result<void> ReplayedLines::put(const std::vector<DayLines>& days) {
  for (const DayLines& lines : days) {
    const std::string text = new_lines(lines);
    if (text.empty()) continue;
    if (auto has_room = Folder::expect_room(folder_, free_bytes_min_); !has_room) return has_room;
    const Result<File*> file = file_of(lines.day);
    if (!file) return error_of(file);
    if (!(*file)->append(text)) return tl::unexpected(io_error(folder_, "cannot be written", errno));
    if (!(*file)->sync()) return tl::unexpected(io_error(folder_, "cannot be synced", errno));
  }
  return std::exchange(has_new_names_, false) ? sync_folder(folder_) : Result<void>();
}

/// Those of `lines` whose entries the archive has not.
std::string ReplayedLines::new_lines(const DayLines& lines) {
  const std::vector<Key>* keys = keys_of(lines.day);
  if (keys == nullptr || keys->empty()) return std::string(lines.text.view());
  std::string text;
  for (std::string_view rest = lines.text.view(); !rest.empty();) {
    const std::string_view each = rest.substr(0, rest.find('\n') + 1);
    rest.remove_prefix(each.size());
    const std::optional<Line> line = parse_line(each.substr(0, each.size() - 1));
    Key key{};
    if (line) std::copy(line->key.begin(), line->key.end(), key.begin());
    if (!line || !std::binary_search(keys->begin(), keys->end(), key)) text += each;
  }
  return text;
}

/// Null: they are not known any more.
const std::vector<ReplayedLines::Key>* ReplayedLines::keys_of(Day day) {
  if (const auto known = keys_.find(day); known != keys_.end()) return &known->second;
  if (!asked_.insert(day).second) return nullptr;
  std::vector<Key> keys;
  read_lines_of(folder_, day, [&keys](const Line& line) {
    Key key{};
    std::copy(line.key.begin(), line.key.end(), key.begin());
    keys.push_back(key);
  });
  std::sort(keys.begin(), keys.end());
  if (keys_count_ + keys.size() > kKeysMax) keys_.clear();
  if (keys_.empty()) keys_count_ = 0;
  keys_count_ += keys.size();
  return &keys_.emplace(day, std::move(keys)).first->second;
}

Result<File*> ReplayedLines::file_of(Day day) {
  const auto found = files_.find(day);
  if (found != files_.end()) return &found->second;
  Result<File> made = make_file(day);
  if (!made) return error_of(made);
  if (files_.size() >= kFilesMax) files_.erase(files_.begin());
  has_new_names_ = true;
  return &files_.emplace(day, std::move(*made)).first->second;
}

/// One with a number that is free. Until it is locked the archive's writer may have taken it for one that was left.
Result<File> ReplayedLines::make_file(Day day) {
  for (FileName name{day, FileName::Kind::kReplayed, 1};; ++name.number) {
    const std::filesystem::path path = folder_ / name.text();
    File file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file.is_open() && errno == EEXIST) continue;
    if (!file.is_open()) return tl::unexpected(io_error(path, "cannot be made", errno));
    give_to_owner_of(folder_, file);
    const bool is_locked = file.lock();
    if (!is_locked && errno != EAGAIN && errno != EACCES) {
      Error error = io_error(path, "cannot be locked", errno);
      ::unlink(path.c_str());
      return tl::unexpected(std::move(error));
    }
    struct stat about {};
    if (is_locked && ::fstat(file.fd(), &about) == 0 && about.st_nlink > 0) return file;
  }
}

}  // namespace firebase_relay::archive
