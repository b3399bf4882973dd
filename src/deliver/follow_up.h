#pragma once

#include <chrono>
#include <optional>

#include "deliver/disk.h"
#include "deliver/state.h"
#include "deliver/throttle.h"
#include "deliver/verdicts.h"

namespace firebase_relay::deliver {

/// What an answer means for what was sent: done, once more, apart, or set aside as a dead letter (guarantees 2 and 4).
///
/// Pure; one thread.
class FollowUp {
 public:
  /// All of them must outlive it.
  FollowUp(State& state, Disk& disk, Throttle& throttle) : state_(state), disk_(disk), throttle_(throttle) {}

  /// A request has ended: does what its answer means, by the verdicts. Unknown requests are left alone.
  void take(const Answered& event);

 private:
  /// A request that was answered, and what the verdicts says about it.
  struct Case {
    RequestId id;
    Request request;
    const Answer& answer;
    const AnswerRule& rule;
  };

  void acknowledge(const Case& it);
  void retry(const Case& it, const AnswerRule& rule);
  void narrow_or_split(const Case& it);
  void take_apart(const Case& it);
  void give_back(const Request& request, bool may_still_apply);
  void suspects_are_saved_by(const Request& request);
  void refuse_live(const coalesce::LiveValues::Sent& sent, DeadLetterReason reason);
  void refuse_entry(const Slice& slice, DeadLetterReason reason);
  void report(const Case& it, RequestEnded::Result result, std::optional<std::chrono::milliseconds> retry_in,
              const AnswerRule& rule);

  State& state_;
  Disk& disk_;
  Throttle& throttle_;
};

}  // namespace firebase_relay::deliver
