#include "classify/history_key.h"

#include <xxhash.h>

namespace firebase_relay::classify {
namespace {

constexpr char kAlphabet[] = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";

void write_base64(std::uint64_t value, std::size_t characters, char* out) noexcept {
  for (std::size_t i = characters; i-- > 0; value >>= 6) out[i] = kAlphabet[value & 63];
}

}  // namespace

KeySeed key_seed(std::string_view payload, std::uint64_t channel_hash) noexcept {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(payload.data(), payload.size(), channel_hash);
  return {hash.low64, hash.high64};
}

void write_key_time(UtcMillis time, char* out) noexcept {
  write_base64(static_cast<std::uint64_t>(time.time_since_epoch().count()), 8, out);
}

void write_key_hash(const KeySeed& seed, std::uint32_t n, char* out) noexcept {
  const std::uint64_t input[3] = {seed.low, seed.high, n};
  const XXH128_hash_t hash = XXH3_128bits(input, sizeof input);
  write_base64(hash.low64, 6, out);
  write_base64(hash.high64, 6, out + 6);
}

bool is_usable_event_time(UtcMillis time, UtcMillis arrived_at) noexcept {
  constexpr UtcMillis kEarliest{std::chrono::sys_days(std::chrono::year(2000) / 1 / 1)};
  return time >= kEarliest && time <= arrived_at + std::chrono::days(1);
}

}  // namespace firebase_relay::classify
