#pragma once

#include <functional>
#include <optional>
#include <utility>

#include "archive/archive.h"
#include "archive/replayed_lines.h"
#include "firebase_relay/delivery.h"
#include "firebase_relay/fragment.h"

namespace firebase_relay::flush {

/// The flusher's end of the archive, or of what a replay leaves for it, or of none. Threads: the flusher's.
class ArchiveLink {
 public:
  /// `archive`, `replayed`: null, or outlive it; one of them at most. `sends_history`: else the archive alone gets the
  /// entries of messages. `not_kept`: told of an error of `replayed`.
  ArchiveLink(archive::Archive* archive, bool sends_history, archive::ReplayedLines* replayed = nullptr,
              std::function<void(const Error&)> not_kept = {})
      : archive_(archive), sends_history_(sends_history), replayed_(replayed), not_kept_(std::move(not_kept)) {}

  /// Hands the history of `block`, whose keys are settled, over to the archive. Returns what Arrived has to say of it;
  /// nothing: it could not be left for the archive, so it must not be sent.
  std::optional<ArchivePosition> take(FragmentBlock& block);
  /// As take(), and waits until it is written, for archive::Archive::kWaitMax at most: for what a person has asked for,
  /// while nothing else is to be done.
  void take_and_wait(FragmentBlock& block);
  /// How far the archive has come, if that is news.
  std::optional<Archived> news();
  /// The sender is to be woken when there is news.
  void wake_on_news();

 private:
  archive::Archive* archive_;
  bool sends_history_;
  archive::ReplayedLines* replayed_;
  std::function<void(const Error&)> not_kept_;
  ArchivePosition told_ = 0;
};

}  // namespace firebase_relay::flush
