#include "deliver/verdicts.h"

#include <algorithm>
#include <iterator>

namespace firebase_relay::deliver {
namespace {

using enum Verdict;
using enum Answer::Transport;

constexpr AnswerRule kTooBigToWrite{
    kAnswered,
    400,
    400,
    kNarrow,
    "write_too_big",
    HoldReason::kNone,
    false,
    "the tree at this location is too big for one write; narrower locations are used from now on"};

/// For one value that is too big although it was sent alone, below the narrowest location: nothing smaller can be sent,
/// and the message is not at fault, so delivery is held.
constexpr AnswerRule kTreeTooBig{
    kAnswered,
    400,
    400,
    kHold,
    "write_too_big",
    HoldReason::kTreeTooBig,
    false,
    "the database takes not even one value at this path: too much stands there to be changed at once. Remove what you "
    "can spare in parts (firebase database:remove PATH), the relay then goes on by itself"};

/// A server that ignores print=silent.
constexpr AnswerRule kGivenBack{kAnswered, 200, 200, kAcknowledged, "ok", HoldReason::kNone, false, ""};

constexpr const char* kNoDatabase =
    "the answer is none a database gives; is the database URL right, is there a proxy or a login page in between?";

constexpr AnswerRule kTable[] = {
    {kConnect, 0, 0, kRetry, "connect", HoldReason::kNone, false, "check the network and the database's address"},
    {kDns, 0, 0, kRetry, "dns", HoldReason::kNone, false,
     "check the network, name resolution and the database's address"},
    {kTls, 0, 0, kRetry, "tls", HoldReason::kNone, false, "check the clock and the CA certificates (--ca-file)"},
    {kTimeout, 0, 0, kRetry, "timeout", HoldReason::kNone, true, ""},
    {kReset, 0, 0, kRetry, "reset", HoldReason::kNone, true, ""},
    {kAnswered, 204, 204, kAcknowledged, "ok", HoldReason::kNone, false, ""},
    {kAnswered, 400, 400, kBisect, "refused", HoldReason::kNone, false, ""},
    {kAnswered, 401, 401, kRefresh, "unauthorized", HoldReason::kUnauthorized, false,
     "401: the database does not take our credentials; check that they belong to this project and that the clock is "
     "right"},
    {kAnswered, 402, 402, kHold, "payment", HoldReason::kPayment, false,
     "402: the plan's quota is used up, or its payment failed; see Usage and Billing in the Firebase console. A full "
     "database takes values again when history is removed, there or by 'firebase-relay prune', which tries while this "
     "is held and shows the answer, or on the paid plan; a 'keep' in the routes spares it that. For download wait for "
     "the month"},
    {kAnswered, 403, 403, kRefresh, "forbidden", HoldReason::kForbidden, false,
     "403: these credentials may not write there; give them a role that may (Firebase Realtime Database Admin)"},
    {kAnswered, 404, 404, kHold, "not_found", HoldReason::kNotFound, false,
     "404: no database at this address; compare the database URL with the one the Firebase console shows"},
    {kAnswered, 408, 408, kRetry, "request_timeout", HoldReason::kNone, true, ""},
    {kAnswered, 413, 413, kSplit, "too_large", HoldReason::kNone, false, "lower --batch-max-bytes"},
    {kAnswered, 423, 423, kHold, "locked", HoldReason::kLocked, false,
     "423: the database is disabled or locked; enable it in the Firebase console"},
    {kAnswered, 429, 429, kRetry, "too_many_requests", HoldReason::kNone, false,
     "lower --max-mb-per-minute or --in-flight"},
    {kAnswered, 503, 503, kRetry, "unavailable", HoldReason::kNone, false, ""},  // "the request was not attempted"
    {kAnswered, 500, 599, kRetry, "server_error", HoldReason::kNone, true, ""},
    // No database says so: a queue may have taken it for later, a gateway may have done it and said it badly (and 0 is
    // what is no HTTP).
    {kAnswered, 0, 299, kHold, "unknown_answer", HoldReason::kUnknownAnswer, true, kNoDatabase},
    {kAnswered, 300, 999, kHold, "unknown_answer", HoldReason::kUnknownAnswer, false, kNoDatabase},
};

/// So that retries_total has a series for each from the start. An acknowledged request is not tried again.
constexpr bool has_its_counter(const AnswerRule& rule) {
  return rule.verdict == kAcknowledged || std::ranges::find(kRetryReasonNames, rule.reason) != kRetryReasonNames.end();
}
static_assert(has_its_counter(kTooBigToWrite) && has_its_counter(kTreeTooBig) &&
                  std::ranges::all_of(kTable, has_its_counter),
              "a reason is missing in kRetryReasonNames");

bool fits(const AnswerRule& rule, const Answer& answer) {
  if (rule.transport != answer.transport) return false;
  return answer.transport != kAnswered || (rule.status_first <= answer.status && answer.status <= rule.status_last);
}

}  // namespace

std::span<const AnswerRule> answer_rules() { return kTable; }

const AnswerRule& tree_too_big() { return kTreeTooBig; }

const AnswerRule& judge(const Answer& answer) {
  if (answer.transport == kAnswered && answer.status == 400 && answer.write_too_big) return kTooBigToWrite;
  if (answer.transport == kAnswered && answer.status == 200 && answer.gives_back) return kGivenBack;
  const auto* rule =
      std::find_if(std::begin(kTable), std::end(kTable), [&](const AnswerRule& row) { return fits(row, answer); });
  return rule != std::end(kTable) ? *rule : *std::prev(std::end(kTable));
}

}  // namespace firebase_relay::deliver
