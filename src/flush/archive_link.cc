#include "flush/archive_link.h"

#include <chrono>
#include <thread>
#include <utility>
#include <vector>

namespace firebase_relay::flush {

std::optional<ArchivePosition> ArchiveLink::take(FragmentBlock& block) {
  if (archive_ == nullptr && replayed_ == nullptr) return 0;
  std::vector<archive::DayLines> days;
  for (HistoryRun& run : block.history) {
    archive::append_lines(run, days);
    if (!sends_history_ && block.messages > 0) run = {};  // the relay's own entries go out all the same
  }
  if (days.empty()) return 0;
  if (archive_ != nullptr) return archive_->put(std::move(days));
  const Result<void> kept = replayed_->put(days);
  if (kept) return 0;
  not_kept_(kept.error());
  return std::nullopt;
}

void ArchiveLink::take_and_wait(FragmentBlock& block) {
  if (archive_ == nullptr) return;
  const ArchivePosition position = take(block).value_or(0);
  const SteadyTime until = std::chrono::steady_clock::now() + archive::Archive::kWaitMax;
  while (position > 0 && archive_->written() < position && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

std::optional<Archived> ArchiveLink::news() {
  if (archive_ == nullptr) return std::nullopt;
  const ArchivePosition written = archive_->written();
  if (written == told_) return std::nullopt;
  told_ = written;
  return Archived{written};
}

void ArchiveLink::wake_on_news() {
  if (archive_ != nullptr) archive_->wake_when_written(told_);
}

}  // namespace firebase_relay::flush
