#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "firebase_relay/time.h"

namespace firebase_relay {

/// What the hash part of a history key is made from: a message's payload and channel.
struct KeySeed {
  std::uint64_t low;
  std::uint64_t high;
};
/// `channel_hash`: XXH3-64 of the channel's name.
KeySeed key_seed(std::string_view payload, std::uint64_t channel_hash) noexcept;

/// Characters of a history key.
inline constexpr std::size_t kHistoryKeySize = 20;

/// A history key: 20 characters of the push-ID alphabet, so that keys sort by time and never look like numbers.
///
///     key  = time hash
///     time = 8 characters: ms since 1970, most significant first, as in push IDs (firebase-js-sdk NextPushId.ts)
///     hash = 12 characters: 72 bits of XXH3-128(seed, n)
///     seed = XXH3-128(payload, seeded with XXH3-64(channel))
///     n    = how often this payload came on this channel before, lately (coalesce/repeats.h)
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
