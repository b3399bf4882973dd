#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <set>
#include <string>

namespace rtdb_emulator {

/// What a server answers to a write that ignores print=silent.
enum class Unsilent : std::uint8_t { kNo, kRequest, kTree };

/// What a test may change while it runs.
struct Switches {
  std::atomic<std::uint64_t> size_limit_bytes{0};    ///< 0: none
  std::atomic<std::uint64_t> tiny_limit_bytes{0};    ///< of what a write with writeSizeLimit=tiny replaces; 0: none
  std::atomic<bool> ignore_unlimited{false};         ///< the limit holds even with writeSizeLimit=unlimited
  std::atomic<std::int64_t> clock_ahead_seconds{0};  ///< of the Date header
  std::atomic<Unsilent> unsilent{Unsilent::kNo};
  std::atomic<bool> require_auth{false};  ///< as AccessOptions::require_auth: rules that let nobody in
  mutable std::mutex tokens_mutex;
  std::set<std::string> accepted;  ///< guarded by tokens_mutex
  std::set<std::string> revoked;   ///< guarded by tokens_mutex
};

}  // namespace rtdb_emulator
