#include "deliver/dispatch.h"

#include <algorithm>
#include <utility>

#include "base/invariant.h"

namespace firebase_relay::deliver {

void Dispatch::proceed() {
  if (throttle_.live_first_upto != SteadyTime::max() && !owes_live()) throttle_.live_first_upto.reset();
  // What was sent now would have to be forgotten by the outbox when its answer comes, and the drain would never end.
  if (state_.drain_is_over()) return;
  while (throttle_.circuit.allows(state_.now.steady) && (send_main() || send_history())) {
  }
}

/// The one request at a time that may hold live values; while all is well the newest history goes with them.
bool Dispatch::send_main() {
  if (state_.requests.main_is_out()) return false;
  coalesce::LiveValues& live = state_.live;
  const bool is_narrow = state_.history.is_narrow();
  Request request;
  request.is_main = true;
  if (live.has_suspects()) {
    request.take(live.take_suspects(is_narrow));
    request.is_suspect = true;
    request.save_by = state_.window_end(live.oldest(request.live));
    if (!request.live.empty()) send(std::move(request));
    return true;
  }
  const bool is_well = !disk_.in_trouble();
  if (!live.has_sendable() && !(is_well && state_.unsent_history_bytes() > 0)) return false;
  // In trouble a value may be sent only after a flush has saved it, and that flush has kept the pace already.
  const bool is_flush = is_well || disk_.is_failing();
  if (is_flush && !state_.flush_is_due()) return false;
  if (is_well) disk_.form_batches();
  request.take(live.take(state_.options.batch_bytes_max, is_narrow));
  if (is_well) add_history(request);
  if (request.live.empty() && request.history.empty()) return false;
  request.save_by = state_.window_end(live.oldest(request.live));
  if (is_well) state_.save_live_by.reset();
  if (is_well && live.has_sendable()) {  // the flush goes on when this is answered
    state_.save_live_by = state_.window_end(live.oldest_sendable());
  } else if (is_flush) {
    state_.next_flush = state_.now.steady + state_.options.flush_interval;
  }
  send(std::move(request));
  invariant(state_.requests.main_is_out(), "the main request was sent, and is not under way");
  return true;
}

/// After an outage history waits until the live tree is current: until what waited when the database came back is
/// acknowledged (guarantee 3). What came later does not hold it up.
bool Dispatch::owes_live() const {
  return throttle_.live_first_upto && (state_.requests.main_is_out() || state_.live.has_suspects() ||
                                       state_.live.has_waited_since(*throttle_.live_first_upto));
}

/// Fills what the live values have left of a request with history, as far as the quota lets it go and its location is
/// the same.
void Dispatch::add_history(Request& request) {
  HistoryQueue& history = state_.history;
  const bool other_location = history.is_narrow() && !request.live.empty();
  const std::uint64_t used = request.live_bytes;
  if (other_location || used >= state_.options.batch_bytes_max || !history.has_waiting() || owes_live()) return;
  const std::uint64_t room = history_room(history.next_bytes(), used);
  if (room > 0) request.history = history.take(room, request.base);
  invariant(room == 0 || !request.history.empty(), "history has room, and does not go");
}

std::uint64_t Dispatch::history_room(std::uint64_t entry_bytes, std::uint64_t live_bytes) {
  return throttle_.history_room(entry_bytes, live_bytes, state_.options.batch_bytes_max, state_.now.steady);
}

/// Sends one request of history beside the main one. A group of suspects goes alone. A backlog goes as fast as the
/// database takes it; while all is well only what makes a full request does, and the rest goes with the next flush.
bool Dispatch::send_history() {
  const bool is_well = !disk_.in_trouble();
  const std::uint32_t out_max = is_well ? state_.options.in_flight_max : throttle_.concurrency.limit();
  if (state_.requests.history_out() >= out_max || owes_live()) return false;
  HistoryQueue& history = state_.history;
  Request request;
  if (history.has_suspects()) {
    const std::uint64_t room = history_room(history.next_suspect_bytes(), 0);
    if (room == 0) return false;
    request.history = history.take_suspects(room, request.base);
    request.is_suspect = true;
    invariant(!request.history.empty(), "suspects are sent, and there are none");
  } else {
    const bool is_full = history.waiting_bytes() >= state_.options.batch_bytes_max;
    const bool goes_with_main = is_well && !state_.is_stopping() && !history.is_narrow() && !is_full;
    if (!history.has_waiting() || goes_with_main) return false;
    const std::uint64_t room = history_room(history.next_bytes(), 0);
    if (room == 0) return false;
    request.history = history.take(room, request.base);
  }
  invariant(!request.history.empty(), "history is sent, and there is none");
  send(std::move(request));
  invariant(state_.requests.history_out() <= state_.options.in_flight_max, "more requests are under way than may be");
  return true;
}

void Dispatch::send(Request&& request) {
  request.sent_at = state_.now.steady;
  request.probe = throttle_.circuit.sent();
  auto [id, kept] = state_.requests.add(std::move(request));

  Send action{id, kept.base, {"{"}, 0, static_cast<std::uint32_t>(kept.parts())};
  const std::vector<std::string_view> live = std::exchange(kept.live_parts, {});
  action.parts.insert(action.parts.end(), live.begin(), live.end());
  for (const Slice& slice : kept.history) state_.history.append_parts(slice, action.parts);
  invariant(action.parts.size() > 1 && action.parts.back().ends_with(','), "a request ends in the middle of a value");
  action.parts.back().remove_suffix(1);  // the last comma
  action.parts.emplace_back("}");
  invariant(action.paths > 0, "a request without a value is sent");
  for (const std::string_view part : action.parts) action.bytes += part.size();
  kept.bytes = {kept.live_bytes, action.bytes - std::min(action.bytes, kept.live_bytes)};
  if (kept.history.empty()) kept.bytes = {action.bytes, 0};
  invariant(kept.bytes.live + kept.bytes.history == action.bytes, "a request's bytes are counted wrongly");
  throttle_.quota.sent(kept.bytes, state_.now.steady);
  action.exceeds_quota = kept.bytes.live > 0 && throttle_.quota.is_exceeded_by_live(state_.now.steady);
  state_.store.sent(kept.history, state_.now.steady + state_.half_window());
  state_.act(std::move(action));
}

}  // namespace firebase_relay::deliver
