#include "bus/stream_committer.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/clock.h"
#include "bus/stream_replies.h"

namespace firebase_relay::bus {
namespace {

constexpr std::chrono::seconds kEvery{1};
constexpr std::chrono::seconds kPatience{3};  // for an answer, and to connect
// A Redis that hangs does all of it later, one after the other, so that the last ones are what it may stand at.
constexpr std::size_t kUnansweredMax = 8;

}  // namespace

StreamCommitter::StreamCommitter(Target target, std::vector<StreamCursor>& cursors, observe::StreamEvents& events,
                                 Commits commits)
    : target_(std::move(target)),
      cursors_(cursors),
      events_(events),
      commits_(std::move(commits)),
      names_(target_.resolver),
      unanswered_(cursors.size()) {}

void StreamCommitter::turn(SteadyTime now, const std::function<Sequence()>& safe_upto) {
  if (connection_) proceed(now);
  if (now < next_ || !asked_.empty()) return;
  std::vector<Asked> due = find_due(safe_upto());
  if (!due.empty()) begin(std::move(due), now);
  next_ = now + kEvery;
}

std::vector<StreamCommitter::Asked> StreamCommitter::find_due(Sequence safe_upto) {
  std::vector<Asked> due;
  for (std::size_t stream = 0; stream < cursors_.size(); ++stream)
    if (const auto position = cursors_[stream].due(safe_upto))
      due.push_back({stream, *position, cursors_[stream].life()});
  return due;
}

void StreamCommitter::begin(std::vector<Asked> due, SteadyTime now) {
  if (commits_)
    for (const Asked& each : due) commits_(each.stream, each.position);
  asked_.assign(due.begin(), due.end());
  asked_at_ = now;
  if (connection_) {
    ask(*connection_);
    connection_->write();
  } else {
    connection_ = std::make_unique<StreamConnection>(target_.url, target_.tls, names_, now, now + kPatience,
                                                     [this](StreamConnection& connection) { ask(connection); });
  }
  proceed(now);
}

void StreamCommitter::ask(StreamConnection& connection) {
  for (Asked& each : asked_) {
    each.is_said = true;
    const std::string& stream = target_.streams[each.stream];
    const std::string ms = std::to_string(each.position.id.ms);
    const std::string seq = std::to_string(each.position.id.seq);
    const std::string entries = each.position.entries ? std::to_string(*each.position.entries) : std::string();
    connection.ask(Command::kCommit, {"EVAL", commit_script(), "1", stream, target_.group, ms, seq, entries}, stream);
  }
}

void StreamCommitter::proceed(SteadyTime now) {
  std::vector<StreamConnection::Answer> answers;
  connection_->proceed(now, nullptr, answers);
  for (const StreamConnection::Answer& answer : answers) take(answer, now);
  if (connection_->state() == StreamConnection::State::kClosed) {
    const Error why = connection_->error();
    return give_up(why, now);
  }
  if (!asked_.empty() && connection_->state() == StreamConnection::State::kReady && now - asked_at_ >= kPatience)
    give_up({ErrorCode::kUnavailable, "no answer to EVAL", ""}, now);
}

void StreamCommitter::take(const StreamConnection::Answer& answer, SteadyTime now) {
  if (asked_.empty()) return;
  connection_->ready();
  const Asked asked = asked_.front();
  asked_.pop_front();
  const std::string& stream = target_.streams[asked.stream];
  if (answer.refusal) return events_.commit_failed(stream, *answer.refusal, now);
  const CommitAnswer found = read_commit(*answer.reply);
  if (!found.is_known) {
    note_unanswered(asked);
    return events_.commit_failed(stream,
                                 {ErrorCode::kRefused, "no answer to EVAL that we know",
                                  "is there a proxy in between, or another server in Redis' place?"},
                                 now);
  }
  if (!found.group) return;  // it is gone: the reader looks once a second, and finds out why
  if (found.group->users.are_there())
    return events_.commit_failed(stream, group_in_use(target_.group, found.group->users), now);
  StreamCursor& cursor = cursors_[asked.stream];
  if (cursor.life() != asked.life) return;
  std::deque<StreamId>& unanswered = unanswered_[asked.stream];
  const StreamId& before = found.group->before;
  const bool was_ours =
      before == cursor.position().id || std::find(unanswered.begin(), unanswered.end(), before) != unanswered.end();
  if (!was_ours) events_.group_is_moved(stream, cursor.position().id, before, now);
  unanswered.clear();  // what of it is done only now moves nothing: it lies behind where the group stands
  cursor.committed(asked.position);
}

/// What was asked for is due again with the next turn that is.
void StreamCommitter::give_up(const Error& why, SteadyTime now) {
  if (!asked_.empty()) events_.commit_failed(target_.streams[asked_.front().stream], why, now);
  for (const Asked& each : asked_) note_unanswered(each);
  asked_.clear();
  connection_.reset();
}

void StreamCommitter::note_unanswered(const Asked& asked) {
  std::deque<StreamId>& unanswered = unanswered_[asked.stream];
  const StreamId& id = asked.position.id;
  if (!asked.is_said || (!unanswered.empty() && unanswered.back() == id)) return;
  unanswered.push_back(id);
  if (unanswered.size() > kUnansweredMax) unanswered.pop_front();
}

pollfd StreamCommitter::polled() const {
  if (!connection_) return {-1, 0, 0};
  return {connection_->fd(), connection_->poll_events(), 0};
}

SteadyTime StreamCommitter::deadline() const {
  if (!asked_.empty()) {
    const bool is_ready = connection_->state() == StreamConnection::State::kReady;
    return is_ready ? asked_at_ + kPatience : connection_->deadline();
  }
  const bool is_due = std::any_of(cursors_.begin(), cursors_.end(),
                                  [](const StreamCursor& cursor) { return cursor.has_uncommitted(); });
  return is_due ? next_ : SteadyTime::max();
}

bool StreamCommitter::finish(Sequence upto, SteadyTime until) {
  const std::function<Sequence()> safe_upto = [upto] { return upto; };
  next_ = {};
  for (SteadyTime now = read_clocks().steady; now < until; now = read_clocks().steady) {
    if (asked_.empty() && find_due(upto).empty()) return true;
    turn(now, safe_upto);
    const SteadyTime due = std::clamp(asked_.empty() ? next_ : deadline(), now, until);
    pollfd fd = polled();
    ::poll(&fd, 1, static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(due - now).count()));
  }
  for (const Asked& each : asked_) note_unanswered(each);
  return find_due(upto).empty();
}

}  // namespace firebase_relay::bus
