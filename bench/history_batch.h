#pragma once

#include "firebase_relay/outbox.h"

namespace relay_bench {

/// What one read of prices at full speed leaves for history: about a thousand entries, 256 kB.
firebase_relay::Batch history_batch(firebase_relay::BatchId id);

}  // namespace relay_bench
