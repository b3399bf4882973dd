#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "classify/published_routes.h"
#include "deliver/unsafe_letters.h"
#include "firebase_relay/dead_letter.h"
#include "firebase_relay/fragment.h"
#include "observe/events.h"
#include "observe/metrics.h"
#include "outbox/dead_letters.h"

namespace firebase_relay::flush {

/// Brings dead letters into the outbox file, many in one write, and those that somebody marked for a retry back out of
/// it, classified by today's routes.
///
/// Threads: the flusher's.
class LetterBox {
 public:
  /// What it works with; all of it must outlive it.
  struct Wiring {
    const classify::PublishedRoutes& routes;
    observe::Metrics& metrics;
    observe::Events& events;
  };
  /// `options`: as the workers have them, for messages on their way back.
  LetterBox(outbox::DeadLetters store, const classify::WriterOptions& options, Wiring wiring);

  /// Counts and logs a dead letter, and keeps it for the next store(). While the disk fails the newest are kept in
  /// memory, up to a bound.
  void add(DeadLetter letter, SteadyTime now);
  /// When store() or the next look for marked letters is due.
  [[nodiscard]] SteadyTime due() const;
  /// Writes what has been added, when it is due or `at_once`.
  void store(SteadyTime now, bool at_once);

  /// Which of them a power cut would take. What was stored counts as safe after synced(), which is to be called when
  /// the outbox file was synced after a store().
  [[nodiscard]] const deliver::UnsafeLetters& unsafe() const { return unsafe_; }
  void synced() { unsafe_.synced(); }

  /// Letters on their way back. They leave the file by sent(), once the outbox has their messages.
  struct Retry {
    std::vector<outbox::DeadLetterId> letters;
    std::vector<std::unique_ptr<FragmentBlock>> blocks;  ///< without a number: they have no place among the messages
  };
  /// Some of the marked letters, oldest first; nothing when there are none, or it is too early to look again. Live
  /// values count as arrived with the message `newest`.
  std::optional<Retry> take_marked(Sequence newest, SteadyTime now);
  /// The outbox has the messages of `retry`: its letters leave the file.
  void sent(const Retry& retry, SteadyTime now);
  /// The outbox could not take the messages: their letters stay marked, and are tried again later.
  void not_sent(SteadyTime now);

 private:
  void count_stored(SteadyTime now);
  std::unique_ptr<FragmentBlock> classify(const outbox::StoredDeadLetter& stored, Sequence newest, SteadyTime now);

  outbox::DeadLetters store_;
  Wiring wiring_;
  std::array<classify::CurrentWriter, 2> writers_;  ///< history alone; live values, too
  std::uint64_t last_block_ = 0;
  std::vector<DeadLetter> waiting_;
  std::uint64_t waiting_bytes_ = 0;
  deliver::UnsafeLetters unsafe_;
  SteadyTime store_due_ = SteadyTime::max();
  SteadyTime look_due_{};
  bool has_more_ = true;  ///< marked letters may be in the file: at the start, and after a full helping
};

}  // namespace firebase_relay::flush
