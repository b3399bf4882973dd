#include "firebase_relay/history_key.h"

#include <xxhash.h>

namespace firebase_relay {
namespace {

constexpr char kAlphabet[] = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
constexpr std::size_t kTimeSize = 8;

void write_base64(std::uint64_t value, std::size_t characters, char* out) noexcept {
  for (std::size_t i = characters; i-- > 0; value >>= 6) out[i] = kAlphabet[value & 63];
}

}  // namespace

KeySeed key_seed(std::string_view payload, std::uint64_t channel_hash) noexcept {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(payload.data(), payload.size(), channel_hash);
  return {hash.low64, hash.high64};
}

void HistoryKey::write(UtcMillis time, const KeySeed& seed, std::uint32_t n, char* key) noexcept {
  write_base64(static_cast<std::uint64_t>(time.time_since_epoch().count()), kTimeSize, key);
  write_n(seed, n, key);
}

void HistoryKey::write_n(const KeySeed& seed, std::uint32_t n, char* key) noexcept {
  const std::uint64_t input[3] = {seed.low, seed.high, n};
  const XXH128_hash_t hash = XXH3_128bits(input, sizeof input);
  write_base64(hash.low64, 6, key + kTimeSize);
  write_base64(hash.high64, 6, key + kTimeSize + 6);
}

}  // namespace firebase_relay
