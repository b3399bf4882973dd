#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "firebase_relay/fragment.h"
#include "firebase_relay/outbox.h"
#include "firebase_relay/time.h"

namespace firebase_relay::outbox {

// A batch as bytes. Integers are little-endian, of as many bits as stands behind the colon.
//
//   body    := id:64 shed_class:8 run_count:32 run*
//   run     := first_sequence:64 arrived_at:64 entry_count:32 channel_count:32 text_size:32 entry* channel* text
//   entry   := offset:32 sequence_offset:32 event_ms:64 path_size:16 channel:16 kind:8
//   channel := size:32 byte*
//   text    := byte*             ready to be sent, HistoryRun::text
//
// arrived_at is in ms since 1970. A run's keys are settled, so it has no seeds. The checksum is kept beside the body.

/// The body of `batch`: a view of `scratch`, which it is written over, and which never gets shorter.
std::string_view encode(const Batch& batch, std::string& scratch);
/// Nothing: this is not what encode() wrote. `now` turns arrival by the calendar into arrival by the steady clock.
std::optional<Batch> decode(std::string_view body, const Now& now);
/// XXH3, 64 bits.
std::uint64_t checksum_of(std::string_view body);

/// What the row of a batch tells without its body.
struct BatchCounts {
  KindCounts messages{};
  Sequence last_sequence = 0;
};
BatchCounts count(const Batch& batch);

}  // namespace firebase_relay::outbox
