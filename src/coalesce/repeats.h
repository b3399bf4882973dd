#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include "base/hash_table.h"
#include "firebase_relay/fragment.h"

namespace firebase_relay::coalesce {

/// Tells equal messages apart in history: the n of a history key (firebase_relay/history_key.h) is one more than at
/// this very payload's last coming on this channel, or 0 if that is more than ten minutes or 65,536 messages ago. The
/// worker writes every key for n = 0; here, where messages are in order, the rare others are written over.
///
/// Two tables of one generation each, 65,536 messages long, make forgetting cheap: the older one is thrown away whole.
/// Memory: 2 x 3 MB once that many messages have come, 2 x 6 MB at worst.
/// Threads: the flusher's.
class Repeats {
 public:
  /// Beyond so many messages, or so much time, an equal message counts as the first one again.
  static constexpr Sequence kMessagesMax = 65'536;
  static constexpr std::chrono::minutes kAgeMax{10};

  /// Settles the keys of `run`, and drops its seeds. Runs must come in the order of their messages.
  void settle(HistoryRun& run);

 private:
  struct Seen {
    Sequence sequence = 0;
    std::uint32_t seconds = 0;  ///< steady clock
    std::uint32_t n = 0;
  };

  std::uint32_t count(const KeySeed& seed, Sequence sequence, std::uint32_t seconds);

  std::array<HashTable<Seen>, 2> tables_;  ///< by KeySeed::low: this generation's and the one before
  Sequence generation_ = 0;
};

}  // namespace firebase_relay::coalesce
