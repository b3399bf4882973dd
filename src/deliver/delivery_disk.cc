// When the outbox is used: decision 5 of the contract.
#include <algorithm>
#include <utility>

#include "deliver/delivery_impl.h"

namespace firebase_relay {

using deliver::Slice;

namespace {
constexpr std::uint64_t kSaveBatches = 8;
}

/// Guarantee 2: acknowledged or on disk within two flush intervals, and never less than 500 ms. A flush comes in half
/// of it, and half of it may pass before an answer; what waited in its queue besides has less left for that.
std::chrono::milliseconds Delivery::Impl::half_window() const {
  constexpr std::chrono::milliseconds kLeast{250};
  return std::max(options_.flush_interval, kLeast);
}

/// History in memory while a backlog is on disk: enough for the requests that may be under way, and for the next ones.
std::uint64_t Delivery::Impl::memory_kept_max() const {
  return std::min(options_.loaded_bytes_max, options_.batch_bytes_max * (options_.in_flight_max + 1));
}

void Delivery::Impl::enter_trouble() {
  if (std::exchange(trouble_, true)) return;
  live_.set_disk_first(true);
}

/// When something that no disk has must be there.
SteadyTime Delivery::Impl::save_deadline() const {
  if (saving_ || forgetting_) return SteadyTime::max();
  if (save_failed_) return must_save() ? save_again_ : SteadyTime::max();
  if (must_save_now_) return now_.steady;
  if (trouble_) {  // once a flush; sooner when that would be much to keep in memory, and to write at once
    const bool is_much = pending_bytes_ >= options_.batch_bytes_max * kSaveBatches;
    return is_much ? now_.steady : must_save() ? std::max(next_flush_, now_.steady) : SteadyTime::max();
  }
  SteadyTime deadline = drain_until_;
  if (pending_since_) deadline = std::min(deadline, *pending_since_ + send_within());
  if (save_live_by_) deadline = std::min(deadline, *save_live_by_);
  for (const auto& [id, request] : requests_) {
    if (request.is_main && !request.live.empty()) deadline = std::min(deadline, request.save_by);
  }
  return std::min(deadline, history_.next_save());
}

/// Is there anything that only memory has?
bool Delivery::Impl::must_save() const {
  return pending_bytes_ > 0 || live_.has_unsaved() || history_.next_save() != SteadyTime::max();
}

void Delivery::Impl::use_the_disk() {
  const bool due = save_deadline() <= now_.steady;
  if (due && must_save()) {
    const bool is_flush = !trouble_ || must_save_now_ || save_failed_ || flush_is_due();
    enter_trouble();
    save(is_flush);
  }
  keep_within_bounds();
  // Half of what keep_memory_flat() leaves, so that the two do not undo each other's work at every flush.
  const std::uint64_t wanted = memory_kept_max();
  if (drain_is_over()) return;
  if (unloaded_ > 0 && !loading_ && !shedding_ && history_.waiting_bytes() < wanted / 2 && now_.steady >= load_again_) {
    loading_ = true;
    out_->actions.emplace_back(Load{loaded_upto_, wanted});
  }
}

/// Everything that only memory has, in one transaction. Between two flushes only history, when much has come: a live
/// value that is on disk may be sent, and that has its pace.
void Delivery::Impl::save(bool is_flush) {
  form_batches();
  Persist persist;
  for (auto& [id, stored] : history_.stored()) {
    if (stored.on_disk) continue;
    stored.saving = true;
    persist.batches.push_back(&stored.batch);
  }
  if (is_flush) {
    must_save_now_ = false;
    persist.live = live_.unsaved([this](std::uint32_t ticket) { return accounts_.kind_of(ticket); });
    next_flush_ = now_.steady + options_.flush_interval;
    save_live_by_.reset();
  }
  if (persist.batches.empty() && persist.live.empty()) return;
  saving_ = true;
  out_->actions.emplace_back(std::move(persist));
}

void Delivery::Impl::on(Persisted&& event) {
  saving_ = false;
  event.level ? saved(*event.level) : not_saved();
}

void Delivery::Impl::saved(const OutboxLevel& level) {
  save_failed_ = false;
  nothing_to_shed_ = false;
  level_ = level;
  live_.set_disk_failing(false);
  live_.saved(true, forget_live_);
  std::vector<BatchId> done;
  for (auto& [id, stored] : history_.stored()) {
    if (!std::exchange(stored.saving, false)) continue;
    stored.on_disk = true;
    if (stored.left == 0) done.push_back(id);
  }
  for (const BatchId id : done) {
    forget_batches_.push_back(id);
    history_.release(id);
  }
  keep_memory_flat();
}

/// Nothing of it is on disk: go on in memory, within bounds, and try the disk again.
void Delivery::Impl::not_saved() {
  constexpr std::chrono::seconds kTryAgainAfter{1};
  save_failed_ = true;
  save_again_ = now_.steady + kTryAgainAfter;
  live_.set_disk_failing(true);
  live_.saved(false, forget_live_);
  std::vector<BatchId> done;
  for (auto& [id, stored] : history_.stored()) {
    if (std::exchange(stored.saving, false) && stored.left == 0) done.push_back(id);
  }
  for (const BatchId id : done) history_.release(id);
}

/// What is saved and not about to be sent leaves memory, newest first, and is loaded again in its turn. Once one batch
/// is on disk only, so are all newer ones: history leaves oldest first. Not while a Load is under way: what it brings
/// says up to where memory has everything.
void Delivery::Impl::keep_memory_flat() {
  if (loading_) return;
  const auto drop = [this](BatchId id) {
    const deliver::HistoryQueue::Stored& stored = history_.stored().at(id);
    if (!stored.on_disk || accounts_.has_set_aside_in(stored.batch) || !history_.drop_untouched(id)) return false;
    ++unloaded_;
    loaded_upto_ = std::min(loaded_upto_, id - 1);
    return true;
  };
  if (unloaded_ > 0) {
    std::vector<BatchId> held;
    for (const auto& [id, stored] : history_.stored()) {
      if (stored.is_held) held.push_back(id);
    }
    for (const BatchId id : held) drop(id);
  }
  // The oldest stays, whatever its size: it would have to be loaded again at once.
  while (history_.bytes() > memory_kept_max() && history_.stored().size() > 1 &&
         drop(history_.stored().rbegin()->first)) {
  }
}

/// A row may be read that is in memory, or done and about to be forgotten: history is not always done in order.
bool Delivery::Impl::is_known(BatchId id) {
  const auto has = [id](const std::vector<BatchId>& ids) { return std::find(ids.begin(), ids.end(), id) != ids.end(); };
  return history_.stored().contains(id) || has(forget_batches_) || has(forgetting_batches_);
}

void Delivery::Impl::on(Loaded&& event) {
  loading_ = false;
  if (!event.batches) {
    load_again_ = now_.steady + std::chrono::seconds(1);
    return;
  }
  LoadedBatches& loaded = *event.batches;
  level_ = loaded.level;
  for (const DamagedBatch& damaged : loaded.damaged) {
    if (is_known(damaged.id)) {  // memory has it, and saves it again
      const auto found = history_.stored().find(damaged.id);
      if (found != history_.stored().end()) found->second.on_disk = false;
      continue;
    }
    --unloaded_;
    accounts_.damaged(damaged.messages);
  }
  for (Batch& batch : loaded.batches) {
    loaded_upto_ = batch.id;
    if (is_known(batch.id)) continue;
    --unloaded_;
    history_.add(std::move(batch), {SteadyTime::max(), SteadyTime::max()}, deliver::HistoryQueue::Place::kQueued)
        .on_disk = true;
  }
  if (loaded.batches.empty()) unloaded_ = 0;
  if (unloaded_ > 0) return;
  history_.queue_held();
  loaded_upto_ = last_batch_;
}

/// Tells the outbox what it need not keep. The last thing that it forgets is synced, before anything skips the disk: a
/// power cut must not bring it back.
void Delivery::Impl::forget() {
  if (forgetting_ || saving_ || now_.steady < forget_again_) return;
  if (forget_batches_.empty() && forget_live_.empty() && !(must_sync_ && disk_is_empty())) return;
  forgetting_batches_ = std::exchange(forget_batches_, {});
  forgetting_live_ = std::exchange(forget_live_, {});
  const bool sync = disk_is_empty();
  must_sync_ = !sync;
  forgetting_ = true;
  out_->actions.emplace_back(Forget{forgetting_batches_, forgetting_live_, sync});
}

void Delivery::Impl::on(Forgotten&& event) {
  forgetting_ = false;
  if (event.level) {
    level_ = *event.level;
    live_.forgotten(forgetting_live_);
    return;
  }
  constexpr std::chrono::seconds kTryAgainAfter{1};
  forget_again_ = now_.steady + kTryAgainAfter;
  must_sync_ = true;
  forget_batches_.insert(forget_batches_.end(), forgetting_batches_.begin(), forgetting_batches_.end());
  forget_live_.insert(forget_live_.end(), forgetting_live_.begin(), forgetting_live_.end());
}

/// No row is left that anything still needs. (Those being forgotten may be there yet.)
bool Delivery::Impl::disk_is_empty() const {
  return unloaded_ == 0 && !saving_ && live_.rows_on_disk() == 0 && !history_.any_on_disk();
}

void Delivery::Impl::leave_trouble_if_empty() {
  if (!trouble_ || forgetting_ || must_sync_ || !circuit_.is_closed() || !disk_is_empty()) return;
  if (save_failed_ && must_save()) return;  // else the next overdue batch would come straight back
  trouble_ = false;
  save_failed_ = false;
  live_.set_disk_failing(false);
  live_.set_disk_first(false);
  if (live_.has_sendable() && !save_live_by_) save_live_by_ = now_.steady + send_within();
  send_what_may_go();
}

/// At the outbox's limit price history goes first and orders last, oldest first (guarantee 3). While the disk fails,
/// memory is all there is.
void Delivery::Impl::keep_within_bounds() {
  if (level_.excess_bytes > 0 && unloaded_ > 0 && !shedding_ && !loading_ && !nothing_to_shed_) {
    shedding_ = true;
    ShedBytes shed{loaded_upto_, level_.excess_bytes, {}};
    for (const auto& [id, stored] : history_.stored()) shed.kept.push_back(id);
    shed.kept.insert(shed.kept.end(), forget_batches_.begin(), forget_batches_.end());
    shed.kept.insert(shed.kept.end(), forgetting_batches_.begin(), forgetting_batches_.end());
    out_->actions.emplace_back(std::move(shed));
  }
  constexpr std::uint64_t kMemoryMax = 64ull << 20;
  if (!save_failed_ || history_.bytes() + pending_bytes_ <= kMemoryMax) return;
  form_batches();
  const std::vector<Slice> slices = history_.shed(history_.bytes() - kMemoryMax);
  for (const Slice& slice : slices) accounts_.shed(history_.run_of(slice), slice);
  finish_history(slices);
}

void Delivery::Impl::on(WasShed&& event) {
  shedding_ = false;
  nothing_to_shed_ = true;
  if (!event.shed) return;
  accounts_.shed(event.shed->messages);
  const std::uint64_t gone = level_.batches - std::min(level_.batches, event.shed->level.batches);
  unloaded_ -= std::min(unloaded_, gone);
  nothing_to_shed_ = gone == 0;
  level_ = event.shed->level;
  if (unloaded_ > 0) return;
  history_.queue_held();
  loaded_upto_ = last_batch_;
}

}  // namespace firebase_relay
