#include "coalesce/repeats.h"

#include <utility>

#include "base/invariant.h"

namespace firebase_relay::coalesce {

void Repeats::settle(HistoryRun& run) {
  invariant(run.seeds.empty() || run.seeds.size() == run.entries.size(), "a history key has no seed");
  const auto seconds = static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::seconds>(run.arrived.time_since_epoch()).count());
  constexpr std::size_t kAhead = 8;  // by then what was asked for has come
  for (std::size_t i = 0; i < run.seeds.size(); ++i) {
    if (i + kAhead < run.seeds.size()) {
      for (const HashTable<Seen>& table : tables_) table.prefetch(run.seeds[i + kAhead].low);
    }
    const std::uint32_t n = count(run.seeds[i], run.first_sequence + run.entries[i].sequence_offset, seconds);
    if (n > 0) run.settle_key(i, n);
  }
  run.seeds = {};
}

std::uint32_t Repeats::count(const KeySeed& seed, Sequence sequence, std::uint32_t seconds) {
  // The generation never goes back. A block's prices are settled before its other runs, and may have begun the next
  // one.
  if (sequence / kMessagesMax > generation_) {
    std::swap(tables_[0], tables_[1]);
    tables_[0].clear();
    if (sequence / kMessagesMax != generation_ + 1) tables_[1].clear();
    generation_ = sequence / kMessagesMax;
  }
  const auto is_recent = [&](const Seen& seen) {
    return sequence - seen.sequence <= kMessagesMax && seconds - seen.seconds <= std::chrono::seconds(kAgeMax).count();
  };
  if (Seen* seen = tables_[0].find(seed.low)) {
    const std::uint32_t n = is_recent(*seen) ? seen->n + 1 : 0;
    *seen = {sequence, seconds, n};
    return n;
  }
  const Seen* before = tables_[1].find(seed.low);
  const std::uint32_t n = before && is_recent(*before) ? before->n + 1 : 0;
  tables_[0].add(seed.low, {sequence, seconds, n});
  return n;
}

}  // namespace firebase_relay::coalesce
