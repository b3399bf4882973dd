#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "firebase_relay/delivery.h"
#include "firebase_relay/history_run.h"
#include "firebase_relay/outbox.h"

namespace firebase_relay::deliver {

/// History that waits for the archive: what it has not written yet is neither sent nor put into the outbox, until its
/// time is over. Then it goes on without: an archive that stands still must not hold up the database.
///
/// Pure; one thread.
class ArchiveGate {
 public:
  /// One run, until it may go on.
  struct Held {
    ArchivePosition position;
    SteadyTime until;  ///< from here on it goes, archived or not
    SteadyTime since;  ///< as Arrivals::add has it, like the next
    Sequence first;
    ShedClass shed_class;
    HistoryRun run;
  };

  /// Has the archive come as far as `position`? 0: nothing is waited for.
  [[nodiscard]] bool has(ArchivePosition position) const { return position <= written_; }
  /// Keeps `held` back. Positions come in their order.
  void hold(Held held);
  /// The archive has come as far as `upto`.
  void written(ArchivePosition upto);
  /// Hands out what may go: what is written, and what has waited long enough.
  std::vector<Held> take(SteadyTime now);

  /// When the oldest goes at the latest; SteadyTime::max(): nothing waits.
  [[nodiscard]] SteadyTime next_release() const { return held_.empty() ? SteadyTime::max() : held_.front().until; }
  [[nodiscard]] bool empty() const { return held_.empty(); }
  /// The lowest message that waits; kNoSequence: there is none.
  [[nodiscard]] Sequence first() const;

 private:
  std::deque<Held> held_;
  ArchivePosition written_ = 0;
};

}  // namespace firebase_relay::deliver
