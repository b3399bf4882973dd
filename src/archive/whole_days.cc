#include "archive/whole_days.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <zstd.h>

#include <algorithm>
#include <optional>
#include <system_error>
#include <vector>

#include "archive/calendar.h"
#include "archive/file.h"
#include "archive/folder.h"

namespace firebase_relay::archive {
namespace {

/// A message's own time may be that far ahead (classify::is_usable_event_time), so a day's lines begin to come before
/// it does.
constexpr std::chrono::days kAhead{1};

bool has_replayed_lines(const std::filesystem::path& folder, Day day) {
  const std::vector<FileName> files = day_files_in(folder);
  return std::any_of(files.begin(), files.end(),
                     [day](const FileName& file) { return file.day == day && file.kind == FileName::Kind::kReplayed; });
}

/// One frame of zstd behind the other, from its first byte to its last. Only the heads of their blocks are read, which
/// are so many that a disk may take a second for them: a file that has the size with which it was sealed has none
/// looked at.
bool has_whole_frames(const std::filesystem::path& path, std::optional<std::uint64_t> sealed_size) {
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const std::uint64_t size = file.is_open() ? file.size() : 0;
  if (size == 0 || size == sealed_size) return size > 0;
  void* bytes = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.fd(), 0);
  if (bytes == MAP_FAILED) return false;
  std::uint64_t at = 0;
  while (at < size) {
    const std::size_t frame = ZSTD_findFrameCompressedSize(static_cast<const char*>(bytes) + at, size - at);
    if (ZSTD_isError(frame) != 0) break;
    at += frame;
  }
  ::munmap(bytes, size);
  return at == size;
}

}  // namespace

std::string_view WholeDays::flaw_of(std::string_view name) const {
  const std::optional<Day> day = parse_day(name);
  if (!day) return "it is no day";
  const Result<Account> account = Folder::account_of(folder_);
  if (!account) return "its archive.json cannot be read";
  if (!account->made_at) return "there is no archive";
  const UtcMillis first_could_come = UtcMillis(*day - kAhead);
  if (first_could_come < *account->made_at) return "it is older than the archive";
  if (since_ == UtcMillis::max()) return "the outbox does not say that every relay has written the archive";
  if (first_could_come < since_) return "a relay has run without the archive since";
  std::error_code error;
  // One that cannot be looked at may be there.
  const auto stands = [&](FileName::Kind kind) {
    const bool is_there = std::filesystem::exists(folder_ / FileName{*day, kind}.text(), error);
    return is_there || error;
  };
  if (stands(FileName::Kind::kHole)) return "lines of it were lost";
  if (account->cut.contains(*day)) return "a power cut came while it was written";
  if (stands(FileName::Kind::kPlain) || account->plain.contains(*day)) return "the archive has not sealed all of it";
  if (has_replayed_lines(folder_, *day)) return "lines that were replayed wait for the relay that writes the archive";
  const std::filesystem::path sealed = folder_ / FileName{*day, FileName::Kind::kSealed}.text();
  if (!stands(FileName::Kind::kSealed)) return "the archive has nothing of it";
  const auto size = account->packed.find(*day);
  const bool is_known = size != account->packed.end();
  return has_whole_frames(sealed, is_known ? std::optional(size->second) : std::nullopt) ? ""
                                                                                         : "its sealed file is damaged";
}

}  // namespace firebase_relay::archive
