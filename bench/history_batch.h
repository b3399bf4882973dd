#pragma once

#include "firebase_relay/outbox.h"
#include "samples.h"

namespace relay_bench {

/// What one read at full speed leaves for history: 256 kB of prices, about a thousand, or of orders.
firebase_relay::Batch history_batch(firebase_relay::BatchId id, Shape shape = Shape::kPrice);

}  // namespace relay_bench
