#include "firebase_relay/history_key.h"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <chrono>

namespace firebase_relay {
namespace {

constexpr std::array<std::int8_t, 256> kDigitOf = [] {
  std::array<std::int8_t, 256> digits{};
  digits.fill(-1);
  for (std::size_t i = 0; i < kHistoryKeyAlphabet.size(); ++i)
    digits[static_cast<unsigned char>(kHistoryKeyAlphabet[i])] = static_cast<std::int8_t>(i);
  return digits;
}();

int digit_of(char c) noexcept { return kDigitOf[static_cast<unsigned char>(c)]; }

void write_base64(std::uint64_t value, std::size_t characters, char* out) noexcept {
  for (std::size_t i = characters; i-- > 0; value >>= 6) out[i] = kHistoryKeyAlphabet[value & 63];
}

}  // namespace

std::optional<UtcMillis> time_of_key(std::string_view key) noexcept {
  if (key.size() != kHistoryKeySize) return std::nullopt;
  std::int64_t time = 0;
  for (std::size_t i = 0; i < key.size(); ++i) {
    const int digit = digit_of(key[i]);
    if (digit < 0) return std::nullopt;
    if (i < kHistoryKeyTimeSize) time = time << 6 | digit;
  }
  constexpr UtcMillis kEnd = std::chrono::sys_days(std::chrono::year(9999) / 12 / 31) + std::chrono::days(1);
  const UtcMillis result{std::chrono::milliseconds(time)};
  return result < kEnd ? std::optional(result) : std::nullopt;
}

KeySeed key_seed(std::string_view payload, std::uint64_t origin_hash) noexcept {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(payload.data(), payload.size(), origin_hash);
  return {hash.low64, hash.high64};
}

std::uint64_t stream_hash(std::string_view key) noexcept { return XXH3_64bits(key.data(), key.size()); }

std::uint64_t entry_hash(std::uint64_t stream_hash, const StreamId& id) noexcept {
  const std::uint64_t input[3] = {stream_hash, id.ms, id.seq};
  return XXH3_64bits(input, sizeof input);
}

UtcMillis time_of(const StreamId& id) noexcept {
  constexpr std::uint64_t kYear9999Ends = 253'402'300'799'999;
  return UtcMillis(std::chrono::milliseconds(std::min(id.ms, kYear9999Ends)));
}

void HistoryKey::write(UtcMillis time, const KeySeed& seed, std::uint32_t n, char* key) noexcept {
  write_base64(static_cast<std::uint64_t>(time.time_since_epoch().count()), kHistoryKeyTimeSize, key);
  write_n(seed, n, key);
}

void HistoryKey::write_n(const KeySeed& seed, std::uint32_t n, char* key) noexcept {
  const std::uint64_t input[3] = {seed.low, seed.high, n};
  const XXH128_hash_t hash = XXH3_128bits(input, sizeof input);
  write_base64(hash.low64, 6, key + kHistoryKeyTimeSize);
  write_base64(hash.high64, 6, key + kHistoryKeyTimeSize + 6);
}

}  // namespace firebase_relay
