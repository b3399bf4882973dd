#include "sim/world.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <utility>

namespace firebase_relay::sim {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kRestartMax{2'000};  ///< from the end of one relay to the start of the next

/// With SIM_TRACE set, what happens is printed: for looking at one seed.
const bool kTrace = std::getenv("SIM_TRACE") != nullptr;

std::string body_of(const Send& send) {
  std::string body;
  for (const std::string_view part : send.parts) body += part;
  return body;
}

std::uint64_t sum(const KindCounts& counts) { return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}); }

}  // namespace

World::World(std::uint64_t seed) : random_(seed) {
  constexpr std::uint64_t kIntervals[] = {0, 50, 250, 1000};
  options_.flush_interval = milliseconds(kIntervals[random_.below(4)]);
  options_.request_timeout = milliseconds(random_.between(1000, 5000));
  options_.drain_timeout = milliseconds(random_.between(0, 5000));
  options_.batch_bytes_max = random_.between(200, 4000);
  options_.in_flight_max = static_cast<std::uint32_t>(random_.between(1, 4));
  if (random_.chance(20)) {  // half of them below a batch, and below what live values take
    options_.bytes_per_minute_max = random_.chance(50) ? random_.between(500, 8'000) : random_.between(20'000, 200'000);
    slowness_ = random_.chance(30) ? 15 : 1;
  }
  quota_.set_limit(options_.bytes_per_minute_max);
  history_ = !random_.chance(15);
  // Each fault in some runs only: a run in which everything fails finds little.
  const auto rate = [this](unsigned most) {
    return random_.chance(40) ? static_cast<unsigned>(random_.between(1, most)) : 0u;
  };
  faults_ = {rate(30), rate(10), rate(15), rate(15), rate(15), rate(30), rate(5), rate(30)};
  poison_percent_ = rate(5);
  crash_percent_ = rate(3);
  power_cut_percent_ = rate(100);
  restart_percent_ = rate(3);
  clock_jump_percent_ = rate(5);
  disk_.failing_percent = rate(20);
  disk_.damaged_percent = random_.chance(10) ? rate(30) : 0;
  disk_.sync_always = random_.chance(30);
  if (random_.chance(15)) disk_.set_bytes_max(random_.between(1000, 20'000));
  disk_.slowest_ms = random_.chance(30) ? 800 : 20;
  database_.size_limit_at_root = random_.chance(10);
  if (random_.chance(10)) database_.body_bytes_max = random_.between(100, 1000);
  if (random_.chance(10)) {
    ledger_.set_orders(60);
    live_bytes_max_ = 12'000;
  }
  if (disk_.failing_percent == 0 && poison_percent_ == 0)
    return_.switch_on(2 * options_.flush_interval + milliseconds(3 * disk_.slowest_ms + 50));
  if (random_.chance(40)) archive_.switch_on(options_.archive_wait);
  if (random_.chance(50)) switch_stream_on();
  start_relay();
}

void World::start_relay() {
  Restored restored = disk_.restored();
  last_sequence_ = restored.last_sequence;
  for (const LiveRow& row : restored.live) {  // the list of live orders, which the flusher saves before them
    if (row.path.find("/orders/") != std::string::npos) restored.orders.push_back({row.path, 0, row.sequence, false});
  }
  quota_.restarted(now_.steady);
  return_.restarted();
  archive_.restarted();
  stream_.restarted(ledger_.messages().size(), last_sequence_);
  handed_over_.clear();
  delivery_ = std::make_unique<Delivery>(options_, std::move(restored), random_.next());
  handle(TimePassed{});
  if (stream_.is_on() && stream_.handed_over(0)) handle(CaughtUp{});
}

void World::run_with_faults(unsigned steps) {
  for (unsigned step = 0; step < steps && violation().empty(); ++step) {
    const std::uint64_t draw = random_.below(100);
    if (draw < 45) publish();
    if (stream_.is_on() && random_.chance(70)) read_stream();
    if (draw >= 45 && draw < 45 + crash_percent_) crash();
    if (draw >= 50 && draw < 50 + restart_percent_) restart();
    if (draw >= 55 && draw < 55 + clock_jump_percent_) now_.utc += clock_jump();
    if (draw == 60) handle(SaveNow{});
    if (draw >= 61 && draw < 61 + begins_again_percent_) lose_place();
    const std::uint64_t step_ms = random_.chance(10) ? random_.between(0, 3000) : random_.between(0, 60);
    pass_time(now_.steady + milliseconds(step_ms * slowness_));
  }
}

milliseconds World::clock_jump() {
  const milliseconds jump(random_.between(0, 7'200'000));
  return random_.chance(50) ? jump : -jump;
}

void World::publish() {
  const auto count = static_cast<std::uint32_t>(random_.chance(10) ? random_.between(1, 60) : random_.between(1, 5));
  if (stream_.is_on()) return ledger_.draw(random_, count, now_, poison_percent_, history_);
  std::vector<FragmentBlock> blocks;
  blocks.push_back(ledger_.publish(random_, count, last_sequence_ + 1, now_, poison_percent_, history_));
  last_sequence_ += count;
  // What is sent again with its live values is numbered as it comes, and may stand behind something newer.
  if (random_.chance(10)) {
    blocks.push_back(ledger_.publish(random_, 2, last_sequence_ + 1, now_, poison_percent_, history_));
    last_sequence_ += 2;
    blocks[0].number = 0;  // it has no place among those of the source
    std::swap(blocks[0], blocks[1]);
  }
  queue_up(std::move(blocks));
}

void World::queue_up(std::vector<FragmentBlock> blocks) {
  // Who is not woken by a block has to come by himself, before half of guarantee 2's window has passed.
  const milliseconds half_window = std::max(options_.flush_interval, milliseconds(250));
  const bool disk_has_failed = disk_.failing_percent > 0 || troubled_until_ > now_.steady;
  const bool disk_is_busy = disk_.next() != SteadyTime::max() || disk_has_failed;
  if (!disk_is_busy && !delivery_->waits_for_arrivals() && delivery_->next_deadline() > now_.steady + half_window)
    unfinished_ = "nobody comes for a block";
  for (FragmentBlock& block : blocks) queue_.push_back(std::move(block));
  hand_over(false);
}

/// The flusher's part: what may wait in its queue does.
void World::hand_over(bool all) {
  while (!queue_.empty()) {
    if (!all && delivery_->may_wait_until(queue_.front().arrived) >= now_.steady) {
      ++marks_[kWaited];
      return;
    }
    FragmentBlock block = std::move(queue_.front());
    queue_.pop_front();
    for (const HistoryRun& run : block.history) taken_in_ += run.entries.size();
    taken_in_ += block.tickets.size();
    const bool more = !queue_.empty() && (all || delivery_->may_wait_until(queue_.front().arrived) < now_.steady);
    const ArchivePosition position = archive_.is_on() ? archive_.took_in(block, now_, random_) : 0;
    if (!stream_.is_behind()) return_.took_in(block, now_.steady);
    note_handed_over(block);
    const bool catches_up = stream_.is_on() && stream_.handed_over(block.messages);
    handle(Arrived{std::move(block), more, position});
    if (catches_up) handle(CaughtUp{});
  }
}

/// The flusher's part: it looks how far the archive has come whenever it is awake, and is woken only where that
/// matters.
void World::tell_of_archive() {
  archive_.proceed(now_.steady);
  marks_[kPassedArchive] = archive_.passed();
  if (const ArchivePosition upto = archive_.untold(); upto > 0) {
    archive_.told();
    handle(Archived{upto});
  }
}

/// Memory is gone; what was on its way to the disk or the database gets there or not. Doubtful are those that came
/// within guarantee 2's window, and one write to the disk. A power cut takes what was not synced besides: with
/// --outbox-sync normal all that was written since the last sync.
void World::crash() {
  const bool power = random_.chance(power_cut_percent_);
  ++marks_[power ? kPowerCut : kCrash];
  if (kTrace) std::printf("---- %s\n", power ? "power cut" : "crash");
  note(1);
  const std::uint64_t in_flight = delivery_->messages_in_flight();
  const std::vector<std::string> done = done_paths();
  SteadyTime lost_since = now_.steady;
  if (power) {
    if (const auto lost = disk_.power_cut(random_)) {
      std::set<std::string> paths = lost->paths;
      // A disk that fails and a power cut are two faults at once: values went past the disk, and it may bring older
      // ones.
      if (disk_.failing_percent > 0) {
        for (const LiveRow& row : disk_.restored().live) paths.insert(row.path);
      }
      if (!stream_.is_on()) database_.forgive(paths);  // what was acknowledged, and is not safe, comes again
      lost_since = std::min(lost_since, lost->since);
    }
  } else {
    disk_.relay_killed(random_);
    expect_done(done);
  }
  const milliseconds window = std::max(2 * options_.flush_interval, milliseconds(500));
  const milliseconds writing(2 * disk_.slowest_ms + 2);
  doubt(disk_.failing_percent > 0 ? SteadyTime{} : lost_since - window - writing);  // a failing disk has nothing
  database_.relay_killed(random_);
  stream_.killed(power);
  delivery_.reset();
  queue_.clear();
  come_back(in_flight);
}

/// SIGTERM: nothing may be lost, and what is not answered in time is on disk.
void World::restart() {
  ++marks_[kRestart];
  if (kTrace) std::printf("---- restart\n");
  hand_over(true);
  archive_.drain_is_over_at(now_.steady + options_.drain_timeout);  // which may be at once
  handle(Stop{});
  const SteadyTime patience = now_.steady + options_.drain_timeout + std::chrono::seconds(10);
  while (!delivery_->drained() && violation().empty() && now_.steady < patience) {
    pass_time(std::min({patience, database_.next(), disk_.next(), archive_due(), delivery_->next_deadline()}));
  }
  if (!delivery_->drained()) unfinished_ = "the drain took longer than its time";
  stream_.store_letters(SteadyTime::max());
  stream_.synced();
  judge_stream();
  stream_.commit();
  const std::uint64_t in_flight = delivery_->messages_in_flight();
  if (disk_.failing_percent > 0) {
    doubt(SteadyTime{});
    database_.relay_killed(random_);
  } else {
    // The next relay does not know what stood before a poisoned value that waits on the disk.
    const SteadyTime applied_by = now_.steady + options_.request_timeout;
    database_.relay_stopped(random_, applied_by, poison_percent_ > 0 ? SteadyTime::max() : applied_by + kRestartMax);
  }
  disk_.relay_killed(random_);
  delivery_.reset();
  come_back(in_flight);
}

void World::doubt(SteadyTime since) {
  if (stream_.is_on()) return;
  for (Published& message : ledger_.messages()) {
    if (message.arrived >= since) message.in_doubt = true;
  }
}

/// What restarts is what the disk had; the rest of what was in flight is lost, or was delivered without an answer.
void World::come_back(std::uint64_t in_flight) {
  now_.steady += milliseconds(random_.between(1, kRestartMax.count()));
  now_.utc += milliseconds(random_.between(1, kRestartMax.count()));
  if (stream_.is_on() && random_.chance(50)) publish();  // nobody reads it yet
  start_relay();
  taken_in_ += delivery_->messages_in_flight();
  taken_in_ -= in_flight;
}

void World::pass_time(SteadyTime until) {
  while (violation().empty()) {
    const SteadyTime queue_due =
        queue_.empty() ? SteadyTime::max() : delivery_->may_wait_until(queue_.front().arrived) + milliseconds(1);
    const SteadyTime next =
        std::min({until, database_.next(), disk_.next(), archive_due(), delivery_->next_deadline(), queue_due});
    if (next > now_.steady) {
      now_.utc += std::chrono::duration_cast<milliseconds>(next - now_.steady);
      now_.steady = next;
    }
    expect_settled();
    expect_no_starving();
    for (SimulatedDatabase::Reply& reply : database_.proceed(now_))
      handle(Answered{reply.request, std::move(reply.answer)});
    for (Event& event : disk_.proceed(now_)) handle(std::move(event));
    tell_of_archive();
    if (delivery_->next_deadline() <= now_.steady) handle(TimePassed{});
    hand_over(false);
    commit_if_due();
    if (now_.steady >= until) return;
  }
}

void World::handle(Event event) {
  note(event.index());
  const auto* persisted = std::get_if<Persisted>(&event);
  const auto* forgotten = std::get_if<Forgotten>(&event);
  const bool persist_failed = persisted != nullptr && !persisted->level;
  marks_[kPersistFailed] += persist_failed ? 1 : 0;
  if (const auto* synced = std::get_if<Synced>(&event)) {
    marks_[kSyncFailed] += synced->done ? 0 : 1;
    if (synced->done) stream_.synced();
  }
  if (persist_failed || (forgotten != nullptr && !forgotten->level))
    troubled_until_ = now_.steady + std::chrono::seconds(1);  // then it is tried again
  if (kTrace) {
    constexpr const char* kNames[] = {"arrived",  "answered",  "persisted",  "forgotten", "loaded",
                                      "was shed", "time",      "save now",   "stop",      "archived",
                                      "synced",   "caught up", "fell behind"};
    std::printf("%lld %s%s", static_cast<long long>(now_.utc.time_since_epoch().count() % 100'000'000),
                kNames[event.index()], persist_failed ? " not" : "");
    if (const auto* answered = std::get_if<Answered>(&event))
      std::printf(" #%llu: %d/%d", static_cast<unsigned long long>(answered->request),
                  static_cast<int>(answered->answer.transport), answered->answer.status);
    if (const auto* arrived = std::get_if<Arrived>(&event)) {
      std::printf(" %s", arrived->block.text.c_str());
      for (const HistoryRun& run : arrived->block.history) std::printf(" | %s", run.text.c_str());
    }
    std::printf("\n");
  }
  if (const auto* answered = std::get_if<Answered>(&event)) {
    quota_.answered(*answered);
    return_.answered(*answered);
  }
  Decisions decisions;
  delivery_->handle(std::move(event), now_, decisions);
  for (const Action& action : decisions.actions) perform(action);
  for (const Report& report : decisions.reports) take_down(report);
  if (flaw_.empty()) flaw_ = delivery_->flaw();
  judge_stream();
}

void World::perform(const Action& action) {
  note(16 + action.index());
  if (const auto* send = std::get_if<Send>(&action)) {
    note(send->bytes);
    if (kTrace)
      std::printf("    send #%llu %s %s\n", static_cast<unsigned long long>(send->request), send->base.c_str(),
                  body_of(*send).c_str());
    if (!send->base.empty()) ++marks_[kNarrow];
    std::vector<SimulatedDatabase::Write> writes = SimulatedDatabase::parse(*send);
    quota_.sent(*send, writes, now_.steady);
    archive_.sent(writes, now_.steady);
    return_.sent(*send, writes, now_.steady);
    database_.receive(*send, std::move(writes), now_, random_, faults_, options_.request_timeout);
  } else if (const auto* persist = std::get_if<Persist>(&action)) {
    ++marks_[kPersisted];
    if (kTrace) {
      std::printf("    persist %zu batches,", persist->batches.size());
      for (const LiveRow& row : persist->live) std::printf(" %s=%s", row.path.c_str(), row.value.c_str());
      std::printf("\n");
    }
    archive_.saved(*persist, now_.steady);
    disk_.submit(*persist, now_, random_);
  } else if (const auto* forget = std::get_if<Forget>(&action)) {
    marks_[kEmptied] += forget->sync ? 1 : 0;
    disk_.submit(*forget, now_, random_);
  } else if (const auto* load = std::get_if<Load>(&action)) {
    ++marks_[kLoaded];
    disk_.submit(*load, now_, random_);
  } else if (const auto* shed = std::get_if<ShedBytes>(&action)) {
    disk_.submit(*shed, now_, random_);
  } else if (const auto* set_aside = std::get_if<SetAside>(&action)) {
    if (stream_.is_on()) stream_.set_aside(set_aside->letter, now_.steady);
    ++marks_[kSetAside];
    ++ended_;
  } else if (std::holds_alternative<RefreshCredentials>(action)) {
    ++marks_[kRefreshed];
  } else if (const auto* sync = std::get_if<Sync>(&action)) {
    if (kTrace) std::printf("    sync\n");
    ++marks_[kSynced];
    disk_.submit(*sync, now_, random_);
  }
}

void World::take_down(const Report& report) {
  note(32 + report.index());
  if (const auto* account = std::get_if<Account>(&report)) {
    if (stream_.is_on() && sum(account->shed) > 0) unfinished_ = "what stands in a stream was shed";
    ended_ += sum(account->delivered) + sum(account->coalesced) + sum(account->shed) + sum(account->damaged);
    for (std::size_t kind = 0; kind < kKindCount; ++kind) shed_[kind] += account->shed[kind] + account->damaged[kind];
    marks_[kShed] += account->shed[static_cast<std::size_t>(Kind::kPrice)];
    marks_[kShedOrders] += account->shed[static_cast<std::size_t>(Kind::kOrder)];
    marks_[kDamaged] += sum(account->damaged);
  } else if (const auto* ended = std::get_if<RequestEnded>(&report)) {
    marks_[kRefused] += ended->result == RequestEnded::Result::kRefused ? 1 : 0;
    marks_[kHeld] += ended->result == RequestEnded::Result::kHeld ? 1 : 0;
  } else if (const auto* broken = std::get_if<InvariantBroken>(&report)) {
    if (flaw_.empty()) flaw_ = broken->what;
  }
}

void World::heal() {
  faults_ = {};
  disk_.failing_percent = 0;
  disk_.damaged_percent = 0;
  database_.body_bytes_max = 1 << 30;
}

std::string World::run_until_quiet(unsigned steps) {
  for (unsigned step = 0; step < steps && violation().empty(); ++step) {
    for (int reads = 0; reads < 5 && stream_.is_on(); ++reads) read_stream();
    const bool is_quiet = stream_is_read() && delivery_->messages_in_flight() == 0 &&
                          delivery_->next_deadline() == SteadyTime::max() && database_.next() == SteadyTime::max() &&
                          disk_.next() == SteadyTime::max();
    if (is_quiet) return {};
    pass_time(now_.steady + std::chrono::seconds(5));
  }
  if (!violation().empty()) return violation();
  return std::to_string(delivery_->messages_in_flight()) + " messages in flight after " + std::to_string(steps) +
         " steps";
}

}  // namespace firebase_relay::sim
