#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "firebase_relay/fragment.h"
#include "firebase_relay/outbox.h"
#include "firebase_relay/time.h"

namespace firebase_relay::outbox {

// A batch as bytes, and as it is stored. Integers are little-endian, of as many bits as stands behind the colon.
//
//   stored  := body | packed
//   packed  := size:32 zero:24 format:8 block     the body as one block of LZ4; `size`: bytes of the body; format: 1
//   body    := id:64 shed_class:8 run_count:32 run*
//   run     := first_sequence:64 arrived_at:64 entry_count:32 channel_count:32 text_size:32 entry* channel* text
//   entry   := offset:32 sequence_offset:32 event_ms:64 path_size:16 channel:16 kind:8
//   channel := size:32 byte*
//   text    := byte*             ready to be sent, HistoryRun::text
//
// The eighth byte of what is stored is its format. Of a body it is the highest byte of an id that counts from 1, so it
// is 0 there: a body that LZ4 makes no smaller is stored as it is, and so are all that version 1 of the tables wrote.
//
// arrived_at is in ms since 1970. A run's keys are settled, so it has no seeds. The checksum is of what is stored and
// kept beside it, so that what LZ4 is given to read is what it has written.

/// A batch as it is stored. A view of what made it.
struct StoredBatch {
  std::string_view bytes;
  std::uint64_t body_bytes = 0;  ///< of the body, whether packed or not: what the batch takes in memory
};

/// Makes of batches what is stored of them, and batches of that again. Keeps its memory from one to the next.
///
/// Threads: one at a time.
class BatchPacker {
 public:
  /// The view is valid until the next call.
  StoredBatch pack(const Batch& batch);
  /// Nothing: pack() did not give this. Allocates for no more than `body_bytes`, whatever stands in `bytes`. `now`
  /// turns arrival by the calendar into arrival by the steady clock.
  std::optional<Batch> unpack(const StoredBatch& stored, const Now& now);
  /// What a message near its limit has made of the memory goes back to the system.
  void give_back();

 private:
  std::string_view packed(std::string_view body);
  std::optional<std::string_view> body_of(const StoredBatch& stored);

  // Scratch, never shorter than it was needed once, as growing again would fill it with zeros.
  std::string body_;
  std::string packed_;
};

/// XXH3, 64 bits, of what is stored.
std::uint64_t checksum_of(std::string_view stored);

/// What the row of a batch tells without its body.
struct BatchCounts {
  KindCounts messages{};
  Sequence last_sequence = 0;
};
BatchCounts count(const Batch& batch);

}  // namespace firebase_relay::outbox
