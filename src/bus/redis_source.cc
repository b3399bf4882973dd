#include "bus/redis_source.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/clock.h"

namespace firebase_relay::bus {
namespace {

using std::chrono::milliseconds;

// A dead peer is to be noticed within 5 s: asked after 2 s of silence, given up 2 s later.
constexpr milliseconds kAskAfter{2000};
constexpr milliseconds kSuspectAfter{4000};
constexpr milliseconds kAttemptMax{3000};  // to connect and subscribe
constexpr std::chrono::seconds kPauseMattersFor{
    60};  // Redis drops a slow reader after client-output-buffer-limit's seconds
// More than a reader that keeps up finds in the socket (at full speed about 25 kB), less than the socket holds.
constexpr std::size_t kBehindBytes = 32 * 1024;

}  // namespace

RedisSource::RedisSource(const RedisSourceOptions& options, Wiring wiring)
    : options_(options),
      wiring_(std::move(wiring)),
      channels_(options.patterns),
      names_(options.resolver),
      pace_(options.jitter_seed),
      pause_(wiring_.budget, wiring_.events, "Redis buffers until its own limit"),
      desk_({wiring_.messages, wiring_.emptied, wiring_.budget, wiring_.metrics}, options.last_sequence),
      last_turn_(std::chrono::steady_clock::now().time_since_epoch().count()) {}

void RedisSource::run(std::stop_token stop) {
  std::stop_callback wake(stop, [this] { wakeup_.signal(); });
  now_ = read_clocks();
  while (!stop.stop_requested()) {
    last_turn_.store(now_.steady.time_since_epoch().count(), std::memory_order_relaxed);
    resume_if_room();
    if (!attempt_ && (!current_ || suspected_) && now_.steady >= next_attempt_) {
      attempt_since_ = now_.steady;
      attempt_ = std::make_unique<Connection>(options_.url, options_.tls, channels_, names_, now_.steady,
                                              attempt_since_ + kAttemptMax);
    }
    wait();
    now_ = read_clocks();
    proceed_with_current();  // first: if it speaks, the attempt to replace it is over
    proceed_with_attempt();
    judge_silence();
    pause_.count(now_.steady);
    pause_.begin_if_full(now_.steady);
  }
  finish_reading();
  wiring_.metrics.redis_connected.Set(0);
  is_subscribed_.store(false, std::memory_order_relaxed);
}

/// What Redis had handed to this subscription by the time of the stop is read yet: Redis answers to PUNSUBSCRIBE behind
/// it.
void RedisSource::finish_reading() {
  constexpr milliseconds kPatience{250};
  if (!current_ || pause_.is_on() || suspected_) return;
  const SteadyTime until = now_.steady + kPatience;
  current_->unsubscribe();
  while (current_->state() == Connection::State::kSubscribed && now_.steady < until) {
    pollfd fd{current_->fd(), current_->poll_events(), 0};
    ::poll(&fd, 1, static_cast<int>(std::chrono::ceil<milliseconds>(until - now_.steady).count()));
    now_ = read_clocks();
    if (!block_) block_ = desk_.fresh();
    if (current_->proceed(*block_, now_.steady)) heard_at_ = now_.utc;
    desk_.hand_over(block_, now_);
  }
}

void RedisSource::wait() {
  std::array<pollfd, 3> fds{};
  nfds_t count = 0;
  fds[count++] = {wakeup_.fd(), POLLIN, 0};
  if (current_ && !pause_.is_on() && !is_resting()) fds[count++] = {current_->fd(), current_->poll_events(), 0};
  if (attempt_ && attempt_->state() != Connection::State::kClosed)
    fds[count++] = {attempt_->fd(), attempt_->poll_events(), 0};
  const SteadyTime deadline = next_deadline();
  const auto left = std::chrono::ceil<milliseconds>(std::max(SteadyTime::duration::zero(), deadline - now_.steady));
  ::poll(fds.data(), count, static_cast<int>(left.count()));
  if (fds[0].revents != 0) wakeup_.clear();
}

SteadyTime RedisSource::next_deadline() const {
  SteadyTime deadline = now_.steady + std::chrono::seconds(10);  // health sees this thread turn
  if (attempt_) {
    const bool is_closed = attempt_->state() == Connection::State::kClosed;
    deadline = std::min(deadline, is_closed ? now_.steady : attempt_->deadline());
  } else if (!current_ || suspected_) {
    deadline = std::min(deadline, next_attempt_);
  }
  if (current_ && !pause_.is_on() && !suspected_)
    deadline = std::min(deadline, heard_ + (asked_ ? kSuspectAfter : kAskAfter));
  if (pause_.is_on()) deadline = std::min(deadline, pause_.due());
  if (current_ && is_resting()) deadline = std::min(deadline, rest_until_);
  return deadline;
}

void RedisSource::proceed_with_current() {
  if (!current_ || pause_.is_on() || is_resting()) return;
  if (!block_) block_ = desk_.fresh();
  if (current_->proceed(*block_, now_.steady)) {
    read_before_ = std::exchange(read_last_, block_->bytes());
    if (wiring_.next_flush)
      rest_until_ = reading_.after_read(now_.steady, block_->size(), block_->bytes(), wiring_.next_flush());
    const SteadyTime heard_before = std::exchange(heard_, now_.steady);
    heard_at_ = now_.utc;
    asked_ = false;
    if (const auto refusal = current_->take_refusal()) note_refusal(*refusal);
    if (std::exchange(suspected_, false)) {  // it was only slow
      attempt_.reset();
      names_.forget();
      wiring_.events.redis_answers_again(std::chrono::duration_cast<milliseconds>(now_.steady - heard_before));
      is_subscribed_.store(true, std::memory_order_relaxed);
    }
  }
  desk_.hand_over(block_, now_);
  if (current_->state() == Connection::State::kClosed) lose(current_->error());
}

void RedisSource::proceed_with_attempt() {
  if (!attempt_) return;
  std::unique_ptr<MessageBlock> block = desk_.fresh();
  attempt_->proceed(*block, now_.steady);
  if (attempt_->state() == Connection::State::kSubscribed) {
    proceed_with_current();  // what Redis sent there before it answered here has come by now
    if (!attempt_) return;   // and so the one before was only slow
    adopt_attempt();
    desk_.hand_over(block, now_);
  } else if (attempt_->state() == Connection::State::kClosed) {
    attempt_failed(attempt_->error());
  }
}

void RedisSource::judge_silence() {
  if (!current_ || pause_.is_on() || suspected_) return;
  const auto silence = now_.steady - heard_;
  if (silence >= kSuspectAfter && asked_) {
    suspected_ = true;
    loss_ = question_ == Connection::Question::kPing ? "no answer to PING" : "no answer to PSUBSCRIBE";
    is_subscribed_.store(false, std::memory_order_relaxed);
    wiring_.events.redis_disconnected({ErrorCode::kUnavailable, loss_, ""}, milliseconds(0), now_.steady);
    pace_.lost(now_.steady);
    next_attempt_ = now_.steady;
  } else if (silence >= kAskAfter && !asked_) {
    asked_ = true;
    current_->ask(question_);
  }
}

/// A refusal is an answer, so the peer lives. But one refusal tells all: it is not asked for in vain every two seconds.
void RedisSource::note_refusal(const Error& refusal) {
  if (refusal.code == ErrorCode::kUnavailable) return wiring_.events.redis_complained(refusal, now_.steady);
  if (question_ == Connection::Question::kSubscription) return;  // said already: it answers, and that will do
  question_ = Connection::Question::kSubscription;
  wiring_.events.redis_ping_refused(refusal);
}

void RedisSource::resume_if_room() {
  if (!pause_.end_if_room(now_.steady)) return;
  paused_until_ = now_.steady;
  heard_ = now_.steady;  // silence counts from here
  asked_ = false;
}

void RedisSource::room_came() {
  if (pause_.ends_now()) wakeup_.signal();
}

void RedisSource::lose(Error why) {
  current_.reset();
  const bool paused_lately = paused_until_ != SteadyTime{} && now_.steady - paused_until_ < kPauseMattersFor;
  const std::size_t waited = std::max(read_last_, read_before_);
  why.what += (paused_lately ? ", after reading had been paused" : "") +
              (waited >= kBehindBytes ? ", when " + std::to_string(waited / 1000) + " kB waited to be read" : "");
  loss_ = why.what;
  is_subscribed_.store(false, std::memory_order_relaxed);
  if (std::exchange(suspected_, false)) return;  // said already, and another try is under way
  pace_.lost(now_.steady);
  wait_before_next_attempt(why, SteadyTime::duration::zero());
}

void RedisSource::attempt_failed(Error why) {  // NOLINT(performance-unnecessary-value-param): see the header
  attempt_.reset();
  wait_before_next_attempt(why, now_.steady - attempt_since_);
}

void RedisSource::wait_before_next_attempt(const Error& why, SteadyTime::duration took) {
  const milliseconds wait = pace_.next(now_.steady, took);
  next_attempt_ = now_.steady + wait;
  wiring_.events.redis_disconnected(why, wait, now_.steady);
}

void RedisSource::adopt_attempt() {
  current_ = std::move(attempt_);
  suspected_ = false;
  asked_ = false;
  rest_until_ = {};
  read_last_ = read_before_ = 0;
  pace_.subscribed(now_.steady);
  if (std::exchange(was_subscribed_, true)) {
    wiring_.events.redis_reconnected(std::chrono::duration_cast<milliseconds>(now_.steady - heard_), now_.steady);
    const Gap gap{heard_at_, now_.utc, loss_};
    wiring_.gap(gap);
  } else {
    wiring_.events.redis_connected(options_.url.masked());
    if (wiring_.first_subscribed) wiring_.first_subscribed(now_.utc);
  }
  heard_ = now_.steady;
  heard_at_ = now_.utc;
  is_subscribed_.store(true, std::memory_order_relaxed);
}

}  // namespace firebase_relay::bus
