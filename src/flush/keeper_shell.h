#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "firebase_relay/time.h"
#include "flush/patch_sender.h"
#include "keep/keeper.h"

namespace firebase_relay::flush {

/// The shell around a Keeper: does what it decides, one request at a time, over a sender that may have others under
/// way.
///
/// Threads: the sender's. Errors: none; whatever comes of a request is the keeper's to judge.
class KeeperShell {
 public:
  /// What it works with; all of it must outlive it.
  struct Wiring {
    PatchSender& sender;
    std::function<bool(const keep::AskLeave&, SteadyTime now)> leave;  ///< may this go now?
    std::function<void(const keep::Report&, SteadyTime now)> report;
  };
  KeeperShell(keep::Keeper keeper, Wiring wiring) : keeper_(std::move(keeper)), wiring_(std::move(wiring)) {}

  void tell(keep::Event event, const Now& now);
  /// Does what is due.
  void proceed(const Now& now) {
    if (due() <= now.steady) tell(keep::TimePassed{}, now);
  }
  /// When proceed() has something to do, at the latest.
  [[nodiscard]] SteadyTime due() const { return keeper_.next_deadline(); }
  [[nodiscard]] const keep::Keeper& keeper() const { return keeper_; }
  /// What has become of a request, if it was this one's; false: it was not.
  bool take(const PatchSender::Finished& finished, const Now& now);

 private:
  void send(Question question, bool removes);

  keep::Keeper keeper_;
  Wiring wiring_;
  bool removes_ = false;  ///< what is out
};

}  // namespace firebase_relay::flush
