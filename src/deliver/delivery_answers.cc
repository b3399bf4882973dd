// What the answers mean for what was sent: acknowledged, again, apart, aside.
#include <algorithm>
#include <utility>

#include "deliver/delivery_impl.h"

namespace firebase_relay {

using deliver::RetryRule;
using deliver::Slice;

namespace {
/// A handshake that fails costs the database, and is billed: only who was not reached, or said nothing, is asked soon.
deliver::Circuit::Pause pause_after(const Answer& answer) {
  using enum Answer::Transport;
  const bool is_spared = answer.transport == kAnswered || answer.transport == kTls;
  return is_spared ? deliver::Circuit::Pause::kLong : deliver::Circuit::Pause::kShort;
}
}  // namespace

void Delivery::Impl::acknowledge(Request& request) {
  circuit_.succeeded();
  pacing_.acknowledged(now_.steady);
  if (live_first_upto_) live_first_upto_ = std::min(*live_first_upto_, now_.steady);
  has_refreshed_ = false;
  if (!request.is_main) concurrency_.acknowledged(now_.steady - request.sent_at);
  live_.acknowledge(request.live, ended_, forget_live_);
  for (const Slice& slice : request.history) accounts_.delivered(history_.run_of(slice), slice, now_);
  finish_history(request.history);
}

void Delivery::Impl::finish_history(const std::vector<Slice>& slices) {
  std::vector<BatchId> finished;
  history_.finish(slices, finished);
  for (const BatchId id : finished) {
    const auto& stored = history_.stored().at(id);
    if (stored.saving) continue;  // released when the disk has answered
    if (stored.on_disk) forget_batches_.push_back(id);
    history_.release(id);
  }
}

void Delivery::Impl::retry(RequestId id, Request& request, const Answer& answer, const RetryRule& rule) {
  HoldReason hold = rule.hold;
  if (rule.verdict == deliver::Verdict::kRefresh && !std::exchange(has_refreshed_, true)) {
    out_->actions.emplace_back(RefreshCredentials{});
    hold = HoldReason::kNone;  // perhaps that helps; only the second time it is a person's turn
  }
  const auto wait = circuit_.failed(now_.steady, request.is_probe, {pause_after(answer), hold, answer.retry_after});
  if (circuit_.hold() == HoldReason::kNone) hold = HoldReason::kNone;  // it went out beside the one that opened it
  concurrency_.slow_down();
  live_first_upto_ = SteadyTime::max();
  give_back(request, rule.may_still_apply);
  enter_trouble();
  must_save_now_ = true;
  const auto result = hold == HoldReason::kNone ? RequestEnded::Result::kFailed : RequestEnded::Result::kHeld;
  report(id, result, rule, answer, wait);
}

/// All of it goes again, as it was grouped.
void Delivery::Impl::give_back(Request& request, bool may_still_apply) {
  std::optional<SteadyTime> lost_until;
  if (may_still_apply) lost_until = now_.steady + options_.request_timeout;
  live_.give_back(request.live, lost_until, ended_);
  if (request.is_suspect && !request.live.empty()) suspect_live(request.live);
  if (request.history.empty()) return;
  if (request.is_suspect) {
    history_.suspect_again(request.history);
  } else {
    history_.put_back(request.history);
  }
}

/// The answer was about the content: the database works. One entry is the culprit; of more, the halves go alone.
void Delivery::Impl::take_apart(RequestId id, Request& request, const Answer& answer, const RetryRule& rule) {
  circuit_.succeeded();
  const auto reason =
      rule.verdict == deliver::Verdict::kSplit ? DeadLetterReason::kTooLargeToSend : DeadLetterReason::kRefused;
  std::uint64_t entries = 0;
  for (const Slice& slice : request.history) entries += slice.size();
  if (request.live.size() == 1 && entries == 0) {
    refuse_live(request.live.front(), reason);
  } else if (!request.live.empty()) {
    live_.set_apart(request.live, ended_);
    const auto middle =
        request.live.begin() + static_cast<std::ptrdiff_t>(entries > 0 ? request.live.size() : request.live.size() / 2);
    suspect_live({middle, request.live.end()});
    suspect_live({request.live.begin(), middle});  // taken first, as it was before
  }
  if (request.live.empty() && entries == 1) {
    refuse_entry(request.history.front(), reason);
  } else if (entries > 0 && request.live.empty()) {
    history_.suspect_halves(request.history);
  } else if (entries > 0) {
    history_.suspect_again(request.history);
  }
  const bool goes_on = request.live.size() + entries > 1;
  report(id, RequestEnded::Result::kRefused, rule, answer,
         goes_on ? std::optional(std::chrono::milliseconds(0)) : std::nullopt);
}

void Delivery::Impl::suspect_live(const std::vector<LiveMap::Sent>& sent) {
  if (sent.empty()) return;
  std::vector<LiveMap::Slot> group;
  group.reserve(sent.size());
  for (const LiveMap::Sent& one : sent) group.push_back(one.slot);
  live_suspects_.push_back(std::move(group));
  // They are sent one group after the other, which may take longer than they have.
  const SteadyTime save_by = window_end(live_.oldest(sent));
  if (!save_live_by_ || save_by < *save_live_by_) save_live_by_ = save_by;
}

/// Too big at this location, or for the front end: narrower locations once and for all, then smaller requests. Never
/// poison while there is anything left to make smaller.
void Delivery::Impl::narrow_or_split(RequestId id, Request& request, const Answer& answer, const RetryRule& rule) {
  if (rule.verdict == deliver::Verdict::kNarrow && request.base.empty()) {
    circuit_.succeeded();
    history_.go_narrow();
    give_back(request, false);
    return report(id, RequestEnded::Result::kRefused, rule, answer, std::chrono::milliseconds(0));
  }
  std::uint64_t parts = request.live.size();
  for (const Slice& slice : request.history) parts += slice.size();
  if (rule.verdict == deliver::Verdict::kNarrow && parts == 1)
    return retry(id, request, answer, deliver::tree_too_big());
  take_apart(id, request, answer, rule);
}

/// A live value that the database does not take, sent alone. Its message becomes one dead letter, whole if we still
/// have it.
void Delivery::Impl::refuse_live(const LiveMap::Sent& sent, DeadLetterReason reason) {
  const std::optional<LiveMap::Refused> refused = live_.refuse(sent, ended_, forget_live_);
  if (!refused) return;
  DeadLetter letter{reason, refused->sequence, now_.utc, refused->path, refused->value};
  if (refused->ticket != LiveMap::kNoTicket) {
    if (accounts_.set_aside_ticket(refused->ticket)) out_->actions.emplace_back(SetAside{std::move(letter)});
    ended_.push_back({refused->ticket, false});
    return;
  }
  std::vector<Slice> outstanding = history_.outstanding();
  for (const auto& [id, request] : requests_)
    outstanding.insert(outstanding.end(), request.history.begin(), request.history.end());
  const std::optional<Slice> entry = history_.find(refused->sequence, outstanding);
  if (!entry || !accounts_.set_aside_before_entry(refused->sequence))
    return;  // its history was taken, or refused: it has ended
  const HistoryRun& run = history_.run_of(*entry);
  letter.channel = run.channels[run.entries[entry->first].channel];
  letter.payload = run.value_of(entry->first);
  letter.arrived_at = run.arrived_at;
  out_->actions.emplace_back(SetAside{std::move(letter)});
}

void Delivery::Impl::refuse_entry(const Slice& slice, DeadLetterReason reason) {
  const HistoryRun& run = history_.run_of(slice);
  const HistoryEntry& entry = run.entries[slice.first];
  const Sequence sequence = run.first_sequence + entry.sequence_offset;
  const bool counts = entry.sequence_offset != HistoryEntry::kUncounted;
  if (counts && accounts_.set_aside_entry(sequence)) {
    const std::string channel = entry.channel < run.channels.size() ? run.channels[entry.channel] : std::string();
    out_->actions.emplace_back(
        SetAside{{reason, sequence, run.arrived_at, channel, std::string(run.value_of(slice.first))}});
  }
  finish_history({slice});
}

void Delivery::Impl::report(RequestId id, RequestEnded::Result result, const RetryRule& rule, const Answer& answer,
                            std::optional<std::chrono::milliseconds> retry_in) {
  out_->reports.emplace_back(RequestEnded{id, result, rule.reason, rule.remedy, rule.hold, answer.detail, retry_in});
}

}  // namespace firebase_relay
