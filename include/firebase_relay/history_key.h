#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "firebase_relay/stream_id.h"
#include "firebase_relay/time.h"

namespace firebase_relay {

/// What the hash part of a history key is made from: a message's payload, and its channel or its place in a stream.
struct KeySeed {
  std::uint64_t low;
  std::uint64_t high;
};
/// `origin_hash`: XXH3-64 of the channel's name, or entry_hash().
KeySeed key_seed(std::string_view payload, std::uint64_t origin_hash) noexcept;

/// Of a stream's key, for entry_hash().
std::uint64_t stream_hash(std::string_view key) noexcept;
/// Of one entry: the same whenever it is read, and no other's.
std::uint64_t entry_hash(std::uint64_t stream_hash, const StreamId& id) noexcept;
/// The time that an entry has by its id, as far as history keys and days can tell it: ids may be any number.
UtcMillis time_of(const StreamId& id) noexcept;

/// Characters of a history key, and those of its beginning that are the time.
inline constexpr std::size_t kHistoryKeySize = 20;
inline constexpr std::size_t kHistoryKeyTimeSize = 8;
/// The alphabet of push IDs: 64 characters, in the order in which the database sorts them.
inline constexpr std::string_view kHistoryKeyAlphabet =
    "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";

/// Which time stands in a history key; nothing: it is none (20 characters of the push-ID alphabet, from 1970 to 9999).
std::optional<UtcMillis> time_of_key(std::string_view key) noexcept;

/// A history key: 20 characters of the push-ID alphabet, so that keys sort by time and never look like numbers.
///
///     key  = time hash
///     time = 8 characters: ms since 1970, most significant first, as in push IDs (firebase-js-sdk NextPushId.ts)
///     hash = 12 characters: 72 bits of XXH3-128(seed, n)
///     seed = XXH3-128(payload, seeded with XXH3-64(channel)); of a stream's entry with XXH3-64(XXH3-64(key), id)
///     n    = how often this payload came on this channel before, lately (coalesce/repeats.h); of an entry 0
///
/// Threads: any.
class HistoryKey {
 public:
  /// `time` is not before 1970.
  HistoryKey(UtcMillis time, const KeySeed& seed, std::uint32_t n) noexcept {
    write(time, seed, n, characters_.data());
  }
  [[nodiscard]] std::string_view text() const { return {characters_.data(), characters_.size()}; }

  /// Writes the characters to their place at `key`: copied right after they were written, they would stand waiting.
  static void write(UtcMillis time, const KeySeed& seed, std::uint32_t n, char* key) noexcept;
  /// Makes the key that stands at `key` the one of the same message for another `n`.
  static void write_n(const KeySeed& seed, std::uint32_t n, char* key) noexcept;

 private:
  std::array<char, kHistoryKeySize> characters_;
};

}  // namespace firebase_relay
