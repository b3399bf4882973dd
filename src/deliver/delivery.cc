#include "firebase_relay/delivery.h"

#include <algorithm>
#include <utility>

#include "classify/places.h"
#include "deliver/delivery_impl.h"

namespace firebase_relay {

using deliver::Slice;
using Place = deliver::HistoryQueue::Place;

Delivery::Impl::Impl(const DeliveryOptions& options, const Restored& restored, std::uint64_t jitter_seed)
    : options_(options),
      circuit_(jitter_seed),
      pacing_(options.bytes_per_minute_max),
      concurrency_(options.in_flight_max),
      last_batch_(restored.last_batch),
      level_(restored.level),
      unloaded_(restored.level.batches),
      trouble_(restored.level.batches > 0 || restored.level.live_rows > 0) {
  live_.set_disk_first(trouble_);
  if (!restored.live.empty()) live_first_upto_ = SteadyTime::max();
  for (const std::uint64_t messages : restored.history) accounts_.took_in(messages);
  // Rows of one message without history are one message: their sequence says so.
  std::map<Sequence, std::uint32_t> tickets;
  std::map<Sequence, std::uint32_t> values;
  std::set<std::string_view> orders;  // a row does not say what it is; one that is to be removed is none that lives
  for (const LiveOrder& order : restored.orders) orders.insert(order.path);
  for (const LiveRow& row : restored.live) values[row.sequence] += row.counts ? 1 : 0;
  for (const LiveRow& row : restored.live) {
    std::uint32_t ticket = LiveMap::kNoTicket;
    if (row.counts) {
      const auto [known, is_new] = tickets.try_emplace(row.sequence);
      if (is_new)
        known->second = accounts_.open_ticket(row.kind, values[row.sequence], HistoryEntry::kNoEventTime, SteadyTime{});
      ticket = known->second;
    }
    live_.restore(row, classify::hash_of_path(row.path), ticket, row.value == "null" || orders.contains(row.path));
  }
}

void Delivery::Impl::handle(Event event, const Now& now, Decisions& decisions) {
  now_ = now;
  out_ = &decisions;
  if (!std::exchange(started_, true)) live_.expect_stragglers(now_.steady + options_.request_timeout);
  const auto* arrived = std::get_if<Arrived>(&event);
  const bool more = arrived != nullptr && arrived->more && pending_bytes_ < options_.batch_bytes_max;
  std::visit([this](auto& what) { on(std::move(what)); }, event);
  if (!more) proceed();
  accounts_.end(ended_, now_);
  if (std::optional<Account> account = accounts_.take()) out_->reports.emplace_back(*account);
  check_drained();
  find_deadline();
  if (const std::string_view broken = broken_invariant(); !broken.empty())
    out_->reports.emplace_back(InvariantBroken{broken});
}

void Delivery::Impl::on(Arrived&& event) {
  FragmentBlock& block = event.block;
  std::vector<std::uint32_t> tickets;
  tickets.reserve(block.tickets.size());
  for (const Ticket& ticket : block.tickets) {
    tickets.push_back(ticket.updates == 0
                          ? LiveMap::kNoTicket
                          : accounts_.open_ticket(ticket.kind, ticket.updates, ticket.event_ms, block.arrived));
  }
  // What waited in its queue has spent of its window there; no more than may_wait_until() let it.
  const SteadyTime since = std::clamp(block.arrived, now_.steady - queue_wait_max(), now_.steady);
  std::uint64_t overtaken = block.updates_coalesced;
  for (std::size_t i = 0; i < block.live.size(); ++i) {
    live_.prefetch(block.live, i);
    const LiveUpdate& update = block.live[i];
    const std::uint32_t ticket = update.ticket == LiveUpdate::kNoTicket ? LiveMap::kNoTicket : tickets[update.ticket];
    const LiveMap::Arrival arrival{block.path_of(update), update.path_hash, block.value_of(update),
                                   update.sequence,       ticket,           update.is_order};
    overtaken += live_.merge(arrival, since, ended_) ? 1 : 0;
  }
  accounts_.overtook(overtaken);
  for (std::size_t shed_class = 0; shed_class < kShedClassCount; ++shed_class) {
    HistoryRun& run = block.history[shed_class];
    if (run.entries.empty()) continue;
    accounts_.took_in(
        static_cast<std::uint64_t>(std::count_if(run.entries.begin(), run.entries.end(), [](const HistoryEntry& entry) {
          return entry.sequence_offset != HistoryEntry::kUncounted;
        })));
    pending_bytes_ += run.text.size();
    pending_[shed_class].push_back(std::move(run));
  }
  if (!save_live_by_ && live_.has_unsent()) save_live_by_ = since + send_within();
  if (!pending_since_ && pending_bytes_ > 0) pending_since_ = since;
}

void Delivery::Impl::on(Stop&&) {
  if (stopping_) return;
  stopping_ = true;
  drain_until_ = now_.steady + options_.drain_timeout;
}

namespace {
/// Without a connection none of the body was sent.
bool never_left(const Answer& answer) {
  return answer.transport == Answer::Transport::kConnect || answer.transport == Answer::Transport::kDns ||
         answer.transport == Answer::Transport::kTls;
}
}  // namespace

void Delivery::Impl::on(Answered&& event) {
  const auto found = requests_.find(event.request);
  if (found == requests_.end()) return;
  Request request = std::move(found->second);
  requests_.erase(found);
  if (request.is_main) main_is_out_ = false;
  if (!request.is_main) --history_out_;
  if (never_left(event.answer)) pacing_.not_sent(request.bytes, request.sent_at, now_.steady);
  const deliver::RetryRule& rule = deliver::judge(event.answer);
  switch (rule.verdict) {
    case deliver::Verdict::kAcknowledged:
      acknowledge(request);
      report(event.request, RequestEnded::Result::kOk, rule, event.answer, std::nullopt);
      break;
    case deliver::Verdict::kRetry:
    case deliver::Verdict::kRefresh:
    case deliver::Verdict::kHold: retry(event.request, request, event.answer, rule); break;
    case deliver::Verdict::kNarrow:
    case deliver::Verdict::kSplit: narrow_or_split(event.request, request, event.answer, rule); break;
    case deliver::Verdict::kBisect: take_apart(event.request, request, event.answer, rule); break;
  }
}

/// All that follows from the state and the time, whatever the event was.
void Delivery::Impl::proceed() {
  live_.settle(now_.steady);
  if (!trouble_ && unsent_history_bytes() >= options_.batch_bytes_max) form_batches();
  send_what_may_go();  // before the disk: what can go now need not be saved
  use_the_disk();
  forget();
  leave_trouble_if_empty();
  if (!live_.has_unsent() && live_suspects_.empty()) save_live_by_.reset();
}

/// What was collected becomes batches of one shedding class each, no larger than a request, and queues up.
void Delivery::Impl::form_batches() {
  for (std::size_t shed_class = 0; shed_class < kShedClassCount; ++shed_class) {
    std::vector<HistoryRun> runs;
    std::uint64_t bytes = 0;
    for (HistoryRun& run : std::exchange(pending_[shed_class], {})) {
      if (bytes > 0 && bytes + run.text.size() > options_.batch_bytes_max) {
        add_batch(std::exchange(runs, {}), static_cast<ShedClass>(shed_class));
        bytes = 0;
      }
      bytes += run.text.size();
      runs.push_back(std::move(run));
    }
    if (!runs.empty()) add_batch(std::move(runs), static_cast<ShedClass>(shed_class));
  }
  pending_bytes_ = 0;
  pending_since_.reset();
}

void Delivery::Impl::add_batch(std::vector<HistoryRun> runs, ShedClass shed_class) {
  const bool waits_for_older = unloaded_ > 0;
  const SteadyTime since = *pending_since_;
  history_.add({++last_batch_, shed_class, std::move(runs)}, {since + send_within(), since + 2 * half_window()},
               waits_for_older ? Place::kHeld : Place::kQueued);
  if (!waits_for_older) loaded_upto_ = last_batch_;
}

void Delivery::Impl::send_what_may_go() {
  if (live_first_upto_ != SteadyTime::max() && !owes_live()) live_first_upto_.reset();
  if (drain_is_over()) return;  // what is answered now would have to be forgotten, and the end would not come
  while (circuit_.allows(now_.steady) && (send_main() || send_history())) {
  }
}

/// The one request at a time that may hold live values; while all is well the newest history goes with them.
bool Delivery::Impl::send_main() {
  if (main_is_out_) return false;
  Request request;
  request.is_main = true;
  if (!live_suspects_.empty()) {
    take_live_suspects(request);
    if (!request.live.empty()) send(std::move(request));
    return true;
  }
  const bool has_history = !trouble_ && unsent_history_bytes() > 0;
  if (!live_.has_sendable() && !has_history) return false;
  // In trouble what is sendable has been saved by a flush, which kept the pace.
  const bool is_flush = !trouble_ || save_failed_;
  if (is_flush && !flush_is_due()) return false;
  if (!trouble_) form_batches();
  request.take(live_.take(options_.batch_bytes_max, history_.is_narrow()));
  if (!trouble_) add_history(request);
  if (request.live.empty() && request.history.empty()) return false;
  request.save_by = window_end(live_.oldest(request.live));
  if (!trouble_) save_live_by_.reset();
  if (!trouble_ && live_.has_sendable()) {  // the flush goes on when this is answered
    save_live_by_ = window_end(live_.oldest_sendable());
  } else if (is_flush) {
    next_flush_ = now_.steady + options_.flush_interval;
  }
  send(std::move(request));
  return true;
}

void Delivery::Impl::take_live_suspects(Request& request) {
  const std::vector<LiveMap::Slot> group = std::move(live_suspects_.back());
  live_suspects_.pop_back();
  request.take(live_.take_again(group, history_.is_narrow()));
  request.is_suspect = true;
  request.save_by = window_end(live_.oldest(request.live));
}

/// After an outage history waits until the live tree is current: until what waited when the database came back is
/// acknowledged (guarantee 3). What came later does not hold it up.
bool Delivery::Impl::owes_live() const {
  return live_first_upto_ && (main_is_out_ || !live_suspects_.empty() || live_.has_waited_since(*live_first_upto_));
}

/// History goes along with live values when it fits, may go, and has the same location.
void Delivery::Impl::add_history(Request& request) {
  const bool other_location = history_.is_narrow() && !request.live.empty();
  const std::uint64_t used = request.live_bytes;
  if (other_location || used >= options_.batch_bytes_max || !history_.has_waiting() || owes_live()) return;
  const std::uint64_t room = history_room(history_.next_bytes(), used);
  if (room > 0) request.history = history_.take(room, request.base);
}

/// How many bytes of history, of which the first entry has `entry_bytes`, may go in a request beside `live_bytes`; 0:
/// none now.
std::uint64_t Delivery::Impl::history_room(std::uint64_t entry_bytes, std::uint64_t live_bytes) {
  constexpr std::uint64_t kBrace = 1;  // two of them, for the last comma
  const std::uint64_t left = pacing_.history_room(entry_bytes + kBrace, live_bytes, now_.steady);
  return left == 0 ? 0 : std::min(left - kBrace, options_.batch_bytes_max - live_bytes);
}

/// History beside the main request: suspects alone; a backlog as fast as it may; while all is well only full requests.
bool Delivery::Impl::send_history() {
  if (history_out_ >= (trouble_ ? concurrency_.limit() : options_.in_flight_max) || owes_live()) return false;
  Request request;
  if (history_.has_suspects()) {
    const std::uint64_t room = history_room(history_.next_suspect_bytes(), 0);
    if (room == 0) return false;
    request.history = history_.take_suspects(room, request.base);
    request.is_suspect = true;
  } else {
    const bool is_full = history_.waiting_bytes() >= options_.batch_bytes_max;
    const bool goes_with_main = !trouble_ && !stopping_ && !history_.is_narrow() && !is_full;
    if (!history_.has_waiting() || goes_with_main) return false;
    const std::uint64_t room = history_room(history_.next_bytes(), 0);
    if (room == 0) return false;
    request.history = history_.take(room, request.base);
  }
  send(std::move(request));
  return true;
}

void Delivery::Impl::send(Request&& request) {
  const RequestId id = ++last_request_;
  request.sent_at = now_.steady;
  request.is_probe = circuit_.sent();
  (request.is_main ? main_is_out_ = true : ++history_out_);
  Request& kept = requests_[id] = std::move(request);

  Send action{id, kept.base, {"{"}, 0, static_cast<std::uint32_t>(kept.live.size())};
  const std::vector<std::string_view> live = std::exchange(kept.live_parts, {});
  action.parts.insert(action.parts.end(), live.begin(), live.end());
  for (const Slice& slice : kept.history) {
    history_.append_parts(slice, action.parts);
    action.paths += slice.size();
  }
  action.parts.back().remove_suffix(1);  // the last comma
  action.parts.emplace_back("}");
  for (const std::string_view part : action.parts) action.bytes += part.size();
  kept.bytes = {kept.live_bytes, action.bytes - std::min(action.bytes, kept.live_bytes)};
  if (kept.history.empty()) kept.bytes = {action.bytes, 0};
  pacing_.sent(kept.bytes, now_.steady);
  action.exceeds_quota = kept.bytes.live > 0 && pacing_.is_exceeded_by_live(now_.steady);
  history_.sent(kept.history, now_.steady + half_window());
  out_->actions.emplace_back(std::move(action));
}

bool Delivery::Impl::waits_for_arrivals() const { return trouble_ ? !must_save() : !save_live_by_ && !pending_since_; }

SteadyTime Delivery::Impl::may_wait_until(SteadyTime arrived) const {
  if (trouble_ || stopping_ || unsent_history_bytes() < memory_kept_max()) return SteadyTime::min();
  return arrived + queue_wait_max();
}

void Delivery::Impl::find_deadline() {
  deadline_ = SteadyTime::max();
  // A time that has passed is none: what could be done by now has been done, and waits for an event.
  const auto consider = [this](SteadyTime time) {
    if (time > now_.steady) deadline_ = std::min(deadline_, time);
  };
  consider(live_.next_settling());
  consider(save_deadline());
  consider(circuit_.next_probe());
  consider(load_again_);
  consider(forget_again_);
  consider(drain_until_);
  if (live_.has_sendable() || unsent_history_bytes() > 0 || live_.has_unsaved()) consider(next_flush_);
  const bool has_history = history_.has_waiting() || history_.has_suspects();
  if (options_.bytes_per_minute_max > 0 && has_history) consider(pacing_.next_release(now_.steady));
}

void Delivery::Impl::check_drained() {
  if (!stopping_) return;
  const bool all_done = requests_.empty() && accounts_.in_flight() == 0 && unsent_history_bytes() == 0 &&
                        !history_.has_suspects() && !live_.has_unsent() && live_suspects_.empty() && disk_is_empty();
  const bool all_saved = drain_is_over() && !saving_ && !forgetting_ && (!must_save() || save_failed_);
  drained_ = (all_done || all_saved) && settling_is_saved();
}

/// What was lost may yet be applied when this relay is gone: the next one sends the newest of its paths again. A last
/// Persist, when nothing else is to be done; another one, if something was acknowledged meanwhile.
bool Delivery::Impl::settling_is_saved() {
  if (forgetting_) return false;  // or it would take away what is saved here
  Persist persist;
  for (LiveRow& row : live_.unsettled()) {
    Sequence& saved = settling_saved_[row.path];
    if (std::exchange(saved, row.sequence) != row.sequence) persist.live.push_back(std::move(row));
  }
  if (persist.live.empty()) return true;
  saving_ = true;
  out_->actions.emplace_back(std::move(persist));
  return false;
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
SteadyTime Delivery::may_wait_until(SteadyTime arrived) const { return impl_->may_wait_until(arrived); }
bool Delivery::drained() const { return impl_->drained(); }
std::uint64_t Delivery::messages_in_flight() const { return impl_->messages_in_flight(); }
bool Delivery::database_reachable() const { return impl_->circuit().is_closed(); }
bool Delivery::has_unsaved() const { return impl_->has_unsaved(); }
const OutboxLevel& Delivery::outbox_level() const { return impl_->level(); }
std::string Delivery::flaw() const { return impl_->flaw(); }
HoldReason Delivery::hold() const { return impl_->circuit().hold(); }

}  // namespace firebase_relay
