#pragma once

#include <cstdint>

#include "deliver/disk.h"
#include "deliver/state.h"
#include "deliver/throttle.h"

namespace firebase_relay::deliver {

/// What goes out, in which request.
///
/// While all is well one request, the main one, takes live values and history together, and history beyond a full
/// request goes beside it. In trouble they go separately, so that a backlog does not hold up what is new.
///
/// Pure; one thread.
class Dispatch {
 public:
  /// All of them must outlive it.
  Dispatch(State& state, Disk& disk, Throttle& throttle) : state_(state), disk_(disk), throttle_(throttle) {}

  /// Sends all that may go now.
  void proceed();

 private:
  bool send_main();
  bool send_history();
  [[nodiscard]] bool owes_live() const;
  void add_history(Request& request);
  std::uint64_t history_room(std::uint64_t entry_bytes, std::uint64_t live_bytes);
  void send(Request&& request);

  State& state_;
  Disk& disk_;
  Throttle& throttle_;
};

}  // namespace firebase_relay::deliver
