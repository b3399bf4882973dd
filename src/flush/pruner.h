#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "deliver/quota.h"
#include "firebase_relay/kept_place.h"
#include "flush/keeper_shell.h"
#include "flush/patch_sender.h"

namespace firebase_relay::flush {

/// Goes through places of history once, for a person who waits: a Keeper, as a relay has one, in a process where
/// nothing else is sent. It keeps within the quota for itself; a relay beside it has its own.
///
/// Threads: one. Errors: none; the last report tells how it ended.
class Pruner {
 public:
  /// What it works with; all of it must outlive it.
  struct Wiring {
    PatchSender& sender;
    std::function<std::uint64_t(const std::string& day)> bytes_at;  ///< what stands at a day, if that is known; else 0
    std::function<void(const keep::Report&)> report;
  };
  /// `bytes_per_minute_max` 0: no limit.
  Pruner(keep::Manner manner, std::uint64_t bytes_per_minute_max, Wiring wiring);

  /// Until all was gone through, or something stood in the way: the last report is a RoundEnded, or a BrokenOff,
  /// DayNotKnown or DateToCome.
  void run(std::vector<KeptPlace> places);

  /// What the answers have cost so far, which a plan counts as download.
  struct Cost {
    std::uint64_t requests = 0;
    std::uint64_t bytes = 0;  ///< about
  };
  [[nodiscard]] const Cost& cost() const { return cost_; }

 private:
  bool grant(const keep::AskLeave& ask, SteadyTime now);

  Wiring wiring_;
  deliver::Quota quota_;
  KeeperShell shell_;
  Cost cost_;
  bool has_ended_ = false;
};

}  // namespace firebase_relay::flush
