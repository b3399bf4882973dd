#include "flush/flusher.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "base/clock.h"
#include "base/memory.h"

namespace firebase_relay::flush {

Flusher::Flusher(const FlusherOptions& options, const Restored& restored, Wiring wiring)
    : options_(options),
      wiring_(std::move(wiring)),
      delivery_(options.delivery, restored, options.jitter_seed),
      live_orders_(options.closed_orders_max, restored.orders),
      newest_(restored.last_sequence),
      last_turn_(std::chrono::steady_clock::now()) {
  wiring_.metrics.recovered.Increment(static_cast<double>(delivery_.messages_in_flight()));
  wiring_.sender.on_start([this](const Send& sent) { count_sent(sent); });
  update_gauges();
}

void Flusher::run() {
  std::vector<PatchSender::Finished> finished;
  handle(TimePassed{});
  while (!is_done()) {
    last_turn_.set(std::chrono::steady_clock::now());
    take_blocks();
    beat_if_due();
    store_letters(false);
    do_chores();
    if (stopping_.load(std::memory_order_acquire) && !stop_told_) {  // pairs with stop(): all blocks are in the queue
      begin_to_stop();
      continue;
    }
    if (delivery_.next_deadline() <= std::chrono::steady_clock::now()) {
      handle(TimePassed{});
      continue;
    }
    // Say that the next block matters, then look once more: a block that came in between has not woken us.
    waits_for_arrivals_.store(delivery_.waits_for_arrivals(), std::memory_order_seq_cst);  // pairs with notify()
    const Sequence newest = newest_;
    SteadyTime blocks_due = take_blocks();
    if (newest_ != newest) blocks_due = SteadyTime::min();  // blocks came: waits_for_arrivals() may say otherwise now
    const SteadyTime letters_due = wiring_.letters ? wiring_.letters->due() : SteadyTime::max();
    wiring_.sender.wait(std::min({delivery_.next_deadline(), wiring_.heartbeat.due(), letters_due, blocks_due,
                                  wiring_.events.report_due(), try_outbox_.at()}),
                        finished);
    waits_for_arrivals_.store(false, std::memory_order_relaxed);
    if (!finished.empty()) take_blocks();  // the next flush may go after an answer, and is to hold all that has come
    for (PatchSender::Finished& answer : finished) {
      wiring_.metrics.flush_duration_seconds.Observe(std::chrono::duration<double>(answer.took).count());
      if (answer.clock_skew) correct_clock(*answer.clock_skew);
      handle(Answered{answer.request, std::move(answer.answer)});
    }
    finished.clear();
    report_backfill();
  }
  update_gauges();
  wiring_.events.report_kept_back(SteadyTime::max());
}

/// The workers have finished: takes all blocks that they have left, and begins the drain.
void Flusher::begin_to_stop() {
  collect_blocks();
  while (std::unique_ptr<FragmentBlock> block = order_.next()) take(std::move(block), order_.front() != nullptr);
  store_letters(true);
  stop_told_ = true;
  beat(RunState::kDraining);
  handle(Stop{});
}

/// When all else is acknowledged, the database is told that the relay has stopped, and that has to be acknowledged,
/// too. A database that does not answer is not told.
bool Flusher::is_done() {
  if (end_now_.load(std::memory_order_relaxed)) return true;
  if (!delivery_.drained()) return false;
  if (delivery_.messages_in_flight() > 0 || !delivery_.database_reachable()) return true;
  if (!std::exchange(said_stopped_, true)) beat(RunState::kStopped);
  return delivery_.drained();
}

void Flusher::notify(std::uint64_t bytes) {
  const std::uint64_t queued = queued_bytes_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  const bool is_full =
      queued >= options_.delivery.batch_bytes_max && queued - bytes < options_.delivery.batch_bytes_max;
  if (is_full || waits_for_arrivals_.exchange(false, std::memory_order_seq_cst))
    wiring_.sender.wake();  // pairs with run()
}

void Flusher::stop() {
  stopping_.store(true, std::memory_order_release);  // pairs with run()
  wiring_.sender.wake();
}

void Flusher::end_now() {
  end_now_.store(true, std::memory_order_relaxed);
  wiring_.sender.wake();
}

void Flusher::take(std::unique_ptr<FragmentBlock> block, bool more) {
  for (HistoryRun& run : block->history) repeats_.settle(run);
  live_orders_.apply(*block);
  account_for(*block);
  const std::uint64_t bytes = block->message_bytes;
  const std::uint32_t messages = block->messages;
  newest_ = std::max(newest_, block->first_sequence + messages - 1);
  handle(Arrived{std::move(*block), more});
  wiring_.budget.release(bytes, messages);  // only now: no message may be missing from messages_in_flight
  wiring_.made_progress();
}

/// Brings blocks from the queue into their order. The relay's own blocks have no number and are handled at once.
void Flusher::collect_blocks() {
  std::uint64_t collected = 0;
  while (std::unique_ptr<FragmentBlock> block = wiring_.fragments.try_pop()) {
    if (block->number == 0) {
      handle(Arrived{std::move(*block)});
    } else {
      collected += block->bytes();  // notify() was told of it
      order_.put(std::move(block));
    }
  }
  queued_bytes_.fetch_sub(collected, std::memory_order_relaxed);
}

/// Takes as many blocks as make a full request, and then lets curl have its turn: behind a whole queue of blocks the
/// requests under way would be driven on too late, and count as unanswered. Returns when to take the next ones;
/// SteadyTime::max(): when another block comes.
SteadyTime Flusher::take_blocks() {
  collect_blocks();
  const SteadyTime now = std::chrono::steady_clock::now();
  std::uint64_t taken = 0;
  bool announced = false;
  SteadyTime again = SteadyTime::max();
  while (const FragmentBlock* next = order_.front()) {
    again = taken < options_.delivery.batch_bytes_max ? delivery_.may_wait_until(next->arrived) : now;
    if (again >= now) break;
    taken += next->bytes();
    std::unique_ptr<FragmentBlock> block = order_.next();
    announced = order_.front() != nullptr;
    take(std::move(block), announced);
    again = SteadyTime::max();
  }
  if (announced) handle(TimePassed{});  // the one that was to come right behind does not come yet
  return again;
}

/// Counts and tells what the worker has noted in the block. Only here are blocks in order, so only from here the log
/// and the console are, too.
void Flusher::account_for(FragmentBlock& block) {
  const SteadyTime now = std::chrono::steady_clock::now();
  state_.last_message_at = block.arrived_at;
  observe::Metrics& metrics = wiring_.metrics;
  observe::Metrics::add(metrics.classified, block.classified);
  observe::Metrics::add(metrics.coalesced, block.coalesced);
  if (block.key_fallbacks > 0) metrics.history_key_fallbacks.Increment(static_cast<double>(block.key_fallbacks));
  for (DeadLetter& letter : block.dead_letters) set_aside(std::move(letter));
  for (const std::string& channel : block.unrouted_channels) {
    if (unrouted_channels_.is_new(channel)) wiring_.events.unrouted_channel_first_seen(channel, now);
  }
  if (!block.console.empty()) wiring_.show(std::move(block.console));
}

void Flusher::beat_if_due() {
  if (wiring_.heartbeat.due() > std::chrono::steady_clock::now() || stop_told_) return;
  beat(RunState::kRunning);
}

void Flusher::beat(RunState run_state) {
  std::uint64_t messages = 0;
  for (const std::uint64_t count : lag_since_beat_.counts()) messages += count;
  if (messages > 0)
    state_.lag =
        std::chrono::milliseconds(std::llround(lag_since_beat_.sum_seconds() * 1000 / static_cast<double>(messages)));
  lag_since_beat_ = {};
  handle(Arrived{std::move(*wiring_.heartbeat.beat(state_, read_clocks(), run_state))});
}

void Flusher::set_aside(DeadLetter letter) {
  const SteadyTime now = std::chrono::steady_clock::now();
  if (wiring_.letters) {
    wiring_.letters->add(std::move(letter), now);
  } else {
    wiring_.events.dead_letter(letter, now);
  }
}

void Flusher::store_letters(bool at_once) {
  if (!wiring_.letters) return;
  wiring_.letters->store(std::chrono::steady_clock::now(), at_once);
  while (retry_letters() && at_once) {
  }
}

/// Marked letters go from their table to the outbox, and only then leave it. False: there are none, or not now.
bool Flusher::retry_letters() {
  const SteadyTime now = std::chrono::steady_clock::now();
  std::optional<LetterBox::Retry> retry = wiring_.letters->take_marked(newest_, now);
  if (!retry) return false;
  const std::uint64_t before = delivery_.messages_in_flight();
  for (const std::unique_ptr<FragmentBlock>& block : retry->blocks) {
    live_orders_.apply(*block);
    account_for(*block);
    wiring_.metrics.recovered.Increment();
    handle(Arrived{std::move(*block)});
  }
  saved_ = delivery_.messages_in_flight() <= before;  // then there is nothing that would have to be saved
  handle(SaveNow{});
  wiring_.letters->store(now, true);
  if (saved_) {
    wiring_.letters->sent(*retry, now);
  } else {
    wiring_.letters->not_sent(now);
  }
  return saved_;
}

/// Saves changes to the list of live orders, before the request that tells the database of them: an order that stands
/// in the tree and not in the list would never be removed.
void Flusher::save_orders() {
  const SteadyTime now = std::chrono::steady_clock::now();
  if (!live_orders_.is_to_be_saved(now)) return;
  LiveOrdersChange change = live_orders_.take_changes();
  const Result<void> saved = wiring_.outbox.save_orders(change);
  if (saved) return outbox_written(now);
  live_orders_.not_saved(std::move(change), now);
  wiring_.events.outbox_failed("save live orders", saved.error(), now);
}

/// Tells that the outbox could be written, unless it is in memory: that it can be written says nothing of the disk that
/// is missing.
void Flusher::outbox_written(SteadyTime now) {
  if (wiring_.outbox.is_on_disk()) wiring_.events.outbox_written(now);
}

void Flusher::do_chores() {
  const SteadyTime now = std::chrono::steady_clock::now();
  // There may be nothing to write for hours, and the person who has freed the disk is to see that all is well again.
  if (try_outbox_.is_due(wiring_.events.outbox_flaw().has_value(), now)) wiring_.try_outbox();
  if (wiring_.events.report_due() <= now) wiring_.events.report_kept_back(now);
  constexpr std::size_t kBytesKept = 1 << 20;
  if (give_memory_back_.is_due(true, now)) give_memory_back(kBytesKept);
}

void Flusher::report_backfill() {
  const OutboxLevel& level = delivery_.outbox_level();
  const auto line =
      backfill_.line(level.batches, level.bytes, delivery_.database_reachable(), std::chrono::steady_clock::now());
  if (line) wiring_.events.backfill(*line);
}

void Flusher::correct_clock(std::chrono::seconds skew) {
  const bool is_right = std::chrono::abs(skew) <= kClockSkewMax;
  // A number of its own: nothing is read together with it.
  wiring_.clock_ahead_seconds.store(is_right ? 0 : skew.count(), std::memory_order_relaxed);
  wiring_.events.clock_compared(skew, std::chrono::steady_clock::now());
}

std::optional<UtcMillis> Flusher::outbox_oldest() const {
  const std::int64_t ms = outbox_oldest_ms_.load(std::memory_order_relaxed);
  if (ms == INT64_MAX) return std::nullopt;
  return UtcMillis(std::chrono::milliseconds(ms));
}

/// Actions that are done at once, like those of the outbox, bring the next events; each is handled in its turn.
void Flusher::handle(Event event) {
  process(std::move(event));
  while (!events_.empty()) {
    Event next = std::move(events_.front());
    events_.pop_front();
    process(std::move(next));
  }
  update_gauges();
}

void Flusher::process(Event event) {
  delivery_.handle(std::move(event), read_clocks(), decisions_);
  carry_out(decisions_);
  decisions_.clear();
}

void Flusher::carry_out(const Decisions& decisions) {
  // The list of live orders is saved ahead of what tells the database, or the disk, of a new one: so no order stands in
  // the tree that nobody will ever remove.
  const bool tells_of_orders =
      std::any_of(decisions.actions.begin(), decisions.actions.end(), [](const Action& action) {
        return std::holds_alternative<Send>(action) || std::holds_alternative<Persist>(action);
      });
  if (tells_of_orders) save_orders();
  for (const Action& action : decisions.actions) std::visit([this](const auto& what) { perform(what); }, action);
  for (const Report& report : decisions.reports) std::visit([this](const auto& what) { tell(what); }, report);
}

void Flusher::update_gauges() {
  in_flight_.store(delivery_.messages_in_flight(), std::memory_order_relaxed);
  next_flush_.set(delivery_.next_flush());
  wiring_.metrics.database_reachable.Set(delivery_.database_reachable() ? 1 : 0);
  const OutboxLevel& level = delivery_.outbox_level();
  wiring_.metrics.outbox_batches.Set(static_cast<double>(level.batches));
  wiring_.metrics.outbox_bytes.Set(static_cast<double>(level.bytes));
  outbox_oldest_ms_.store(level.oldest ? level.oldest->time_since_epoch().count() : INT64_MAX,
                          std::memory_order_relaxed);
}

void Flusher::perform(const Send& action) { wiring_.sender.send(action); }

/// Counts a request when it goes out, and not when it is handed to the sender: there it may wait for an access token,
/// and end without having been sent.
void Flusher::count_sent(const Send& sent) {
  wiring_.metrics.patch_bytes.Increment(static_cast<double>(sent.bytes));
  wiring_.metrics.patch_paths.Increment(sent.paths);
  wiring_.metrics.flush_bytes.Observe(static_cast<double>(sent.bytes));
  wiring_.metrics.flush_paths.Observe(sent.paths);
  if (sent.exceeds_quota) wiring_.events.quota_exceeded(std::chrono::steady_clock::now());
}

void Flusher::perform(const Persist& action) {
  Result<OutboxLevel> level = wiring_.outbox.append(action.batches, action.live);
  saved_ = level.has_value();
  const SteadyTime now = std::chrono::steady_clock::now();
  if (level) {
    outbox_written(now);
  } else {
    wiring_.events.outbox_failed("append", level.error(), now);
  }
  events_.emplace_back(Persisted{std::move(level)});
}

void Flusher::perform(const Forget& action) {
  Result<OutboxLevel> level = wiring_.outbox.acknowledge(action.batches, action.live, action.sync);
  if (!level) wiring_.events.outbox_failed("acknowledge", level.error(), std::chrono::steady_clock::now());
  events_.emplace_back(Forgotten{std::move(level)});
}

void Flusher::perform(const Load& action) {
  Result<LoadedBatches> loaded = wiring_.outbox.load(action.after, action.bytes_max);
  if (!loaded) wiring_.events.outbox_not_read("load", loaded.error(), std::chrono::steady_clock::now());
  events_.emplace_back(Loaded{std::move(loaded)});
}

void Flusher::perform(const ShedBytes& action) {
  Result<ShedResult> shed = wiring_.outbox.shed(action.after, action.bytes, action.kept);
  if (!shed) wiring_.events.outbox_failed("shed", shed.error(), std::chrono::steady_clock::now());
  events_.emplace_back(WasShed{std::move(shed)});
}

void Flusher::perform(const SetAside& action) { set_aside(action.letter); }

void Flusher::perform(const RefreshCredentials&) { wiring_.sender.refresh_credentials(); }

void Flusher::tell(const Account& report) {
  observe::Metrics& metrics = wiring_.metrics;
  observe::Metrics::add(metrics.delivered, report.delivered);
  observe::Metrics::add(metrics.coalesced, report.coalesced);
  metrics.updates_coalesced.Increment(static_cast<double>(report.updates_coalesced));
  lag_since_beat_.merge(report.relay_lag);
  observe::Metrics::observe(metrics.relay_lag_seconds, report.relay_lag);
  observe::Metrics::observe(metrics.event_lag_seconds, report.event_lag);
  wiring_.made_progress();
  wiring_.events.batches_damaged(report.damaged, std::chrono::steady_clock::now());
  if (std::any_of(report.shed.begin(), report.shed.end(), [](std::uint64_t count) { return count > 0; })) {
    wiring_.events.history_shed(report.shed, std::chrono::steady_clock::now());
  }
}

void Flusher::tell(const RequestEnded& report) {
  wiring_.events.request_ended(report, std::chrono::steady_clock::now());
  if (report.result == RequestEnded::Result::kHeld) wiring_.events.held(report.hold, report.remedy, report.detail);
  if (report.result == RequestEnded::Result::kOk) {
    wiring_.events.unheld();
    state_.last_flush_at = utc_now();
  }
  wiring_.metrics.set_held(delivery_.hold());
}

/// A release goes on: a restart would not help, and order and history are safe without it. A build that is tested ends.
void Flusher::tell(const InvariantBroken& report) {
  wiring_.events.invariant_broken(report.what, std::chrono::steady_clock::now());
#ifdef RELAY_CHECKED
  std::abort();
#endif
}

}  // namespace firebase_relay::flush
