#include "bus/stream_cursor.h"

#include <algorithm>

namespace firebase_relay::bus {
namespace {

/// Nothing stands there that is as old as `id`, or older.
bool is_all_newer(const StreamInfo& info, const StreamId& id) { return !info.first || *info.first > id; }

/// How many were added before the first that stands there. Those that were deleted behind it count as well: they will
/// not be read either.
std::optional<std::uint64_t> gone(const StreamInfo& info) {
  if (!info.added) return std::nullopt;
  return *info.added - std::min(*info.added, info.length);
}

/// Has it had as much as was read up to `position`?
bool has_had(const StreamInfo& info, const StreamPosition& position) {
  if (info.last_generated < position.id) return false;
  return !info.added || !position.entries || *info.added >= *position.entries;
}

/// How far a run that was killed has come nobody knows, but by this: the relay commits a count with the id, once it has
/// said that it does, and XGROUP by hand takes the count away.
StreamCursor::Moved moved_since(const RememberedPosition& before, const StreamPosition& group) {
  if (group.id < before.position.id) return StreamCursor::Moved::kBack;
  if (group.id == before.position.id) return StreamCursor::Moved::kNo;
  if (before.is_last) return StreamCursor::Moved::kForwards;
  const bool is_by_hand = before.position.entries && !group.entries;
  return is_by_hand ? StreamCursor::Moved::kSomewhere : StreamCursor::Moved::kNo;
}

}  // namespace

StreamCursor::Found StreamCursor::start(const StreamInfo& info, const std::optional<GroupInfo>& group,
                                        const std::optional<RememberedPosition>& before) {
  Found found;
  if (group) {
    read_ = {group->last_delivered, group->entries_read};
    if (before) found.moved = moved_since(*before, read_);
  } else if (before) {
    read_ = before->position;
  }
  safe_ = committed_ = read_;
  checked_ = looked_ = read_.id;
  target_ = newest_ = info.last_generated;
  group_has_stood_ = group || before;
  if (!group && !before) {
    read_.entries = gone(info);  // what had been trimmed before anybody read it was never ours
    safe_ = read_;
    found.group = Group::kCreate;
  } else if (found.moved == Moved::kBack && !has_had(info, before->position)) {  // no hand has moved it
    found = begin_again(info, group, Cause::kMisfit);
    found.goes_back = false;
  } else {
    const Moved moved = found.moved;
    found = look(info, group);
    found.moved = moved;
    if (moved == Moved::kBack) found.loss = missing_behind(info, *before);
    found.goes_back = false;  // this run has read nothing yet
  }
  is_caught_up_ = read_.id >= target_;
  return found;
}

StreamCursor::Found StreamCursor::look(const StreamInfo& info, const std::optional<GroupInfo>& group,
                                       bool is_same_server) {
  if (!fits(info)) return begin_again(info, group, group ? Cause::kMisfit : Cause::kGroupGone);
  if (!group && group_has_stood_ && !is_surely_whole(info, is_same_server))
    return begin_again(info, group, Cause::kGroupGone);
  Found found;
  found.group_went = !group && group_has_stood_;
  group_has_stood_ = group.has_value();
  if (!group) {
    found.group = Group::kCreate;
    committed_.entries.reset();
  }
  found.loss = read_.entries && info.added ? count_missing(info) : suspect_missing(info);
  looked_ = read_.id;
  newest_ = info.last_generated;
  return found;
}

/// Can this be the stream that was read? Its newest entry is not older than what was read, and it has had as many.
bool StreamCursor::fits(const StreamInfo& info) const {
  if (!has_had(info, read_)) return false;
  if (!info.added || !read_.entries) return true;
  return !is_all_newer(info, read_.id) || *gone(info) >= *read_.entries;
}

/// Has all been read that stands there? Then the newest may have been deleted.
bool StreamCursor::has_all(const StreamInfo& info) const {
  return info.last_generated == read_.id || info.last_generated <= nothing_upto_;
}

/// All of it was read, and nothing else was ever added. Or what the last look had seen stands there yet: in a stream
/// that the same server has begun since, all is newer.
bool StreamCursor::is_surely_whole(const StreamInfo& info, bool is_same_server) const {
  if (!info.added || !read_.entries) return false;
  if (info.last_generated == read_.id && info.added == read_.entries) return true;
  return is_same_server && info.first && *info.first <= looked_;
}

/// What it holds now is another stream, which is read from its beginning. That is where we stand, if its entries are
/// all newer than what had been read at the last look: those that came since were read as they came. What Redis holds
/// is its beginning in any case: a place of the old stream would look like a loss to the next start.
StreamCursor::Found StreamCursor::begin_again(const StreamInfo& info, const std::optional<GroupInfo>& group,
                                              Cause cause) {
  Found found;
  found.loss = Loss{cause, std::nullopt};
  found.group = group ? Group::kSet : Group::kCreate;
  group_has_stood_ = group.has_value();
  const bool stands_right = info.last_generated >= read_.id && is_all_newer(info, looked_);
  if (!stands_right) {
    found.goes_back = read_.id != StreamId{} && info.first.has_value();
    read_.id = {};
    reads_.clear();
    target_ = info.last_generated;
    is_caught_up_ = target_ == StreamId{};
  }
  read_.entries = info.last_generated == read_.id ? info.added : std::nullopt;
  if (is_all_newer(info, read_.id)) read_.entries = gone(info);
  while (!reads_.empty() && is_all_newer(info, reads_.front().position.id)) reads_.pop_front();
  for (Read& read : reads_) read.position.entries.reset();
  committed_ = {};
  safe_ = {{}, gone(info)};
  if (reads_.empty() && !is_all_newer(info, read_.id)) safe_ = read_;
  ++life_;
  checked_ = looked_ = lost_before_ = read_.id;
  newest_ = info.last_generated;
  nothing_upto_ = {};
  return found;
}

/// What was trimmed is gone from the front: while something stands there that had been read, nothing newer was.
std::optional<StreamCursor::Loss> StreamCursor::count_missing(const StreamInfo& info) {
  const bool is_newer = is_all_newer(info, read_.id);
  if (!is_newer && !has_all(info)) return std::nullopt;  // what is missing shows when this is read
  const std::uint64_t missing = (is_newer ? *gone(info) : *info.added) - *read_.entries;
  const bool is_trimmed = is_all_newer(info, checked_);
  const bool has_deleted = info.max_deleted && *info.max_deleted > checked_;
  checked_ = read_.id;
  if (missing == 0) return std::nullopt;
  account(missing);
  if (!is_trimmed || (has_deleted && missing == 1)) return std::nullopt;
  return Loss{Cause::kTrimmed, has_deleted ? std::nullopt : std::optional(missing)};
}

/// What was trimmed behind the place to which this relay had come, however far back a hand has moved the group since.
/// After a kill that place is where the run began, so nobody knows how many of them were read.
std::optional<StreamCursor::Loss> StreamCursor::missing_behind(const StreamInfo& info,
                                                               const RememberedPosition& before) {
  if (!is_all_newer(info, before.position.id)) return std::nullopt;
  const std::optional<std::uint64_t> trimmed = gone(info);
  if (!trimmed || !before.position.entries) return Loss{Cause::kTrimmed, std::nullopt};
  if (*trimmed <= *before.position.entries) return std::nullopt;
  const bool has_deleted = info.max_deleted && *info.max_deleted > before.position.id;
  if (has_deleted || !before.is_last) return Loss{Cause::kTrimmed, std::nullopt};
  return Loss{Cause::kTrimmed, *trimmed - *before.position.entries};
}

/// Without a count: if even what was read last is gone, others behind it may be, too.
std::optional<StreamCursor::Loss> StreamCursor::suspect_missing(const StreamInfo& info) {
  const bool is_newer = is_all_newer(info, read_.id);
  const bool is_at_end = has_all(info);
  if (info.added && (is_newer || is_at_end)) {
    read_.entries = is_newer ? gone(info) : info.added;
    account(0);
    checked_ = read_.id;
  }
  if (is_at_end || !is_newer || read_.id == StreamId{}) return std::nullopt;
  const StreamId before = info.first.value_or(info.last_generated);
  if (before <= lost_before_) return std::nullopt;  // told already
  lost_before_ = before;
  return Loss{Cause::kTrimmed, std::nullopt};
}

/// So many more were added up to where we stand, and are gone: whatever is committed for this place says so.
void StreamCursor::account(std::uint64_t entries) {
  *read_.entries += entries;
  (reads_.empty() ? safe_ : reads_.back().position) = read_;
}

void StreamCursor::took(const StreamId& id, std::uint64_t entries, Sequence upto) {
  read_.id = id;
  if (read_.entries) *read_.entries += entries;
  if (read_.id >= target_) is_caught_up_ = true;
  if (!reads_.empty() && reads_.back().upto == upto) {
    reads_.back().position = read_;
  } else {
    reads_.push_back({upto, read_});
  }
  if (reads_.size() > kReadsMax) thin_out();
}

/// Each second one goes, and the newest stays.
void StreamCursor::thin_out() {
  std::deque<Read> kept;
  for (std::size_t i = 1; i < reads_.size(); i += 2) kept.push_back(reads_[i]);
  if (reads_.size() % 2 == 1) kept.push_back(reads_.back());
  reads_ = std::move(kept);
}

std::optional<std::uint64_t> StreamCursor::behind(const StreamInfo& info) const {
  if (info.last_generated <= read_.id || has_all(info)) return 0;
  if (is_all_newer(info, read_.id)) return info.length;
  if (!info.added || !read_.entries) return std::nullopt;
  return *info.added - std::min(*info.added, *read_.entries);
}

std::optional<StreamPosition> StreamCursor::due(Sequence safe_upto) {
  while (!reads_.empty() && reads_.front().upto <= safe_upto) {
    safe_ = reads_.front().position;
    reads_.pop_front();
  }
  if (safe_ == committed_) return std::nullopt;
  return safe_;
}

}  // namespace firebase_relay::bus
