#pragma once

#include <optional>

#include "firebase_relay/delivery.h"

namespace firebase_relay::deliver {

/// What a source has said of its replay and Delivery has not heard yet, in the order in which it was said. Both kinds
/// stand in one place: whoever asked for the one, and then for the other, could hear of an end, which changes nothing
/// then, and after that of its beginning, which nothing ends any more.
///
/// Pure; one thread at a time: the source's and the flusher's take turns (flush/safe_point.h).
class ReplayNews {
 public:
  /// What the source hands over from now on it has handed over before, or may have. An end that nobody has heard of yet
  /// is one no more.
  void falls_behind() { said_ = {true, kNoSequence}; }
  /// All that the source held at the start has been read: the message `upto` is the last of it; 0: there was nothing.
  void caught_up(Sequence upto) { said_.caught_up_with = upto; }
  /// What Delivery is to be told next, FellBehind or CaughtUp, when `newest` is the last message that was taken; the
  /// latter only when all of the replay was. To be asked until there is nothing, before another message is taken.
  [[nodiscard]] std::optional<Event> next(Sequence newest);

 private:
  struct Said {
    bool fell_behind = false;
    Sequence caught_up_with = kNoSequence;  ///< which no message reaches
  };

  Said said_;
};

}  // namespace firebase_relay::deliver
