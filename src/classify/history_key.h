#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "firebase_relay/fragment.h"
#include "firebase_relay/time.h"

namespace firebase_relay::classify {

/// A history key: 20 characters of the push-ID alphabet, so that keys sort by time and never look like numbers.
///     key  = time hash
///     time = 8 characters, ms since 1970, most significant first       (as push IDs have it: firebase-js-sdk
///     NextPushId.ts) hash = 12 characters, 72 bits of XXH3-128(seed, n) seed = XXH3-128(payload, seeded with
///     XXH3-64(channel)) n    = how often this payload came on this channel before, lately (coalesce/repeats.h)
inline constexpr std::size_t kHistoryKeySize = 20;

/// The part of the key that says what it is the key of.
KeySeed key_seed(std::string_view payload, std::uint64_t channel_hash) noexcept;

/// Writes the 8 characters of `time`, which is not before 1970.
void write_key_time(UtcMillis time, char* out) noexcept;
/// Writes the 12 characters of the hash.
void write_key_hash(const KeySeed& seed, std::uint32_t n, char* out) noexcept;

/// May this be a message's own time? Neither before 2000 nor more than a day ahead of its arrival.
bool is_usable_event_time(UtcMillis time, UtcMillis arrived_at) noexcept;

}  // namespace firebase_relay::classify
