#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "firebase_relay/delivery.h"
#include "sim/simulated_database.h"

namespace firebase_relay::sim {

/// Judges guarantee 6 by what is sent: history goes only into what live values leave of any minute, and is never
/// starved by them. Counts bytes by itself, in a window that slides by the millisecond.
class QuotaWatch {
 public:
  /// 0: no limit, and nothing to judge.
  void set_limit(std::uint64_t bytes_per_minute) { limit_ = bytes_per_minute; }
  void sent(const Send& send, const std::vector<SimulatedDatabase::Write>& writes, SteadyTime now);
  void answered(const Answered& answered);
  /// Nothing of history waits, or trouble keeps it: only from now on it may count as starved.
  void excuse(SteadyTime now) { excused_until_ = std::max(excused_until_, now); }
  /// Has history had less than a minute's tenth in two minutes, and no excuse?
  [[nodiscard]] bool looks_starved(SteadyTime now) const;
  /// A new relay does not know what the one before it has sent.
  void restarted(SteadyTime now);
  /// What must never happen; empty: it did not.
  [[nodiscard]] const std::string& violation() const { return violation_; }
  /// How often history went although live values alone had taken the quota.
  [[nodiscard]] std::uint64_t shares() const { return shares_; }

 private:
  struct Bytes {
    std::uint64_t live = 0;
    std::uint64_t history = 0;
  };
  struct Request {
    SteadyTime at;
    RequestId id;
    Bytes bytes;
  };
  [[nodiscard]] Bytes sent_since(SteadyTime time) const;

  std::uint64_t limit_ = 0;
  std::deque<Request> requests_;  ///< of the last two windows
  SteadyTime excused_until_{};
  std::string violation_;
  std::uint64_t shares_ = 0;
};

}  // namespace firebase_relay::sim
