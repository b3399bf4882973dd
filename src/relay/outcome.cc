#include "relay/outcome.h"

#include <cstddef>

namespace firebase_relay::relay {

Outcome outcome_of(const observe::Metrics& metrics) {
  Outcome outcome;
  outcome.received = static_cast<std::uint64_t>(metrics.received.Value());
  for (std::size_t kind = 0; kind < kKindCount; ++kind)
    outcome.delivered += static_cast<std::uint64_t>(metrics.delivered[static_cast<Kind>(kind)].Value());
  for (std::size_t reason = 0; reason < kDeadLetterReasonCount; ++reason)
    outcome.dead += static_cast<std::uint64_t>(metrics.dead_letters[static_cast<DeadLetterReason>(reason)].Value());
  return outcome;
}

}  // namespace firebase_relay::relay
