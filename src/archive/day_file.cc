#include "archive/day_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace firebase_relay::archive {

Result<DayFile> DayFile::open(const std::filesystem::path& folder, Day day) {
  const std::filesystem::path path = folder / FileName{day, FileName::Kind::kPlain}.text();
  File file(::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
  if (!file.is_open()) return tl::unexpected(io_error(path, "cannot be opened", errno));
  DayFile opened(path, std::move(file));
  if (auto dropped = opened.drop_damaged_end(); !dropped) return error_of(dropped);
  return opened;
}

/// Looks for the last line end, from behind: a line may be long.
Result<void> DayFile::drop_damaged_end() {
  const std::uint64_t size = file_.size();
  std::uint64_t end = size;
  std::string piece;
  while (end > 0) {
    const std::uint64_t begin = end - std::min<std::uint64_t>(end, 1 << 16);
    piece.resize(end - begin);
    const ssize_t got = ::pread(file_.fd(), piece.data(), piece.size(), static_cast<off_t>(begin));
    if (got != static_cast<ssize_t>(piece.size())) return tl::unexpected(io_error(path_, "cannot be read", errno));
    const std::size_t line_end = piece.rfind('\n');
    end = line_end == std::string::npos ? begin : begin + line_end + 1;
    if (line_end != std::string::npos) break;
  }
  if (end < size && ::ftruncate(file_.fd(), static_cast<off_t>(end)) != 0)
    return tl::unexpected(io_error(path_, "cannot be repaired", errno));
  dropped_bytes_ = size - end;
  bytes_ = end;
  return {};
}

Result<void> DayFile::append(std::span<const DayLines> lines) {
  std::vector<std::string_view> pieces;
  pieces.reserve(lines.size());
  for (const DayLines& each : lines) pieces.push_back(each.text.view());
  if (file_.append(pieces)) {
    bytes_ += bytes_of(lines);
    is_synced_ = false;
    return {};
  }
  const int error = errno;
  // What is in the file of the lines goes: else the next ones would stand behind half a line.
  if (::ftruncate(file_.fd(), static_cast<off_t>(bytes_)) != 0)
    return tl::unexpected(io_error(path_, "is damaged", error));
  return tl::unexpected(io_error(path_, "cannot be written", error));
}

/// Where the disk does not say what has that name nothing is known, and the next sync asks again.
Result<void> DayFile::sync() {
  struct stat written {};
  struct stat named {};
  const bool is_there = ::stat(path_.c_str(), &named) == 0;
  const bool is_gone = !is_there && errno == ENOENT;
  const bool is_known = is_there && ::fstat(file_.fd(), &written) == 0;
  if (is_gone || (is_known && (named.st_dev != written.st_dev || named.st_ino != written.st_ino))) {
    return fail(ErrorCode::kIo,
                path_.string() +
                    " was removed, moved or replaced while the archive is written: it misses lines that were written",
                "leave the files of an archive to the relay; days that are sealed may be copied");
  }
  if (is_synced_) return {};
  if (!file_.sync()) return tl::unexpected(io_error(path_, "cannot be synced", errno));
  is_synced_ = true;
  return {};
}

}  // namespace firebase_relay::archive
