#include "bus/stream_reader.h"

#include <algorithm>
#include <utility>

namespace firebase_relay::bus {
namespace {

constexpr std::chrono::seconds kLookEvery{1};
constexpr std::string_view kBlockMs = "1000";  // so a read that waits is a sign of life each second

std::string cause_text(StreamCursor::Cause cause) {
  switch (cause) {
    case StreamCursor::Cause::kTrimmed: return "trimmed before they were read (MAXLEN or MINID)";
    case StreamCursor::Cause::kGroupGone: return "the group is gone, and the stream with it or begun anew";
    case StreamCursor::Cause::kMisfit: return "the stream holds less than was read of it: Redis has lost its end";
  }
  return {};
}

/// The time in `id`, where it can be one.
std::optional<UtcMillis> time_of(const StreamId& id, UtcMillis now) {
  constexpr std::uint64_t kYear2000 = 946'684'800'000;
  const auto latest = static_cast<std::uint64_t>(std::max<std::int64_t>(0, now.time_since_epoch().count()));
  if (id.ms < kYear2000 || id.ms > latest) return std::nullopt;
  return UtcMillis(std::chrono::milliseconds(id.ms));
}

}  // namespace

StreamReader::StreamReader(const StreamSourceOptions& options, Listeners& told, BlockDesk& desk, ReadingPause& pause,
                           observe::StreamEvents& events)
    : options_(options),
      told_(told),
      desk_(desk),
      pause_(pause),
      events_(events),
      keys_(std::make_shared<const std::vector<std::string>>(options.streams)),
      intake_(ChannelFilter(options.channels), keys_),
      cursors_(options.streams.size()),
      streams_(options.streams.size()) {}

void StreamReader::begin(StreamConnection& connection, const Now& now) {
  rest_until_ = {};
  has_looked_ = false;
  ask_looks(connection, now);
}

bool StreamReader::proceed(StreamConnection& connection, const Now& now) {
  if (!block_) block_ = desk_.fresh();
  block_->streams = keys_;
  std::vector<StreamConnection::Answer> answers;
  StreamConnection::Entries entries{intake_, *block_};
  const bool heard = connection.proceed(now.steady, &entries, answers);
  count_came(*block_, now);
  desk_.hand_over(block_, now);
  for (const StreamConnection::Answer& answer : answers) {
    if (connection.state() != StreamConnection::State::kClosed) take(connection, answer, now);
  }
  if (connection.state() == StreamConnection::State::kClosed) return heard;
  if (has_looked_ && !connection.awaits_answer()) ask_next(connection, now);
  connection.write();  // also what take() has asked: over TLS nothing else wakes for it
  return heard;
}

void StreamReader::ask_next(StreamConnection& connection, const Now& now) {
  tell_if_caught_up();
  pause_.begin_if_full(now.steady);
  if (pause_.is_on()) connection.ready();  // whether it may be read is seen later
  if (now.steady >= next_look_) {
    ask_looks(connection, now);
  } else if (!pause_.is_on() && now.steady >= rest_until_) {
    ask_read(connection);
  }
}

SteadyTime StreamReader::deadline(const StreamConnection& connection) const {
  if (connection.state() != StreamConnection::State::kReady) return connection.deadline();
  if (connection.awaits_answer()) return SteadyTime::max();
  return pause_.is_on() ? next_look_ : std::min(next_look_, rest_until_);
}

void StreamReader::ask_looks(StreamConnection& connection, const Now& now) {
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    streams_[i].info.reset();
    streams_[i].group.reset();
    connection.ask(Command::kInfoStream, {"XINFO", "STREAM", (*keys_)[i]}, (*keys_)[i]);
    connection.ask(Command::kInfoGroups, {"XINFO", "GROUPS", (*keys_)[i]}, (*keys_)[i]);
  }
  next_look_ = now.steady + kLookEvery;
}

/// The first read of a connection does not wait: it shows whether reading is permitted.
void StreamReader::ask_read(StreamConnection& connection) {
  const std::string count = std::to_string(count_.of_each(keys_->size()));
  std::vector<std::string> ids;
  for (Stream& stream : streams_) stream.has_come = false;
  for (const StreamCursor& cursor : cursors_) ids.push_back(to_text(cursor.read_upto()));
  std::vector<std::string_view> words{"XREAD", "COUNT", count};
  if (connection.state() == StreamConnection::State::kReady) words.insert(words.end(), {"BLOCK", kBlockMs});
  words.emplace_back("STREAMS");
  words.insert(words.end(), keys_->begin(), keys_->end());
  words.insert(words.end(), ids.begin(), ids.end());
  connection.ask(Command::kRead, words, keys_->front());
  entries_ = entry_bytes_ = 0;
  messages_ = message_bytes_ = 0;
  rest_until_ = {};
}

/// Before the block is handed over: an entry that was passed over is safe when what came before it is.
void StreamReader::count_came(MessageBlock& block, const Now& now) {
  const std::vector<EntryIntake::Came> came = intake_.take_came();
  for (std::size_t i = 0; i < came.size(); ++i) {
    if (came[i].entries == 0) continue;
    const Sequence last = desk_.last_sequence() + came[i].messages;
    cursors_[i].took(came[i].last, came[i].entries, last == options_.last_sequence ? 0 : last);
    streams_[i].has_come = true;
    streams_[i].read_at = now.utc;
    entries_ += came[i].entries;
    entry_bytes_ += came[i].bytes;
  }
  messages_ += block.size();
  message_bytes_ += block.bytes();
}

void StreamReader::take(StreamConnection& connection, const StreamConnection::Answer& answer, const Now& now) {
  const std::size_t i = index_of(answer.to.object);
  switch (answer.to.command) {
    case Command::kInfoStream:
    case Command::kInfoGroups: return take_look(connection, answer, now);
    case Command::kMakeGroup:
      next_look_ = {};  // before it is read: a stream that was not there yet says now how it counts
      if (answer.refusal && !answer.error.starts_with("BUSYGROUP")) return refuse(connection, i, *answer.refusal);
      cursors_[i].group_made();
      return;
    case Command::kSetGroup:
      if (answer.refusal) refuse(connection, i, *answer.refusal);
      return;
    case Command::kRead:
      if (answer.refusal) return connection.close(*answer.refusal);
      connection.ready();
      return finish_read(now);
    default: return;
  }
}

void StreamReader::take_look(StreamConnection& connection, const StreamConnection::Answer& answer, const Now& now) {
  const std::size_t i = index_of(answer.to.object);
  Stream& stream = streams_[i];
  const bool is_absent = answer.error.starts_with("ERR no such key");
  if (answer.refusal && !is_absent) return refuse(connection, i, *answer.refusal);
  if (answer.to.command == Command::kInfoStream) {
    stream.info = is_absent ? StreamInfo{} : read_stream_info(*answer.reply);
    if (!stream.info) refuse(connection, i, {ErrorCode::kRefused, "no answer to XINFO STREAM that we know", ""});
    return;
  }
  stream.group = is_absent ? GroupAnswer{true, std::nullopt} : read_group_info(*answer.reply, options_.group);
  if (!stream.group->is_known)
    return refuse(connection, i, {ErrorCode::kRefused, "no answer to XINFO GROUPS that we know", ""});
  if (stream.info) finish_look(connection, i, now);
}

/// In place of a group, for one who has none: where it stands, which is at the stream's end in the beginning.
GroupInfo StreamReader::standing(const StreamCursor& cursor, const Stream& stream) {
  GroupInfo group;
  group.last_delivered = stream.is_started ? cursor.read_upto() : stream.info->last_generated;
  if (!stream.is_started) group.entries_read = stream.info->added;
  return group;
}

/// From where a gap is that this look finds.
StreamPosition StreamReader::read_before(const Stream& stream, const StreamCursor& cursor,
                                         const std::optional<GroupInfo>& group,
                                         const std::optional<RememberedPosition>& before) {
  if (stream.is_started) return cursor.read();
  const StreamPosition noted = group ? StreamPosition{group->last_delivered, group->entries_read} : StreamPosition{};
  return before && before->position.id > noted.id ? before->position : noted;
}

void StreamReader::finish_look(StreamConnection& connection, std::size_t i, const Now& now) {
  Stream& stream = streams_[i];
  StreamCursor& cursor = cursors_[i];
  const StreamInfo& info = *stream.info;
  const std::optional<GroupInfo> group = options_.only_watches ? standing(cursor, stream) : stream.group->group;
  if (group && group->users.are_there() && connection.state() != StreamConnection::State::kReady)
    return refuse(connection, i, group_in_use(options_.group, group->users));
  const std::optional<RememberedPosition> before = i < options_.before.size() ? options_.before[i] : std::nullopt;
  const StreamPosition behind = read_before(stream, cursor, group, before);
  const bool was_started = std::exchange(stream.is_started, true);
  if (!was_started && !group && !before && info.last_generated == StreamId{}) events_.stream_is_new((*keys_)[i]);
  const StreamCursor::Found found =
      was_started ? cursor.look(info, group, has_looked_) : cursor.start(info, group, before);
  const std::string& key = (*keys_)[i];
  if (found.moved == StreamCursor::Moved::kSomewhere) {
    events_.group_was_moved(key, std::nullopt, group->last_delivered);
  } else if (found.moved != StreamCursor::Moved::kNo) {
    events_.group_was_moved(key, before->position.id, group->last_delivered);
  }
  if (found.loss) tell_gap(i, *found.loss, behind, now);
  if (found.goes_back && std::exchange(is_caught_up_, false) && told_.falls_behind) told_.falls_behind();
  if (told_.level) told_.level(i, {info.length, cursor.behind(info)});
  read_until_ = now.utc;
  has_looked_ = has_looked_ || i + 1 == streams_.size();
  if (options_.only_watches) return;
  if (found.loss && found.group != StreamCursor::Group::kStands && told_.reset) told_.reset(i, behind);
  const std::string id = to_text(cursor.position().id);
  if (found.group == StreamCursor::Group::kCreate) {
    if (found.group_went) events_.group_made_again(key, now.steady);
    connection.ask(Command::kMakeGroup, {"XGROUP", "CREATE", key, options_.group, id, "MKSTREAM"}, key);
  } else if (found.group == StreamCursor::Group::kSet) {
    connection.ask(Command::kSetGroup, {"XGROUP", "SETID", key, options_.group, id}, key);
  }
}

/// What did not come with this read was not there.
void StreamReader::finish_read(const Now& now) {
  for (std::size_t i = 0; i < streams_.size(); ++i)
    if (!streams_[i].has_come) cursors_[i].found_nothing();
  count_.after_read(entries_, entry_bytes_);
  read_until_ = now.utc;
  if (told_.next_flush && entries_ > 0)
    rest_until_ = pace_.after_read(now.steady, messages_, message_bytes_, told_.next_flush());
}

void StreamReader::refuse(StreamConnection& connection, std::size_t i, Error why) {
  why.what = "stream '" + (*keys_)[i] + "': " + why.what;
  connection.close(std::move(why));
}

/// By the time in its id first: that is the same in the next run, when this one is killed before it is noted.
void StreamReader::tell_gap(std::size_t i, const StreamCursor::Loss& loss, const StreamPosition& behind,
                            const Now& now) {
  if (!told_.gap) return;
  const UtcMillis read_at = streams_[i].read_at;
  const UtcMillis from = time_of(behind.id, now.utc).value_or(read_at != UtcMillis{} ? read_at : now.utc);
  Gap gap{from, now.utc, cause_text(loss.cause), (*keys_)[i], loss.entries};
  if (behind.id != StreamId{}) gap.behind = behind;
  told_.gap(gap);
}

void StreamReader::tell_if_caught_up() {
  if (is_caught_up_) return;
  is_caught_up_ =
      std::all_of(cursors_.begin(), cursors_.end(), [](const StreamCursor& cursor) { return cursor.is_caught_up(); });
  if (is_caught_up_ && told_.caught_up) told_.caught_up(desk_.last_sequence());
}

std::size_t StreamReader::index_of(std::string_view key) const {
  return static_cast<std::size_t>(std::find(keys_->begin(), keys_->end(), key) - keys_->begin());
}

}  // namespace firebase_relay::bus
