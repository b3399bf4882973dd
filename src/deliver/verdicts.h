#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "firebase_relay/delivery.h"

namespace firebase_relay::deliver {

/// What an answer means for the request.
enum class Verdict : std::uint8_t {
  kAcknowledged,
  kRetry,    ///< again after a backoff
  kRefresh,  ///< again with a new token, once; then hold
  kHold,     ///< nothing gets through before a person acts: keep everything, probe now and then
  kNarrow,   ///< too big at this location: send to narrower URLs, then split
  kSplit,    ///< too big: send the halves
  kBisect,   ///< something in it is poison: find it
};

/// One row of the retry policy.
struct AnswerRule {
  Answer::Transport transport;
  int status_first;  ///< of an answered request: this status …
  int status_last;   ///< … to this one
  Verdict verdict;
  std::string_view reason;  ///< label of retries_total{reason}; docs/reasons.md explains each
  HoldReason hold;
  bool may_still_apply;     ///< the write may yet be applied, also after its successor (guarantee 1)
  std::string_view remedy;  ///< for the person, where there is something to do: what the log says
};

/// The retry policy: the one place where an answer is judged. First row that fits; the last ones fit everything.
/// Source: firebase.google.com/docs/reference/rest/database (error conditions), and what clients saw of them.
std::span<const AnswerRule> answer_rules();

/// The row for `answer`. A 400 about the size of the write is not the 400 about its content; a 200 that gives back what
/// was sent acknowledges as a 204 does, and no other.
const AnswerRule& judge(const Answer& answer);

/// The row for one value alone, below the narrowest location, that is refused for its size: it is the tree there that
/// is too big, so the value is kept, and a person has to act.
const AnswerRule& tree_too_big();

}  // namespace firebase_relay::deliver
