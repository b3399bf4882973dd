#include "flush/flusher.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/memory.h"
#include "flush/mean_lag.h"

namespace firebase_relay::flush {
namespace {

void correct_clock(Flusher::Wiring& wiring, std::chrono::seconds skew) {
  const bool is_right = std::chrono::abs(skew) <= kClockSkewMax;
  // A number of its own: nothing is read together with it.
  wiring.clock_ahead_seconds.store(is_right ? 0 : skew.count(), std::memory_order_relaxed);
  wiring.events.clock_compared(skew, std::chrono::steady_clock::now());
}

/// What is in memory outlives nothing, so nobody may rely on its being in the outbox.
DeliveryOptions with_outbox(DeliveryOptions options, const Outbox& outbox) {
  options.syncs_for_commit = options.syncs_for_commit && outbox.is_on_disk();
  return options;
}

}  // namespace

Flusher::Flusher(const FlusherOptions& options, const Restored& restored, Wiring wiring)
    : options_(options),
      wiring_(std::move(wiring)),
      delivery_(with_outbox(options.delivery, wiring_.outbox), restored, options.jitter_seed),
      stored_(restored.stored, read_clocks(), {delivery_, wiring_.outbox, wiring_.metrics, wiring_.events}),
      safe_point_(options.delivery.syncs_for_commit, {delivery_, wiring_.outbox, wiring_.letters, wiring_.events}),
      live_orders_(options.closed_orders_max, restored.orders),
      newest_(restored.last_sequence),
      last_turn_(std::chrono::steady_clock::now()) {
  wiring_.metrics.recovered.Increment(static_cast<double>(delivery_.messages_in_flight()));
  wiring_.sender.on_start([this](const Send& sent) { count_sent(sent); });
  wiring_.remover.ask(delivery_, stored_);
  update_gauges();
}

void Flusher::run() {
  std::vector<PatchSender::Finished> finished;
  handle(TimePassed{});
  while (!is_done()) {
    last_turn_.set(std::chrono::steady_clock::now());
    if (const auto news = wiring_.archive.news()) handle(*news);
    take_blocks();
    hear_of_replay();
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
    if (delivery_.waits_for_arrivals()) waits_for_arrivals_.ask();
    const Sequence newest = newest_;
    SteadyTime blocks_due = take_blocks();
    if (newest_ != newest) blocks_due = SteadyTime::min();  // blocks came: waits_for_arrivals() may say otherwise now
    const SteadyTime letters_due = wiring_.letters ? wiring_.letters->due() : SteadyTime::max();
    if (delivery_.waits_for_archive()) wiring_.archive.wake_on_news();
    wiring_.sender.wait(std::min({delivery_.next_deadline(), wiring_.heartbeat.due(), letters_due, blocks_due,
                                  wiring_.events.report_due(), try_outbox_.at(), wiring_.remover.due(), stored_.due(),
                                  safe_point_.due()}),
                        finished);
    waits_for_arrivals_.take_back();
    if (!finished.empty()) take_blocks();  // the next flush may go after an answer, and is to hold all that has come
    for (PatchSender::Finished& answer : finished) {
      if (wiring_.remover.take(answer, read_clocks())) continue;
      wiring_.metrics.flush_duration_seconds.Observe(std::chrono::duration<double>(answer.took).count());
      if (answer.clock_skew) correct_clock(wiring_, *answer.clock_skew);
      handle(Answered{answer.request, std::move(answer.answer)});
    }
    finished.clear();
    report_backfill();
  }
  if (wiring_.letters) wiring_.letters->store(std::chrono::steady_clock::now(), true);
  safe_point_.find_out(std::chrono::steady_clock::now());
  stored_.save(read_clocks());
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
  if (is_full || waits_for_arrivals_.take()) wiring_.sender.wake();
}

void Flusher::stop() {
  stopping_.store(true, std::memory_order_release);  // pairs with run()
  wiring_.sender.wake();
}

void Flusher::caught_up(Sequence upto) {
  safe_point_.caught_up(upto);
  wiring_.sender.wake();
}

void Flusher::end_now() {
  end_now_.store(true, std::memory_order_relaxed);
  wiring_.sender.wake();
}

void Flusher::hear_of_replay() {
  while (std::optional<Event> news = safe_point_.news(newest_)) handle(std::move(*news));
}

void Flusher::take(std::unique_ptr<FragmentBlock> block, bool more) {
  hear_of_replay();
  for (HistoryRun& run : block->history) repeats_.settle(run);
  // Nothing is handled between this and the block's arrival: of what is to leave with it delivery does not know yet.
  live_orders_.apply(*block);
  account_for(*block);
  const std::uint64_t bytes = block->message_bytes;
  const std::uint32_t messages = block->messages;
  newest_ = std::max(newest_, block->first_sequence + messages - 1);
  const std::optional<ArchivePosition> position = wiring_.archive.take(*block);
  if (!position) return end_now();  // the messages count as left
  handle(Arrived{std::move(*block), more, *position});
  wiring_.budget.release(bytes, messages);  // only now: no message may be missing from messages_in_flight
  wiring_.made_progress();
}

/// Brings blocks from the queue into their order. The relay's own blocks have no number and are handled at once.
void Flusher::collect_blocks() {
  std::uint64_t collected = 0;
  while (std::unique_ptr<FragmentBlock> block = wiring_.fragments.try_pop()) {
    if (block->number == 0) {
      const ArchivePosition position = wiring_.archive.take(*block).value_or(0);
      handle(Arrived{std::move(*block), false, position});
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
  if (const auto& two = block.two_streams)
    wiring_.stream_events.path_has_two_streams(two->path, two->stream, two->other);
  if (!block.console.empty()) wiring_.show(std::move(block.console));
}

void Flusher::beat_if_due() {
  if (wiring_.heartbeat.due() > std::chrono::steady_clock::now() || stop_told_) return;
  beat(RunState::kRunning);
}

void Flusher::beat(RunState run_state) {
  if (!lag_since_beat_.empty()) state_.lag = mean_of(lag_since_beat_);
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
    wiring_.archive.take_and_wait(*block);
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
  LiveOrdersChange change =
      live_orders_.take_changes([this](std::string_view path) { return delivery_.has_unsaved(path); });
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
  wiring_.remover.proceed(read_clocks());
  // There may be nothing to write for hours, and the person who has freed the disk is to see that all is well again.
  if (try_outbox_.is_due(wiring_.events.outbox_flaw().has_value(), now)) wiring_.try_outbox();
  if (wiring_.events.report_due() <= now) wiring_.events.report_kept_back(now);
  stored_.keep_up(read_clocks());
  safe_point_.keep_up(newest_, now);
  constexpr std::size_t kBytesKept = 1 << 20;
  if (give_memory_back_.is_due(true, now)) give_memory_back(kBytesKept);
}

void Flusher::report_backfill() {
  const OutboxLevel& level = delivery_.outbox_level();
  const auto line =
      backfill_.line(level.batches, level.bytes, delivery_.database_reachable(), std::chrono::steady_clock::now());
  if (line) wiring_.events.backfill(*line);
}

std::optional<UtcMillis> Flusher::outbox_oldest() const {
  const std::int64_t ms = outbox_oldest_ms_.load(std::memory_order_relaxed);
  return ms == INT64_MAX ? std::nullopt : std::optional(UtcMillis(std::chrono::milliseconds(ms)));
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
  const std::uint64_t in_flight = delivery_.messages_in_flight();
  const bool are_fewer = in_flight_.exchange(in_flight, std::memory_order_seq_cst) > in_flight;
  next_flush_.set(delivery_.next_flush());
  wiring_.metrics.database_reachable.Set(delivery_.database_reachable() ? 1 : 0);
  const OutboxLevel& level = delivery_.outbox_level();
  const bool takes_more = !options_.delivery.can_replay || delivery_.takes_more();
  const bool turned = takes_more_.exchange(takes_more, std::memory_order_seq_cst) != takes_more;
  if (turned || are_fewer) wiring_.made_progress();  // only now: a source that waits looks at what stands here
  wiring_.metrics.outbox_batches.Set(static_cast<double>(level.batches));
  wiring_.metrics.outbox_bytes.Set(static_cast<double>(level.bytes));
  outbox_oldest_ms_.store(level.oldest ? level.oldest->time_since_epoch().count() : INT64_MAX,
                          std::memory_order_relaxed);
}

}  // namespace firebase_relay::flush
