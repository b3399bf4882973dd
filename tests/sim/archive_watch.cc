#include "sim/archive_watch.h"

#include <algorithm>

namespace firebase_relay::sim {

using std::chrono::milliseconds;

void ArchiveWatch::switch_on(milliseconds wait) {
  is_on_ = true;
  wait_ = wait;
}

void ArchiveWatch::restarted() {
  waiting_.clear();
  written_ = 0;
  told_ = 0;
  last_at_ = {};
  free_from_ = SteadyTime::max();
}

ArchivePosition ArchiveWatch::took_in(const FragmentBlock& block, const Now& now, Random& random) {
  HandedOver handed{now.steady + milliseconds(random.between(0, random.chance(80) ? 5 : 600)), {}};
  if (random.chance(5)) handed.at += std::chrono::seconds(random.chance(20) ? 1'000'000 : 3);  // stands still
  for (const HistoryRun& run : block.history) {
    for (std::size_t i = 0; i < run.entries.size(); ++i) {
      handed.paths.emplace_back(run.path_of(i));
      // What is read again from a stream may be in the archive, or in the outbox, by what the relay before has done.
      if (seen_.insert(handed.paths.back()).second) unwritten_.emplace(handed.paths.back(), block.arrived);
    }
  }
  last_at_ = handed.at = std::max(handed.at, last_at_);
  waiting_.push_back(std::move(handed));
  return written_ + waiting_.size();
}

SteadyTime ArchiveWatch::next() const { return waiting_.empty() ? SteadyTime::max() : waiting_.front().at; }

ArchivePosition ArchiveWatch::proceed(SteadyTime now) {
  for (; next() <= now; waiting_.pop_front(), ++written_) {
    for (const std::string& path : waiting_.front().paths) unwritten_.erase(path);
  }
  return written_;
}

void ArchiveWatch::goes(const std::string& path, SteadyTime now, const char* where) {
  const auto found = unwritten_.find(path);
  if (found == unwritten_.end()) return;
  ++passed_;
  const bool may_go = now >= std::min(found->second + wait_, free_from_);
  if (!may_go && violation_.empty()) violation_ = path + where + " ahead of the archive";
  // What a drain has saved at its end waits for nobody: the next relay, which may start at once, sends it.
  unwritten_.erase(found);
}

void ArchiveWatch::sent(const std::vector<SimulatedDatabase::Write>& writes, SteadyTime now) {
  for (const SimulatedDatabase::Write& write : writes) goes(write.path, now, " is sent");
}

void ArchiveWatch::saved(const Persist& persist, SteadyTime now) {
  for (const Batch* batch : persist.batches) {
    for (const HistoryRun& run : batch->runs) {
      for (std::size_t i = 0; i < run.entries.size(); ++i) goes(std::string(run.path_of(i)), now, " is in the outbox");
    }
  }
}

}  // namespace firebase_relay::sim
