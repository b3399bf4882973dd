#include "archive/writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

namespace firebase_relay::archive {
namespace {

constexpr std::chrono::seconds kLookAtDiskEvery{1};
constexpr std::chrono::minutes kSealAgainAfter{10};

std::uint64_t count_of(std::span<const DayLines> days) {
  std::uint64_t count = 0;
  for (const DayLines& each : days) count += each.lines;
  return count;
}

std::string names_of(const std::set<Day>& days) {
  std::string names;
  for (const Day day : days) names += (names.empty() ? "" : ", ") + name_of(day);
  return names;
}

}  // namespace

Writer::Writer(Folder folder, std::uint64_t free_bytes_min, observe::ArchiveEvents& events, const Now& now)
    : folder_(std::move(folder)),
      free_bytes_min_(free_bytes_min),
      events_(events),
      plan_(folder_.files(), now.utc),
      sync_at_(now.steady + kSyncEvery) {
  if (const auto begun = begin_run(); !begun) stop(begun.error(), now);
  for (const FileName& left : plan_.leftovers()) ::unlink((folder_.path() / left.text()).c_str());
  for (const FileName& file : folder_.files()) {  // of a relay that kept no account, or was killed before it did
    if (file.kind != FileName::Kind::kPlain) continue;
    if (const auto noted = folder_.begun(file.day); !noted) day_failed(file.day, noted.error(), now);
  }
  look_for_missing_files(now);
  take_in_replayed(now);
  count_bytes();
  count_unsealed();
}

/// A disk that refused it at the start is asked before anything is written.
Result<void> Writer::begin_run() {
  const Result<std::set<Day>> cut = folder_.run_begun();
  if (!cut) return error_of(cut);
  if (!cut->empty()) events_.power_cut(names_of(*cut));
  return {};
}

void Writer::count_bytes() {
  bytes_ = folder_.bytes();
  events_.holds(bytes_);
}

void Writer::count_unsealed() {
  std::set<Day> days = plan_.unsealed();
  for (const FileName& file : not_taken_in_) days.insert(file.day);
  events_.unsealed(days.size());
}

void Writer::write(const std::vector<DayLines>& lines, const Now& now) {
  const bool may = may_write(now);
  for (auto first = lines.begin(); first != lines.end();) {
    const auto last = std::find_if(first, lines.end(), [&](const DayLines& each) { return each.day != first->day; });
    const std::span<const DayLines> same(first, last);
    may ? write_day(same, now) : lose(first->day, count_of(same), now);
    first = last;
  }
}

void Writer::write_day(std::span<const DayLines> lines, const Now& now) {
  const Day day = lines.front().day;
  if (now.steady < try_again_at_) return lose(day, count_of(lines), now);  // the day before could not be written
  if (sealing_ && day == sealing_->day()) {                                // it has to take these along
    sealing_.reset();
    plan_.put_off(day, now.utc + SealPlan::kWait);
  }
  Result<DayFile*> file = file_of(day, now);
  const Result<void> written = file ? (*file)->append(lines) : Result<void>(error_of(file));
  if (!written) {
    day_failed(day, written.error(), now);
    return lose(day, count_of(lines), now);
  }
  plan_.wrote(day, now.utc);
  bytes_ += bytes_of(lines);
  events_.holds(bytes_);
  events_.written();
}

/// A disk that is full for others, too, is looked at before it fails.
bool Writer::may_write(const Now& now) {
  if (now.steady < try_again_at_) return false;
  if (now.steady < look_at_disk_at_) return true;
  look_at_disk_at_ = now.steady + kLookAtDiskEvery;
  const Result<void> has_room = Folder::expect_room(folder_.path(), free_bytes_min_);
  if (has_room) return true;
  stop(has_room.error(), now);
  return false;
}

/// A new file is on the disk by its name, and noted, before the first line is in it.
Result<DayFile*> Writer::file_of(Day day, const Now& now) {
  const auto found = files_.find(day);
  if (found != files_.end()) return &found->second;
  if (auto begun = begin_run(); !begun) return error_of(begun);
  const bool is_noted = folder_.plain().contains(day);
  if (is_noted && !stands(day, FileName::Kind::kPlain)) take_back_place_of(day, now);
  auto opened = DayFile::open(folder_.path(), day);
  if (!opened) return error_of(opened);
  if (opened->dropped_bytes() > 0) events_.dropped_end(name_of(day), opened->dropped_bytes());
  if (!is_noted) {
    if (auto synced = sync_folder(folder_.path()); !synced) return error_of(synced);
    if (auto noted = folder_.begun(day); !noted) return error_of(noted);
  }
  return &files_.emplace(day, std::move(*opened)).first->second;
}

void Writer::stop(const Error& error, const Now& now) {
  events_.failed(error, now.steady);
  count_unsealed();
  try_again_at_ = now.steady + kTryAgainAfter;
  look_at_disk_at_ = try_again_at_;
}

/// Where the day that goes on cannot be written no day is tried for a while: mostly it is the disk. One that is over
/// waits alone, since no other day shall lose a line for it.
void Writer::day_failed(Day day, const Error& error, const Now& now) {
  if (UtcMillis(day + std::chrono::days(1)) <= now.utc) return let_wait(day, error, now);
  close(day);
  stop(error, now);
}

void Writer::let_wait(Day day, const Error& error, const Now& now) {
  close(day);
  plan_.failed(day, now.utc + kSealAgainAfter);
  count_unsealed();
  events_.day_waits(error, now.steady);
}

/// What is opened again is looked at, and repaired. It is synced first, as nobody does that afterwards.
void Writer::close(Day day) {
  const auto file = files_.find(day);
  if (file == files_.end()) return;
  if (const auto synced = file->second.sync(); !synced) open_hole(day);
  files_.erase(file);
}

void Writer::lose(Day day, std::uint64_t lines, const Now& now) {
  open_hole(day);
  events_.lost(name_of(day), lines, now.steady);
}

void Writer::open_hole(Day day) {
  if (!plan_.holes().contains(day)) unmarked_holes_.insert(day);
  plan_.lost(day);
  if (sealing_ && sealing_->day() == day) sealing_.reset();
  count_unsealed();
  mark_holes();
}

/// By a file beside the day's, at once, since nothing else tells a kill's heir of the hole. A disk that refuses even
/// this is asked again.
void Writer::mark_holes() {
  std::set<Day> marked;
  for (const Day day : unmarked_holes_) {
    const std::filesystem::path path = folder_.path() / FileName{day, FileName::Kind::kHole}.text();
    const File mark(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    if (mark.is_open()) marked.insert(day);
  }
  if (marked.empty() || !sync_folder(folder_.path())) return;
  for (const Day day : marked) unmarked_holes_.erase(day);
}

bool Writer::stands(Day day, FileName::Kind kind) const {
  std::error_code error;
  return std::filesystem::exists(folder_.path() / FileName{day, kind}.text(), error) || error;
}

/// Somebody has taken away what was not sealed: while no relay ran, or behind its back.
void Writer::look_for_missing_files(const Now& now) {
  for (const Day day : std::set<Day>(folder_.plain())) {
    const bool is_open = files_.contains(day);  // then sync() sees it
    if (!is_open && !stands(day, FileName::Kind::kPlain)) take_back_place_of(day, now);
  }
}

/// A hole, and an empty file, so that it is missed once.
void Writer::take_back_place_of(Day day, const Now& now) {
  if (!plan_.holes().contains(day)) events_.missing(name_of(day));
  open_hole(day);
  if (const auto made = DayFile::open(folder_.path(), day); !made) return day_failed(day, made.error(), now);
  plan_.wrote(day, now.utc);
}

void Writer::take_in_replayed(const Now& now) {
  const std::vector<FileName> told = std::exchange(not_taken_in_, {});
  for (const FileName& file : folder_.files()) {
    if (file.kind != FileName::Kind::kReplayed || stands(file.day, FileName::Kind::kPlain)) continue;
    const Result<void> taken = take_in(file, now);
    if (taken) continue;
    not_taken_in_.push_back(file);
    if (std::find(told.begin(), told.end(), file) == told.end()) events_.not_taken_in(taken.error(), now.steady);
  }
  count_unsealed();
}

/// The file becomes the plain one of its day, which has none, and is sealed as soon as that may be. One that a replay
/// still writes is let be.
Result<void> Writer::take_in(const FileName& replayed, const Now& now) {
  const std::filesystem::path path = folder_.path() / replayed.text();
  const File file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!file.is_open() && errno == ENOENT) return {};
  if (!file.is_open()) return tl::unexpected(io_error(path, "cannot be opened", errno));
  if (!file.lock()) {
    if (errno == EAGAIN || errno == EACCES) return {};
    return tl::unexpected(io_error(path, "cannot be locked", errno));
  }
  if (file.size() == 0) {
    ::unlink(path.c_str());
    return {};
  }
  const std::filesystem::path plain = folder_.path() / FileName{replayed.day, FileName::Kind::kPlain}.text();
  if (::rename(path.c_str(), plain.c_str()) != 0) return tl::unexpected(io_error(path, "cannot be renamed", errno));
  plan_.wrote(replayed.day, now.utc - SealPlan::kWait);
  Result<void> noted = sync_folder(folder_.path());
  if (noted) noted = folder_.begun(replayed.day);
  if (!noted) let_wait(replayed.day, noted.error(), now);
  return {};
}

SteadyTime Writer::work(const Now& now) {
  if (!unmarked_holes_.empty()) mark_holes();
  if (now.steady >= sync_at_) {
    sync(now);
    look_for_missing_files(now);
    look_for_mended_days();
    take_in_replayed(now);
    tell_of_open_days(now);
    sync_at_ = now.steady + kSyncEvery;
  }
  seal(now);
  if (sealing_) return now.steady;
  if (now.steady < try_again_at_) return std::min(sync_at_, try_again_at_);
  if (!unmarked_holes_.empty()) return std::min(sync_at_, now.steady + kTryAgainAfter);
  const UtcMillis next = plan_.next();
  // The clock may be set meanwhile: each minute it is looked at.
  if (next == UtcMillis::max() || next > now.utc + kSyncEvery) return sync_at_;
  return std::min(sync_at_, now.steady + std::max(next - now.utc, UtcMillis::duration(1)));
}

void Writer::sync(const Now& now) {
  std::map<Day, Error> failed;
  for (auto file = files_.begin(); file != files_.end();) {
    const bool is_idle = file->second.is_synced();
    if (const auto synced = file->second.sync(); !synced) {
      // What the disk has not taken it may never have.
      failed.emplace(file->first, synced.error());
      open_hole(file->first);
    }
    file = is_idle ? files_.erase(file) : std::next(file);
  }
  for (const auto& [day, error] : failed) day_failed(day, error, now);
  count_bytes();
}

bool Writer::end(const Now& now) {
  sync(now);
  files_.clear();
  mark_holes();
  if (!unmarked_holes_.empty()) {
    events_.not_marked(names_of(unmarked_holes_));
    return false;
  }
  if (const auto ended = folder_.run_ended(); !ended) stop(ended.error(), now);
  return true;
}

/// A person who has removed the mark takes the day as it is.
void Writer::look_for_mended_days() {
  for (const Day day : std::set<Day>(plan_.holes())) {
    if (stands(day, FileName::Kind::kHole) || unmarked_holes_.contains(day)) continue;
    plan_.mended(day);
    told_of_.erase(day);
  }
}

void Writer::tell_of_open_days(const Now& now) {
  count_unsealed();
  for (const Day day : plan_.kept_open(now.utc)) {
    if (told_of_.insert(day).second) events_.not_sealed(name_of(day));
  }
}

void Writer::seal(const Now& now) {
  if (now.steady < try_again_at_) return;
  if (!sealing_) return begin_sealing(now);
  const Day day = sealing_->day();
  const Result<bool> done = sealing_->step();
  if (!done) {
    sealing_.reset();
    return let_wait(day, done.error(), now);
  }
  if (!*done) return;
  plan_.sealed(day);
  count_unsealed();
  events_.sealed(name_of(day), sealing_->lines(), sealing_->bytes_before(), sealing_->bytes_after());
  sealing_.reset();
  count_bytes();
}

void Writer::begin_sealing(const Now& now) {
  const std::optional<Day> day = plan_.due(now.utc);
  if (!day) return;
  // Opened once more, so that half a last line is dropped.
  Result<DayFile*> file = file_of(*day, now);
  if (!file) return let_wait(*day, file.error(), now);
  if (const auto synced = (*file)->sync(); !synced) {
    open_hole(*day);
    return let_wait(*day, synced.error(), now);
  }
  close(*day);
  if (plan_.holes().contains(*day)) return;  // it was not there
  auto begun = Sealing::begin(folder_.path(), *day, [this, day = *day](std::uint64_t before, std::uint64_t bytes) {
    return folder_.sealed(day, before, bytes);
  });
  if (!begun) return let_wait(*day, begun.error(), now);
  sealing_.emplace(std::move(*begun));
}

}  // namespace firebase_relay::archive
