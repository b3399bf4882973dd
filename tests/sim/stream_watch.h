#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "deliver/unsafe_letters.h"
#include "firebase_relay/delivery.h"
#include "sim/ledger.h"
#include "sim/simulated_database.h"
#include "sim/simulated_disk.h"

namespace firebase_relay::sim {

/// A stream that holds all that is published, and how far the relay has come in it: what is not committed is read again
/// by the next run. Judges that nothing is called safe which a crash or a power cut would lose.
///
/// Messages are numbered from 1, in the order of the stream. Within a run their sequences follow each other, too.
class StreamWatch {
 public:
  /// Nobody reads a stream before this is called.
  void switch_on() { is_on_ = true; }
  [[nodiscard]] bool is_on() const { return is_on_; }
  /// A run begins behind what was committed, and numbers what it reads from behind `last_sequence`. `last`: the newest
  /// message in the stream now, up to which it is behind.
  void restarted(std::uint64_t last, Sequence last_sequence);

  /// In the middle of a run: what Redis has now is read from behind message `upto`, with sequences from behind
  /// `last_sequence`, and that is what is committed. `last`: as for restarted().
  void begins_again(std::uint64_t upto, std::uint64_t last, Sequence last_sequence);

  /// The number of the message that is read next, and from where on nothing is unread.
  [[nodiscard]] std::uint64_t next() const { return read_ + 1; }
  void read(std::uint32_t count);
  /// So many have been handed over. True, once a run, or after it began again: all that was there at that time has.
  bool handed_over(std::uint32_t count);
  [[nodiscard]] bool is_behind() const { return is_on_ && is_behind_; }

  /// A message is a dead letter: it is in memory, then in the file, then on the disk.
  void set_aside(const DeadLetter& letter, SteadyTime now);
  void store_letters(SteadyTime now);
  void synced();
  /// The relay is gone; with `power`, what was not synced, too.
  void killed(bool power);

  /// Delivery says that all up to `upto` is safe.
  void is_safe(Sequence upto, const Ledger& ledger, const SimulatedDatabase& database, SimulatedDisk& disk);
  /// Redis is told how far that is.
  void commit() { committed_ = safe_; }
  [[nodiscard]] std::uint64_t committed() const { return committed_; }
  /// Messages that were read again.
  [[nodiscard]] std::uint64_t replayed() const { return replayed_; }
  /// What must never happen; empty: it did not.
  [[nodiscard]] const std::string& violation() const { return violation_; }

 private:
  [[nodiscard]] std::string lost_with(const Published& message, const SimulatedDatabase& database,
                                      SimulatedDisk& disk) const;

  bool is_on_ = false;
  bool is_behind_ = false;
  std::uint64_t committed_ = 0;
  std::uint64_t safe_ = 0;
  std::uint64_t begun_ = 0;  ///< what was committed when the run began
  std::uint64_t read_ = 0;
  std::uint64_t most_read_ = 0;  ///< in any run
  std::uint64_t handed_ = 0;
  std::uint64_t target_ = 0;
  std::uint64_t outdated_ = 0;  ///< read before it began again, and not handed over by then
  std::uint64_t replayed_ = 0;
  Sequence last_sequence_ = 0;  ///< before the run
  Sequence told_ = 0;
  deliver::UnsafeLetters unsafe_letters_;
  std::vector<std::pair<SteadyTime, std::uint64_t>> waiting_;  ///< letters in memory, by the message's number
  std::set<std::uint64_t> stored_;
  std::set<std::uint64_t> durable_;
  std::string violation_;
};

}  // namespace firebase_relay::sim
