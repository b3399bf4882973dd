#include "deliver/disk.h"

#include <algorithm>
#include <utility>

#include "base/invariant.h"

namespace firebase_relay::deliver {
namespace {

constexpr std::uint64_t kSaveBatches = 8;
constexpr std::chrono::seconds kTryAgainAfter{1};
constexpr std::uint64_t kMemoryMax = 64ull << 20;  // of history, while the disk fails

template <typename Item>
void append(std::vector<Item>& to, std::vector<Item>&& more) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

Disk::Disk(State& state, const Restored& restored)
    : state_(state), level_(restored.level), unloaded_(restored.level.batches), sync_(state.options.syncs_for_commit) {
  invariant(state.arrivals.last_batch() >= restored.level.batches,
            "new batches would have the numbers of those on disk");
  if (restored.level.batches > 0 || restored.level.live_rows > 0) set_mode(Mode::kTrouble);
}

void Disk::enter_trouble() { set_mode(Mode::kTrouble); }

void Disk::set_mode(Mode mode) {
  invariant(mode == Mode::kTrouble || (unloaded_ == 0 && !is_saving()), "all is well before the disk is empty");
  mode_ = mode;
  tell_live_values();
}

void Disk::tell_live_values() {
  using enum coalesce::LiveValues::DiskRule;
  state_.live.set_disk_rule(!in_trouble() ? kNothing : is_failing() ? kItsRowIfAny : kItsRow);
}

bool Disk::leave_trouble_if_empty(bool database_answers) {
  const bool deletions_wait = is_syncing();
  if (!in_trouble() || is_forgetting() || deletions_wait || sync_.must_follow() || !database_answers || !is_empty())
    return false;
  if (is_failing() && state_.must_save()) return false;  // else the next overdue batch would come straight back
  invariant(unloaded_ == 0 && state_.live.rows_on_disk() == 0, "all is well, and the disk has something");
  save_.succeed();
  set_mode(Mode::kHealthy);
  if (state_.live.has_sendable() && !state_.save_live_by)
    state_.save_live_by = state_.now.steady + state_.send_within();
  return true;
}

void Disk::form_batches() {
  const std::optional<SteadyTime> since = state_.arrivals.oldest();
  const Sequence first = state_.arrivals.first();
  for (Batch& batch : state_.arrivals.take(state_.options.batch_bytes_max)) {
    const BatchId id = batch.id;
    invariant(since.has_value() && id > loaded_upto_, "a batch is made before one that was loaded");
    state_.store.add(std::move(batch), {*since + state_.send_within(), *since + 2 * state_.half_window()}, first);
    if (unloaded_ > 0) {
      state_.history.hold(id);
    } else {
      state_.history.add(id);
      loaded_upto_ = id;
    }
  }
}

SteadyTime Disk::save_deadline() const {
  if (is_saving() || is_forgetting() || is_syncing()) return SteadyTime::max();
  if (is_failing()) return state_.must_save() ? save_.try_again_at() : SteadyTime::max();
  if (must_save_now_) return state_.now.steady;
  if (in_trouble()) {  // once a flush; sooner when that would be much to keep in memory, and to write at once
    const bool is_much = state_.arrivals.bytes() >= state_.options.batch_bytes_max * kSaveBatches;
    if (is_much) return state_.now.steady;
    return state_.must_save() ? std::max(state_.next_flush, state_.now.steady) : SteadyTime::max();
  }
  SteadyTime deadline = state_.drain_until.value_or(SteadyTime::max());
  if (const auto oldest = state_.arrivals.oldest()) deadline = std::min(deadline, *oldest + state_.send_within());
  if (state_.save_live_by) deadline = std::min(deadline, *state_.save_live_by);
  return std::min({deadline, state_.requests.save_live_by(), state_.store.next_save()});
}

void Disk::proceed() {
  if (save_deadline() <= state_.now.steady && state_.must_save()) {
    const bool is_flush = !in_trouble() || must_save_now_ || is_failing() || state_.flush_is_due();
    enter_trouble();
    save(is_flush);
  }
  keep_within_bounds();
  load();
}

/// Saves everything that only memory has, in one transaction. When much history comes between two flushes, it is saved
/// alone: a live value that is on disk would be sent at once, ahead of the pace that guarantee 7 sets.
void Disk::save(bool is_flush) {
  invariant(in_trouble(), "all is well, and something is saved");
  form_batches();
  Persist persist{state_.store.save(), {}};
  if (is_flush) {
    must_save_now_ = false;
    persist.live = state_.live.save([this](std::uint32_t ticket) { return state_.accounts.kind_of(ticket); });
    state_.next_flush = state_.now.steady + state_.options.flush_interval;
    state_.save_live_by.reset();
  }
  if (!persist.batches.empty() || !persist.live.empty()) start_saving(std::move(persist));
}

void Disk::start_saving(Persist persist) {
  invariant(!is_saving() && !is_forgetting(), "rows are saved and forgotten at the same time");
  invariant(!is_syncing(), "rows are saved while the disk syncs");
  invariant(!persist.batches.empty() || !persist.live.empty(), "nothing is to be saved");
  save_.start();
  state_.act(std::move(persist));
}

void Disk::on(const Persisted& event) {
  invariant(is_saving(), "what nobody saved is on disk");
  const bool ok = event.level.has_value();
  if (ok) {
    save_.succeed();
    shed_.may_try_again();
    sync_.want();
    level_ = *event.level;
  } else {  // nothing of it is on disk: go on in memory, within bounds, and try the disk again
    save_.fail(state_.now.steady + kTryAgainAfter);
  }
  tell_live_values();
  state_.live.saved(ok);
  state_.store.saved(ok);
  if (ok) keep_memory_flat();
}

/// Takes batches out of memory that the disk has and that are not sent soon, the newest first; they are loaded again in
/// their turn. History leaves oldest first, so behind a batch that is on disk only all newer ones have to be, too.
/// Nothing is taken out while a Load is under way: only its answer says which batch is the last that memory has.
void Disk::keep_memory_flat() {
  if (load_.is_running()) return;
  invariant(state_.store.size() > 0 || state_.store.bytes() == 0, "memory has bytes of no batch");
  if (unloaded_ > 0) {
    const std::vector<BatchId> held(state_.history.held().begin(), state_.history.held().end());
    for (const BatchId id : held) drop_from_memory(id);
  }
  // The oldest batch stays, whatever its size, since it is sent next and would have to be loaded again at once.
  while (state_.store.bytes() > state_.memory_kept_max() && state_.store.size() > 1 &&
         drop_from_memory(state_.store.newest())) {
  }
}

bool Disk::drop_from_memory(BatchId id) {
  invariant(!load_.is_running(), "history leaves memory while older history is loaded");
  const bool memory_knows_more = state_.accounts.has_set_aside_in(state_.store.batch(id));
  if (!state_.store.is_on_disk(id) || memory_knows_more || !state_.history.drop_untouched(id)) return false;
  ++unloaded_;
  loaded_upto_ = std::min(loaded_upto_, id - 1);
  return true;
}

/// Loads more when memory has less than half of what keep_memory_flat() leaves there: with the same mark for both, each
/// flush would throw out what the last one has loaded.
void Disk::load() {
  const std::uint64_t wanted = state_.memory_kept_max();
  invariant(wanted > 0, "no history may be loaded");
  const bool has_room = state_.history.waiting_bytes() < wanted / 2;
  if (state_.drain_is_over() || unloaded_ == 0 || !has_room) return;
  if (shed_.is_running() || !load_.may_start(state_.now.steady)) return;
  invariant(unloaded_ > 0, "nothing is to be loaded");
  load_.start();
  state_.act(Load{loaded_upto_, wanted});
}

/// The batches whose rows must be neither loaded nor shed: memory has them, or they are done and their rows about to be
/// deleted. There may be such rows behind `loaded_upto_`, since batches are not always done in order.
std::vector<BatchId> Disk::known() const {
  std::vector<BatchId> known = state_.store.ids();
  known.insert(known.end(), state_.store.forgettable().begin(), state_.store.forgettable().end());
  known.insert(known.end(), forgetting_.batches.begin(), forgetting_.batches.end());
  return known;
}

void Disk::on(Loaded&& event) {
  invariant(load_.is_running(), "what nobody asked for is loaded");
  if (!event.batches) return load_.fail(state_.now.steady + kTryAgainAfter);
  load_.succeed();
  LoadedBatches& loaded = *event.batches;
  level_ = loaded.level;
  const std::vector<BatchId> known = this->known();
  const auto is_known = [&known](BatchId id) { return std::find(known.begin(), known.end(), id) != known.end(); };
  for (const DamagedBatch& damaged : loaded.damaged) {
    if (is_known(damaged.id)) {  // memory has it, and saves it again
      state_.store.lost_row(damaged.id);
      continue;
    }
    --unloaded_;
    state_.accounts.damaged(damaged.messages);
  }
  for (Batch& batch : loaded.batches) {
    const BatchId id = batch.id;
    invariant(id > loaded_upto_, "batches are loaded out of their order");
    loaded_upto_ = id;
    if (is_known(id)) continue;
    --unloaded_;
    state_.store.add_loaded(std::move(batch));
    state_.history.add(id);
  }
  if (loaded.batches.empty()) unloaded_ = 0;
  if (unloaded_ == 0) nothing_is_unloaded();
}

void Disk::nothing_is_unloaded() {
  invariant(unloaded_ == 0, "held history is queued before older history");
  state_.history.queue_held();
  loaded_upto_ = state_.arrivals.last_batch();
}

/// The deletion of the last row is synced, and only then is anything sent past the disk again: else a power cut could
/// bring the row back, with a value that is older than what the database has by then.
void Disk::forget() {
  if (is_saving() || is_syncing() || !forget_.may_start(state_.now.steady)) return;
  append(forgetting_.batches, state_.store.take_forgettable());
  append(forgetting_.live, state_.live.take_forgettable());
  const bool sync = is_empty();
  if (forgetting_.batches.empty() && forgetting_.live.empty() && !(sync_.must_follow() && sync)) return;
  invariant(!is_saving(), "rows are forgotten while others are saved");
  invariant(!is_syncing(), "rows are forgotten while the disk syncs");
  sync_.forgetting(sync);
  forget_.start();
  state_.act(Forget{forgetting_.batches, forgetting_.live, sync});
}

void Disk::on(const Forgotten& event) {
  invariant(is_forgetting(), "what nobody forgot is gone");
  if (!event.level) {
    forget_.fail(state_.now.steady + kTryAgainAfter);
    sync_.forget_failed();
    return;
  }
  forget_.succeed();
  level_ = *event.level;
  const Rows forgotten = std::exchange(forgetting_, {});
  state_.live.forgotten(forgotten.live);
  if (!sync_.must_follow()) all_is_on_disk();
}

SteadyTime Disk::sync_deadline() const {
  return sync_.is_wanted() && !is_syncing() && !is_saving() && !is_forgetting() ? sync_.due() : SteadyTime::max();
}

bool Disk::sync(bool at_once) {
  if (state_.live.awaits_sync()) sync_.want();
  const bool helps = sync_.is_wanted() && !is_syncing() && !sync_.has_failed();
  if (sync_deadline() <= state_.now.steady || (at_once && helps)) {
    invariant(!is_saving() && !is_forgetting(), "the disk syncs while rows are written");
    sync_.start(state_.now.steady);
    state_.act(Sync{});
  }
  return !is_syncing() && (!sync_.is_wanted() || sync_.has_failed());
}

void Disk::on(const Synced& event) {
  invariant(is_syncing(), "a sync has ended that nobody began");
  if (!event.done) return sync_.fail(state_.now.steady);
  sync_.succeed();
  all_is_on_disk();
}

void Disk::all_is_on_disk() {
  sync_.is_done();
  state_.live.synced();
  state_.store.synced();
}

bool Disk::is_empty() const {
  return unloaded_ == 0 && !is_saving() && state_.live.rows_on_disk() == 0 && !state_.store.any_on_disk();
}

/// Sheds at the outbox's limit (guarantee 3). While the disk fails, memory has a limit of its own and is shed instead.
/// What a source can replay is not shed: it reads no more then, and what it has read by then goes beyond the limit.
void Disk::keep_within_bounds() {
  if (state_.options.can_replay) return;
  if (level_.excess_bytes > 0 && unloaded_ > 0 && !load_.is_running() && shed_.may_start(state_.now.steady)) {
    shed_.start();
    state_.act(ShedBytes{loaded_upto_, level_.excess_bytes, known()});
  }
  if (!is_failing() || state_.store.bytes() + state_.arrivals.bytes() <= kMemoryMax) return;
  form_batches();
  invariant(state_.store.bytes() > kMemoryMax, "memory is shed below its bound");
  const std::vector<Slice> slices = state_.history.shed(state_.store.bytes() - kMemoryMax);
  for (const Slice& slice : slices) state_.accounts.shed(state_.store.run_of(slice), slice);
  state_.store.finish(slices);
}

bool Disk::has_room_in_memory() const {
  return !is_failing() || state_.store.bytes() + state_.arrivals.bytes() <= kMemoryMax / 2;
}

/// Live values that wait for a replay are not sent before its end.
bool Disk::sending_makes_room() const {
  return level_.batches > 0 || (level_.live_rows > 0 && !state_.live.is_behind());
}

/// At the limit reading stops for what is sent from there, which makes room and then looks at the disk again. Others
/// count in the excess, too (the list of orders, dead letters, a disk that is nearly full); and while nothing of ours
/// is there, nobody looks whether they still do.
bool Disk::takes_more() const { return has_room_in_memory() && (level_.excess_bytes == 0 || !sending_makes_room()); }

void Disk::on(const WasShed& event) {
  invariant(shed_.is_running(), "what nobody shed is gone");
  if (!event.shed) return shed_.fail(SteadyTime::max());
  state_.accounts.shed(event.shed->messages);
  const std::uint64_t gone = level_.batches - std::min(level_.batches, event.shed->level.batches);
  unloaded_ -= std::min(unloaded_, gone);
  gone == 0 ? shed_.fail(SteadyTime::max()) : shed_.succeed();
  level_ = event.shed->level;
  if (unloaded_ == 0) nothing_is_unloaded();
}

std::string_view Disk::broken_invariant() const {
  if (!in_trouble() && (unloaded_ > 0 || state_.live.rows_on_disk() > 0)) return "all is well, and rows are on disk";
  if (loaded_upto_ > state_.arrivals.last_batch()) return "a batch was loaded that never was made";
  if (unloaded_ >= 1ull << 63) return "the batches that are on disk only are counted below zero";
  return {};
}

}  // namespace firebase_relay::deliver
