#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "firebase_relay/delivery.h"
#include "sim/random.h"
#include "sim/simulated_database.h"

namespace firebase_relay::sim {

/// An archive that takes its time, and judges by what is sent and saved that history waits for it, and not too long.
class ArchiveWatch {
 public:
  /// `wait`: for how long history waits from its arrival; nobody uses an archive before this is called.
  void switch_on(std::chrono::milliseconds wait);
  [[nodiscard]] bool is_on() const { return is_on_; }
  /// Nobody waits for what the relay before had handed over; what the file has, it keeps.
  void restarted();
  /// `block` is handed over; its place. It is written after a while, or never.
  ArchivePosition took_in(const FragmentBlock& block, const Now& now, Random& random);
  /// When the next is written; SteadyTime::max(): never.
  [[nodiscard]] SteadyTime next() const;
  /// Writes what is due. How far it has come.
  ArchivePosition proceed(SteadyTime now);
  /// How far the relay has not been told yet; 0: it knows.
  [[nodiscard]] ArchivePosition untold() const { return told_ < written_ ? written_ : 0; }
  void told() { told_ = written_; }

  void sent(const std::vector<SimulatedDatabase::Write>& writes, SteadyTime now);
  void saved(const Persist& persist, SteadyTime now);
  /// The drain's time is over: what waits goes to the outbox.
  void drain_is_over_at(SteadyTime at) { free_from_ = at; }
  /// What must never happen; empty: it did not.
  [[nodiscard]] const std::string& violation() const { return violation_; }
  /// How often history went on without the archive, since that had taken too long.
  [[nodiscard]] std::uint64_t passed() const { return passed_; }

 private:
  struct HandedOver {
    SteadyTime at;
    std::vector<std::string> paths;
  };
  void goes(const std::string& path, SteadyTime now, const char* where);

  bool is_on_ = false;
  std::chrono::milliseconds wait_{0};
  std::deque<HandedOver> waiting_;
  SteadyTime last_at_{};
  ArchivePosition written_ = 0;
  ArchivePosition told_ = 0;
  std::set<std::string> seen_;                   ///< paths that any relay has handed over
  std::map<std::string, SteadyTime> unwritten_;  ///< paths, and when they came
  SteadyTime free_from_ = SteadyTime::max();
  std::string violation_;
  std::uint64_t passed_ = 0;
};

}  // namespace firebase_relay::sim
