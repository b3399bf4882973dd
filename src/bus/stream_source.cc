#include "bus/stream_source.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/clock.h"

namespace firebase_relay::bus {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kMeanwhile = "the stream keeps what comes until it is trimmed (MAXLEN)";

// A dead peer is to be noticed within 5 s. A read that waits is answered after one.
constexpr milliseconds kSuspectAfter{4000};
constexpr milliseconds kAttemptMax{3000};  // to connect, and to have looked
constexpr milliseconds kCommitMax{2000};   // at the stop

}  // namespace

StreamSource::StreamSource(const StreamSourceOptions& options, Wiring wiring)
    : options_(options),
      wiring_(std::move(wiring)),
      names_(options.resolver),
      pace_(options.jitter_seed),
      pause_(wiring_.budget, wiring_.events, kMeanwhile, wiring_.takes_more),
      desk_({wiring_.messages, wiring_.emptied, wiring_.budget, wiring_.metrics}, options.last_sequence),
      reader_(options_, wiring_.told, desk_, pause_, wiring_.stream_events),
      committer_({options_.url, options_.tls, options_.resolver, options_.streams, options_.group}, reader_.cursors(),
                 wiring_.stream_events, wiring_.commits),
      last_turn_(std::chrono::steady_clock::now().time_since_epoch().count()) {}

void StreamSource::run(std::stop_token stop) {
  std::stop_callback wake(stop, [this] { wakeup_.signal(); });
  now_ = read_clocks();
  while (!stop.stop_requested()) {
    last_turn_.store(now_.steady.time_since_epoch().count(), std::memory_order_relaxed);
    pause_.end_if_room(now_.steady);
    if (!connection_ && now_.steady >= next_attempt_) connect();
    proceed();
    pause_.count(now_.steady);
    if (!options_.only_watches) committer_.turn(now_.steady, wiring_.safe_upto);
    wait();
    now_ = read_clocks();
  }
  pause_.count(now_.steady);
  connection_.reset();
  wiring_.metrics.redis_connected.Set(0);
  is_subscribed_.store(false, std::memory_order_relaxed);
}

void StreamSource::connect() {
  attempt_since_ = heard_ = now_.steady;
  connection_ =
      std::make_unique<StreamConnection>(options_.url, options_.tls, names_, now_.steady, now_.steady + kAttemptMax,
                                         [this](StreamConnection& made) { reader_.begin(made, now_); });
}

void StreamSource::wait() {
  std::array<pollfd, 3> fds{};
  nfds_t count = 0;
  fds[count++] = {wakeup_.fd(), POLLIN, 0};
  fds[count++] = committer_.polled();
  if (connection_) fds[count++] = {connection_->fd(), connection_->poll_events(), 0};
  const auto left =
      std::chrono::ceil<milliseconds>(std::max(SteadyTime::duration::zero(), next_deadline() - now_.steady));
  if (pause_.ends_now()) return;
  ::poll(fds.data(), count, static_cast<int>(left.count()));
  if (fds[0].revents != 0) wakeup_.clear();
}

SteadyTime StreamSource::next_deadline() const {
  SteadyTime deadline = now_.steady + std::chrono::seconds(10);  // health sees it turn
  if (!options_.only_watches) deadline = std::min(deadline, committer_.deadline());
  if (pause_.is_on()) deadline = std::min(deadline, pause_.due());
  if (!connection_) return std::min(deadline, next_attempt_);
  if (connection_->awaits_answer()) deadline = std::min(deadline, heard_ + kSuspectAfter);
  return std::min(deadline, reader_.deadline(*connection_));
}

void StreamSource::proceed() {
  if (!connection_) return;
  const bool was_awaited = connection_->awaits_answer();
  if (reader_.proceed(*connection_, now_) || !was_awaited) heard_ = now_.steady;
  switch (connection_->state()) {
    case StreamConnection::State::kClosed: return lose(connection_->error());
    case StreamConnection::State::kReady:
      if (!is_subscribed_.load(std::memory_order_relaxed)) adopt();
      if (now_.steady - heard_ >= kSuspectAfter) lose({ErrorCode::kUnavailable, "no answer to XREAD", ""});
      return;
    default: return;
  }
}

/// It has been read up to where it was lost, and goes on there: nothing is missed by that.
void StreamSource::lose(Error why) {  // NOLINT(performance-unnecessary-value-param): see the header
  connection_.reset();
  reader_.connection_lost();
  const bool was_up = is_subscribed_.exchange(false, std::memory_order_relaxed);
  if (was_up) {
    lost_ = heard_;
    pace_.lost(now_.steady);
  }
  const milliseconds wait =
      pace_.next(now_.steady, was_up ? SteadyTime::duration::zero() : now_.steady - attempt_since_);
  next_attempt_ = now_.steady + wait;
  wiring_.events.redis_disconnected(why, wait, now_.steady);
}

void StreamSource::adopt() {
  pace_.subscribed(now_.steady);
  if (std::exchange(was_subscribed_, true)) {
    wiring_.events.redis_reconnected(std::chrono::duration_cast<milliseconds>(now_.steady - lost_), now_.steady,
                                     "reading streams");
  } else {
    wiring_.events.redis_connected(options_.url.masked(), "reading streams");
    if (wiring_.first_subscribed) wiring_.first_subscribed(now_.utc);
  }
  is_subscribed_.store(true, std::memory_order_relaxed);
}

void StreamSource::room_came() {
  if (pause_.ends_now()) wakeup_.signal();
}

bool StreamSource::commit(Sequence upto) { return committer_.finish(upto, read_clocks().steady + kCommitMax); }

std::vector<RememberedPosition> StreamSource::positions() const {
  std::vector<RememberedPosition> positions;
  for (const StreamCursor& cursor : reader_.cursors())
    positions.push_back({cursor.position(), !committer_.may_stand_further(positions.size())});
  return positions;
}

}  // namespace firebase_relay::bus
