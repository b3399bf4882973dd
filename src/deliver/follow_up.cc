#include "deliver/follow_up.h"

#include <algorithm>
#include <utility>

#include "base/invariant.h"

namespace firebase_relay::deliver {
namespace {

/// Without a connection none of the body was sent.
bool never_left(const Answer& answer) {
  return answer.transport == Answer::Transport::kConnect || answer.transport == Answer::Transport::kDns ||
         answer.transport == Answer::Transport::kTls;
}

/// A handshake that fails costs the database, and is billed: only who was not reached, or said nothing, is asked soon.
Circuit::Pause pause_after(const Answer& answer) {
  using enum Answer::Transport;
  const bool is_spared = answer.transport == kAnswered || answer.transport == kTls;
  return is_spared ? Circuit::Pause::kLong : Circuit::Pause::kShort;
}

}  // namespace

void FollowUp::take(const Answered& event) {
  std::optional<Request> request = state_.requests.take(event.request);
  if (!request) return;
  invariant(request->sent_at <= state_.now.steady, "an answer comes before its request");
  const AnswerRule& rule = judge(event.answer);
  const Case it{event.request, std::move(*request), event.answer, rule};
  if (never_left(event.answer)) throttle_.quota.not_sent(it.request.bytes, it.request.sent_at, state_.now.steady);
  switch (rule.verdict) {
    case Verdict::kAcknowledged: return acknowledge(it);
    case Verdict::kRetry:
    case Verdict::kRefresh:
    case Verdict::kHold: return retry(it, rule);
    case Verdict::kNarrow:
    case Verdict::kSplit: return narrow_or_split(it);
    case Verdict::kBisect: return take_apart(it);
  }
}

void FollowUp::acknowledge(const Case& it) {
  invariant(it.request.parts() > 0, "an empty request is acknowledged");
  throttle_.circuit.succeeded();
  invariant(throttle_.circuit.is_closed(), "the database answers, and the circuit is open");
  throttle_.quota.acknowledged(state_.now.steady);
  if (throttle_.live_first_upto) throttle_.live_first_upto = std::min(*throttle_.live_first_upto, state_.now.steady);
  throttle_.has_refreshed = false;
  if (!it.request.is_main) throttle_.concurrency.acknowledged(state_.now.steady - it.request.sent_at);
  state_.live.acknowledge(it.request.live);
  for (const Slice& slice : it.request.history)
    state_.accounts.delivered(state_.store.run_of(slice), slice, state_.now);
  state_.store.finish(it.request.history);
  report(it, RequestEnded::Result::kOk, std::nullopt, it.rule);
}

void FollowUp::retry(const Case& it, const AnswerRule& rule) {
  HoldReason hold = rule.hold;
  if (rule.verdict == Verdict::kRefresh && !std::exchange(throttle_.has_refreshed, true)) {
    state_.act(RefreshCredentials{});
    hold = HoldReason::kNone;  // a new token may help; if it does not, the next refusal is for a person
  }
  const auto wait = throttle_.circuit.failed(state_.now.steady, it.request.probe,
                                             {pause_after(it.answer), hold, it.answer.retry_after});
  // Of several requests under way the first that fails decides: if it was no hold, a later one does not make it one.
  if (throttle_.circuit.hold() == HoldReason::kNone) hold = HoldReason::kNone;
  throttle_.concurrency.slow_down();
  throttle_.live_first_upto = SteadyTime::max();
  invariant(!throttle_.circuit.is_closed(), "a request failed, and the circuit is closed");
  give_back(it.request, rule.may_still_apply);
  disk_.enter_trouble();
  disk_.save_at_once();
  report(it, hold == HoldReason::kNone ? RequestEnded::Result::kFailed : RequestEnded::Result::kHeld, wait, rule);
}

/// All that was in the request is sent again, and suspects stay in their group.
void FollowUp::give_back(const Request& request, bool may_still_apply) {
  invariant(!request.is_suspect || request.live.empty() || request.history.empty(),
            "suspects of both kinds are in one request");
  std::optional<SteadyTime> lost_until;
  if (may_still_apply) lost_until = state_.now.steady + state_.options.request_timeout;
  if (request.is_suspect) {
    state_.live.give_back_suspects(request.live, lost_until);
    suspects_are_saved_by(request);
    state_.history.suspect_again(request.history);
  } else {
    state_.live.give_back(request.live, lost_until);
    state_.history.put_back(request.history);
  }
}

/// Groups of suspects are sent one after the other. That may take longer than guarantee 2 gives their values, so they
/// are saved in time like those that no request has taken.
void FollowUp::suspects_are_saved_by(const Request& request) {
  if (request.live.empty()) return;
  invariant(request.is_main, "live suspects come back from a request beside the main one");
  const SteadyTime save_by = state_.window_end(state_.live.oldest(request.live));
  state_.save_live_by = std::min(state_.save_live_by.value_or(SteadyTime::max()), save_by);
}

/// The request was too big, for the location it went to or for the front end. From the first time on requests go to
/// narrower locations; what is still too big is halved. Nothing of it counts as poison while it can be made smaller.
void FollowUp::narrow_or_split(const Case& it) {
  const bool is_too_much_to_write = it.rule.verdict == Verdict::kNarrow;
  if (is_too_much_to_write && it.request.base.empty()) {
    throttle_.circuit.succeeded();
    state_.history.go_narrow();
    give_back(it.request, false);
    return report(it, RequestEnded::Result::kRefused, std::chrono::milliseconds(0), it.rule);
  }
  invariant(it.request.base.empty() || state_.history.is_narrow(), "a request has a location, and nothing is narrow");
  if (is_too_much_to_write && it.request.parts() == 1) return retry(it, tree_too_big());
  take_apart(it);
}

/// The answer was about the content, so the database works. If only one entry or value was sent, it is the culprit; of
/// several each half goes alone, until it is found.
void FollowUp::take_apart(const Case& it) {
  throttle_.circuit.succeeded();
  const auto reason =
      it.rule.verdict == Verdict::kSplit ? DeadLetterReason::kTooLargeToSend : DeadLetterReason::kRefused;
  const std::vector<coalesce::LiveValues::Sent>& live = it.request.live;
  const std::vector<Slice>& history = it.request.history;
  invariant(it.request.parts() > 0, "an empty request is taken apart");
  const bool is_alone = it.request.parts() == 1;
  if (!live.empty() && !history.empty()) {
    state_.live.set_apart(live);
    state_.history.suspect_again(history);
  } else if (!live.empty()) {
    is_alone ? refuse_live(live.front(), reason) : state_.live.halve(live);
  } else {
    is_alone ? refuse_entry(history.front(), reason) : state_.history.halve(history);
  }
  if (!is_alone) suspects_are_saved_by(it.request);
  report(it, RequestEnded::Result::kRefused, is_alone ? std::nullopt : std::optional(std::chrono::milliseconds(0)),
         it.rule);
}

/// A live value that the database does not take, sent alone. Its message becomes one dead letter, whole if we still
/// have it.
void FollowUp::refuse_live(const coalesce::LiveValues::Sent& sent, DeadLetterReason reason) {
  const std::optional<coalesce::LiveValues::Refused> refused = state_.live.refuse(sent);
  if (!refused) return;
  invariant(refused->sequence == sent.sequence, "another value is refused than was sent");
  DeadLetter letter{reason, refused->sequence, state_.now.utc, refused->path, refused->value};
  if (refused->ticket != coalesce::LiveValues::kNoTicket) {
    if (state_.accounts.set_aside_ticket(refused->ticket)) state_.act(SetAside{std::move(letter)});
    state_.live.ended().push_back({refused->ticket, false});
    return;
  }
  std::vector<Slice> outstanding = state_.history.outstanding();
  const std::vector<Slice> under_way = state_.requests.history();
  outstanding.insert(outstanding.end(), under_way.begin(), under_way.end());
  const std::optional<Slice> entry = state_.store.find(refused->sequence, outstanding);
  if (!entry || !state_.accounts.set_aside_before_entry(refused->sequence))
    return;  // the message has ended by its history entry, which the database took or refused
  const HistoryRun& run = state_.store.run_of(*entry);
  invariant(run.entries[entry->first].channel < run.channels.size(), "a message has no channel");
  letter.channel = run.channels[run.entries[entry->first].channel];
  letter.payload = run.value_of(entry->first);
  letter.arrived_at = run.arrived_at;
  letter.key = run.key_of(entry->first);
  state_.act(SetAside{std::move(letter)});
}

void FollowUp::refuse_entry(const Slice& slice, DeadLetterReason reason) {
  const HistoryRun& run = state_.store.run_of(slice);
  invariant(slice.size() == 1, "more than one entry is refused as one");
  const HistoryEntry& entry = run.entries[slice.first];
  const Sequence sequence = run.first_sequence + entry.sequence_offset;
  const bool counts = entry.sequence_offset != HistoryEntry::kUncounted;
  if (counts && state_.accounts.set_aside_entry(sequence)) {
    const std::string channel = entry.channel < run.channels.size() ? run.channels[entry.channel] : std::string();
    DeadLetter letter{reason, sequence, run.arrived_at, channel, std::string(run.value_of(slice.first))};
    letter.key = run.key_of(slice.first);
    state_.act(SetAside{std::move(letter)});
  }
  state_.store.finish({slice});
}

void FollowUp::report(const Case& it, RequestEnded::Result result, std::optional<std::chrono::milliseconds> retry_in,
                      const AnswerRule& rule) {
  invariant(!rule.reason.empty() || result == RequestEnded::Result::kOk, "a request failed for no reason");
  state_.out->reports.emplace_back(
      RequestEnded{it.id, result, rule.reason, rule.remedy, rule.hold, it.answer.detail, retry_in});
}

}  // namespace firebase_relay::deliver
