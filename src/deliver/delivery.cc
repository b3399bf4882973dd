#include "firebase_relay/delivery.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/invariant.h"
#include "deliver/delivery_impl.h"

namespace firebase_relay {

using coalesce::LiveValues;

Delivery::Impl::Impl(const DeliveryOptions& options, const Restored& restored, std::uint64_t jitter_seed)
    : state_(options, restored.last_batch),
      throttle_(options, jitter_seed),
      disk_(state_, restored),
      dispatch_(state_, disk_, throttle_),
      follow_up_(state_, disk_, throttle_) {
  restore(restored);
}

void Delivery::Impl::restore(const Restored& restored) {
  if (state_.options.is_behind) state_.live.wait_until_caught_up();
  if (!restored.live.empty()) throttle_.live_first_upto = SteadyTime::max();
  for (const std::uint64_t messages : restored.history) state_.accounts.took_in(messages);
  // Several rows may be the live values of one message without history: they have its sequence, and share a ticket.
  std::map<Sequence, std::uint32_t> tickets;
  std::map<Sequence, std::uint32_t> values;
  // A row does not say whether it is an order's. The list of live orders does, but for those that are to be removed.
  std::set<std::string_view> orders;
  for (const LiveOrder& order : restored.orders) orders.insert(order.path);
  for (const LiveRow& row : restored.live) values[row.sequence] += row.counts ? 1 : 0;
  for (const LiveRow& row : restored.live) {
    invariant(row.sequence > 0, "a row has no number");
    std::uint32_t ticket = LiveValues::kNoTicket;
    if (row.counts) {
      const auto [known, is_new] = tickets.try_emplace(row.sequence);
      if (is_new)
        known->second =
            state_.accounts.open_ticket(row.kind, values[row.sequence], HistoryEntry::kNoEventTime, SteadyTime{});
      ticket = known->second;
    }
    const bool is_order = row.value == "null" || orders.contains(row.path);
    state_.live.restore(row, hash_of_path(row.path), ticket, is_order);
  }
}

void Delivery::Impl::handle(Event event, const Now& now, Decisions& decisions) {
  invariant(now.steady >= state_.now.steady, "time goes backwards");
  state_.now = now;
  state_.out = &decisions;
  if (!std::exchange(started_, true)) state_.live.expect_stragglers(now.steady + state_.options.request_timeout);
  const auto* arrived = std::get_if<Arrived>(&event);
  const bool more = arrived != nullptr && arrived->more && state_.arrivals.bytes() < state_.options.batch_bytes_max;
  std::visit([this](auto& what) { on(std::move(what)); }, event);
  let_archived_go();
  if (!more) proceed();
  state_.accounts.end(state_.live.ended(), now);
  if (std::optional<Account> account = state_.accounts.take()) decisions.reports.emplace_back(*account);
  invariant(state_.live.ended().empty(), "a ticket ended, and nobody counted it");
  check_drained();
  find_deadline();
  invariant(deadline_ > now.steady, "a deadline has passed when it is set");
  if (const char* broken = take_broken_invariant()) decisions.reports.emplace_back(InvariantBroken{broken});
  if (const std::string_view broken = broken_invariant(); !broken.empty())
    decisions.reports.emplace_back(InvariantBroken{broken});
}

void Delivery::Impl::on(Arrived&& event) {
  FragmentBlock& block = event.block;
  const Sequence first = safety_.came(block);
  const bool is_own = block.messages == 0;
  std::vector<std::uint32_t> tickets;
  tickets.reserve(block.tickets.size());
  for (const Ticket& ticket : block.tickets) {
    tickets.push_back(ticket.updates == 0
                          ? LiveValues::kNoTicket
                          : state_.accounts.open_ticket(ticket.kind, ticket.updates, ticket.event_ms, block.arrived));
  }
  // The time that a block has waited in its queue counts as part of guarantee 2's window, up to what may_wait_until()
  // has allowed: with more of it everything would count as overdue, and go to the disk.
  const SteadyTime now = state_.now.steady;
  const SteadyTime since = std::clamp(block.arrived, now - state_.queue_wait_max(), now);
  invariant(since <= now, "a value has waited since a time to come");
  std::uint64_t overtaken = block.updates_coalesced;
  for (std::size_t i = 0; i < block.live.size(); ++i) {
    state_.live.prefetch(block.live, i);
    const LiveUpdate& update = block.live[i];
    invariant(update.ticket == LiveUpdate::kNoTicket || update.ticket < tickets.size(), "a live value has no message");
    const std::uint32_t ticket =
        update.ticket == LiveUpdate::kNoTicket ? LiveValues::kNoTicket : tickets[update.ticket];
    const LiveValues::Arrival arrival{block.path_of(update),
                                      update.path_hash,
                                      block.value_of(update),
                                      update.sequence,
                                      ticket,
                                      update.is_order,
                                      first,
                                      is_own};
    overtaken += state_.live.merge(arrival, since) ? 1 : 0;
  }
  state_.accounts.overtook(overtaken);
  for (std::size_t shed_class = 0; shed_class < kShedClassCount; ++shed_class) {
    HistoryRun& run = block.history[shed_class];
    if (run.entries.empty()) continue;
    invariant(run.seeds.empty(), "history arrives whose keys are not settled");
    state_.accounts.took_in(
        static_cast<std::uint64_t>(std::count_if(run.entries.begin(), run.entries.end(), [](const HistoryEntry& entry) {
          return entry.sequence_offset != HistoryEntry::kUncounted;
        })));
    take_in({event.archive_position, {}, since, first, static_cast<ShedClass>(shed_class), std::move(run)});
  }
  if (!state_.save_live_by && state_.live.has_unsent()) state_.save_live_by = since + state_.send_within();
}

/// What the archive has not written yet waits for it. The time is counted from the arrival, so that guarantee 2's
/// window holds; what has spent it in the queue gets half of it once more, or a backlog would go past the archive.
void Delivery::Impl::take_in(deliver::ArchiveGate::Held&& history) {
  if (archive_.has(history.position))
    return state_.arrivals.add(history.shed_class, std::move(history.run), history.since, history.first);
  const std::chrono::milliseconds wait = state_.options.archive_wait;
  history.until = std::max(history.since + wait, state_.now.steady + wait / 2);
  invariant(history.until <= state_.now.steady + wait, "history would wait too long for the archive");
  archive_.hold(std::move(history));
}

/// Lets history go that the archive has by now, or that has waited for it long enough. At the end of the drain all of
/// it goes, to the outbox: whatever is in memory alone then would be lost.
void Delivery::Impl::let_archived_go() {
  const SteadyTime now = state_.drain_is_over() ? SteadyTime::max() - std::chrono::seconds(1) : state_.now.steady;
  for (deliver::ArchiveGate::Held& held : archive_.take(now))
    state_.arrivals.add(held.shed_class, std::move(held.run), held.since, held.first);
  invariant(archive_.empty() || !state_.drain_is_over(), "the drain is over, and history waits for the archive");
}

void Delivery::Impl::on(CaughtUp&&) {
  if (!state_.live.is_behind()) return;
  state_.live.caught_up(state_.now.steady);
  if (!state_.save_live_by && state_.live.has_unsent()) state_.save_live_by = state_.now.steady + state_.send_within();
  invariant(!state_.live.is_behind(), "live values wait for a replay that has ended");
}

void Delivery::Impl::on(FellBehind&&) { state_.live.wait_until_caught_up(); }

Sequence Delivery::Impl::safe_upto() {
  return safety_.upto(std::min({state_.live.lowest_owed(state_.requests.live()), archive_.first(),
                                state_.arrivals.first(), state_.store.lowest_unsafe()}));
}

/// Does whatever the state and the time ask for, whichever event has led there.
void Delivery::Impl::proceed() {
  state_.live.settle(state_.now.steady);
  const bool is_much = state_.unsent_history_bytes() >= state_.options.batch_bytes_max;
  if (is_much && !disk_.in_trouble()) disk_.form_batches();
  dispatch_.proceed();  // before the disk: what can go now need not be saved
  disk_.proceed();
  disk_.forget();
  disk_.sync(false);
  if (disk_.leave_trouble_if_empty(throttle_.circuit.is_closed())) dispatch_.proceed();
  invariant(disk_.in_trouble() || !state_.store.any_on_disk(), "all is well, and a batch is on disk");
  if (!state_.live.has_unsent() && !state_.live.has_suspects()) state_.save_live_by.reset();
}

bool Delivery::Impl::waits_for_arrivals() const {
  if (disk_.in_trouble()) return !state_.must_save();
  const bool has_deadline = state_.arrivals.oldest() || (!archive_.empty() && !state_.flush_is_due());
  return !state_.save_live_by && !has_deadline;
}

SteadyTime Delivery::Impl::may_wait_until(SteadyTime arrived) const {
  const bool is_much = state_.unsent_history_bytes() >= state_.memory_kept_max();
  if (disk_.in_trouble() || state_.is_stopping() || !is_much) return SteadyTime::min();
  invariant(state_.queue_wait_max().count() > 0, "nothing may wait at all");
  return arrived + state_.queue_wait_max();
}

bool Delivery::Impl::has_unsaved() const {
  return disk_.is_saving() || state_.arrivals.bytes() > 0 || !archive_.empty() || state_.store.has_unsaved() ||
         state_.live.has_unsaved_message();
}

bool Delivery::Impl::grant(std::uint64_t bytes, SteadyTime now) {
  const bool much_waits =
      state_.unsent_history_bytes() > state_.options.batch_bytes_max || state_.history.has_suspects();
  const bool is_well = !state_.is_stopping() && throttle_.circuit.is_closed() && !disk_.in_trouble() && !much_waits &&
                       !throttle_.live_first_upto;
  if (!is_well || throttle_.quota.history_room(bytes, 0, now) < bytes) return false;
  invariant(!disk_.in_trouble(), "somebody else may write while what waits is on disk");
  throttle_.quota.sent({0, bytes}, now);
  return true;
}

void Delivery::Impl::find_deadline() {
  const SteadyTime now = state_.now.steady;
  deadline_ = SteadyTime::max();
  // A time that has passed is no deadline: proceed() has done what was due then, or it waits for an event.
  const auto consider = [this, now](SteadyTime time) {
    if (time > now) deadline_ = std::min(deadline_, time);
  };
  consider(state_.live.next_settling());
  consider(disk_.save_deadline());
  consider(throttle_.circuit.next_probe());
  consider(disk_.try_to_load_again_at());
  consider(disk_.try_to_forget_again_at());
  consider(disk_.sync_deadline());
  consider(archive_.next_release());
  consider(state_.drain_until.value_or(SteadyTime::max()));
  if (state_.live.has_sendable() || state_.unsent_history_bytes() > 0 || state_.live.has_unsaved() || !archive_.empty())
    consider(state_.next_flush);
  const bool has_history = state_.history.has_waiting() || state_.history.has_suspects();
  if (state_.options.bytes_per_minute_max > 0 && has_history) consider(throttle_.quota.next_release(now));
}

void Delivery::Impl::check_drained() {
  if (!state_.is_stopping()) return;
  // A path that is settled meanwhile takes its row along, and another straggler may come.
  if (disk_.is_forgetting()) settling_saved_.clear();
  // What a replay has left undone is in no request and not saved, and the source will bring it again.
  const bool all_ended = state_.accounts.in_flight() == 0 || state_.live.is_behind();
  const bool all_done = state_.requests.empty() && all_ended && state_.unsent_history_bytes() == 0 &&
                        archive_.empty() && !state_.history.has_suspects() && !state_.live.has_unsent() &&
                        !state_.live.has_suspects() && disk_.is_empty();
  const bool is_saved = !state_.must_save() || disk_.is_failing();
  const bool all_saved = state_.drain_is_over() && !disk_.is_saving() && !disk_.is_forgetting() && is_saved;
  invariant(!(all_done || all_saved) || !disk_.is_saving(), "all is done, and rows are being saved");
  drained_ = (all_done || all_saved) && settling_is_saved() && disk_.sync(true);
}

/// A straggler may still come when this relay is gone, so the next start has to settle its path. For that the newest
/// values of such paths are saved, by a last Persist when nothing else is left to do, and by another one if something
/// was acknowledged meanwhile.
bool Delivery::Impl::settling_is_saved() {
  if (disk_.is_forgetting() || disk_.is_syncing()) return false;  // a Forget would take away what is saved here
  Persist persist;
  for (LiveRow& row : state_.live.unsettled()) {
    invariant(row.sequence > 0, "a path is to be settled that has no value");
    Sequence& saved = settling_saved_[row.path];
    if (std::exchange(saved, row.sequence) != row.sequence) persist.live.push_back(std::move(row));
  }
  if (persist.live.empty()) return true;
  disk_.start_saving(std::move(persist));
  return false;
}

/// What has to hold between any two events: if it does not, something here is wrong, and not the world outside. Costs
/// next to nothing: looked at after every event, in every build.
std::string_view Delivery::Impl::broken_invariant() const {
  const std::string_view broken = state_.requests.broken_invariant();
  return broken.empty() ? disk_.broken_invariant() : broken;
}

std::string_view Delivery::Impl::flaw() const {
  if (const std::string_view broken = broken_invariant(); !broken.empty()) return broken;
  const std::string_view found = state_.live.flaw(state_.requests.live());
  return found.empty() ? state_.history.flaw(state_.requests.history()) : found;
}

Delivery::Delivery(const DeliveryOptions& options, const Restored& restored, std::uint64_t jitter_seed)
    : impl_(std::make_unique<Impl>(options, restored, jitter_seed)) {}
Delivery::~Delivery() = default;
void Delivery::handle(Event event, const Now& now, Decisions& decisions) {
  impl_->handle(std::move(event), now, decisions);
}
SteadyTime Delivery::next_deadline() const { return impl_->next_deadline(); }
SteadyTime Delivery::next_flush() const { return impl_->next_flush(); }
bool Delivery::waits_for_arrivals() const { return impl_->waits_for_arrivals(); }
bool Delivery::waits_for_archive() const { return impl_->waits_for_archive(); }
SteadyTime Delivery::may_wait_until(SteadyTime arrived) const { return impl_->may_wait_until(arrived); }
bool Delivery::drained() const { return impl_->drained(); }
std::uint64_t Delivery::messages_in_flight() const { return impl_->messages_in_flight(); }
bool Delivery::database_reachable() const { return impl_->circuit().is_closed(); }
Sequence Delivery::safe_upto() const { return impl_->safe_upto(); }
bool Delivery::has_unsaved() const { return impl_->has_unsaved(); }
bool Delivery::has_unsaved(std::string_view live_path) const { return impl_->has_unsaved(live_path); }
const OutboxLevel& Delivery::outbox_level() const { return impl_->level(); }
bool Delivery::takes_more() const { return impl_->takes_more(); }
std::uint64_t Delivery::acknowledged_bytes() const { return impl_->acknowledged().bytes(); }
std::size_t Delivery::acknowledged_places() const { return impl_->acknowledged().places(); }
std::vector<PlaceBytes> Delivery::take_acknowledged() { return impl_->acknowledged().take(); }
std::string_view Delivery::flaw() const { return impl_->flaw(); }
bool Delivery::grant(std::uint64_t bytes, SteadyTime now) { return impl_->grant(bytes, now); }
HoldReason Delivery::hold() const { return impl_->circuit().hold(); }

}  // namespace firebase_relay
