#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "firebase_relay/message.h"

namespace firebase_relay {

/// Why a message was set aside. One table: the names are the label of dead_letters_total{reason}; docs/reasons.md
/// explains each.
enum class DeadLetterReason : std::uint8_t {
  kInvalidJson,      ///< not JSON: syntax, NaN, truncated, empty
  kInvalidUtf8,      ///< bytes that are no UTF-8, or a lone surrogate escape
  kNumberRange,      ///< a number beyond a double's range, such as 1e400
  kTooDeep,          ///< message and place together have more than 32 keys
  kPathTooLong,      ///< a whole path, encoded, is over 768 bytes
  kStringTooLong,    ///< a string over 10 MiB
  kMessageTooLarge,  ///< payload over --message-max-bytes
  kRefused,          ///< the database refused this very message with 400
  kTooLargeToSend,   ///< the database's front end refused this message alone with 413
  kTickersMax,       ///< a ticker beyond --tickers-max, or an unrouted channel beyond as many
  kDamaged,          ///< its batch in the outbox does not match its checksum: kept there, but nothing can read it
};

/// How many reasons there are, and what each is called, in the order of the enumeration.
inline constexpr std::size_t kDeadLetterReasonCount = 11;
inline constexpr std::array<std::string_view, kDeadLetterReasonCount> kDeadLetterReasonNames = {
    "invalid_json",      "invalid_utf8", "number_range",      "too_deep",    "path_too_long", "string_too_long",
    "message_too_large", "refused",      "too_large_to_send", "tickers_max", "damaged"};

/// The reason as metrics, logs and the outbox file show it; static text.
constexpr std::string_view name_of(DeadLetterReason reason) {
  return kDeadLetterReasonNames[static_cast<std::size_t>(reason)];
}

/// True: the payload itself is at fault, and json_fault_text() can say at which byte.
constexpr bool is_json_fault(DeadLetterReason reason) {
  return reason == DeadLetterReason::kInvalidJson || reason == DeadLetterReason::kInvalidUtf8 ||
         reason == DeadLetterReason::kNumberRange;
}

/// A message set aside, with what a person needs to understand and to retry it.
struct DeadLetter {
  DeadLetterReason reason;
  Sequence sequence;  ///< a message becomes one dead letter, however many of its parts were refused
  UtcMillis arrived_at;
  std::string channel;
  std::string payload;      ///< as published; of a message that the database refused, the message without its envelope
  std::uint32_t count = 1;  ///< how often it has been set aside: once more with every retry that failed
  std::string key = {};     ///< its history key, if it had one: a retry writes to the same place
  std::string stream = {};  ///< whose entry it is; empty: it came over pub/sub
  StreamId entry = {};      ///< of the stream
};

}  // namespace firebase_relay
