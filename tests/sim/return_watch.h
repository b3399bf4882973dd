#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "firebase_relay/delivery.h"
#include "sim/simulated_database.h"

namespace firebase_relay::sim {

/// Judges guarantee 3 by what is sent when the database comes back: of what waited, orders behind all else, and no
/// history before all of it is acknowledged.
class ReturnWatch {
 public:
  /// `patience`: how long a value may wait for the disk, and be passed by what is there already. Poison, and a disk
  /// that fails, have an order of their own: then it is not switched on.
  void switch_on(std::chrono::milliseconds patience);
  void restarted();
  /// What waits may be overtaken by what is read again, and has to wait for the end of that then.
  void fell_behind();
  void took_in(const FragmentBlock& block, SteadyTime now);
  void sent(const Send& send, const std::vector<SimulatedDatabase::Write>& writes, SteadyTime now);
  void answered(const Answered& answered);
  /// What must never happen; empty: it did not.
  [[nodiscard]] const std::string& violation() const { return violation_; }
  /// How often more waited than one request holds.
  [[nodiscard]] std::uint64_t long_returns() const { return long_returns_; }

 private:
  struct Value {
    std::string text;
    SteadyTime came;
    bool is_order = false;
  };
  using Writes = std::vector<SimulatedDatabase::Write>;
  void acknowledged(const Writes& writes);

  bool is_on_ = false;
  std::chrono::milliseconds patience_{0};
  std::map<std::string, Value> waiting_;  ///< the newest of each path that is not acknowledged
  std::set<std::string> owed_;            ///< of them, those that waited when the database came back
  std::map<RequestId, Writes> requests_;
  bool is_away_ = false;    ///< the database, since its last answer
  bool has_parts_ = false;  ///< of requests that were too large
  std::string violation_;
  std::uint64_t long_returns_ = 0;
};

}  // namespace firebase_relay::sim
