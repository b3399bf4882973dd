#include "deliver/replay_news.h"

#include <utility>

#include "base/invariant.h"

namespace firebase_relay::deliver {

std::optional<Event> ReplayNews::next(Sequence newest) {
  if (std::exchange(said_.fell_behind, false)) return FellBehind{};
  if (newest < said_.caught_up_with) return std::nullopt;
  invariant(!said_.fell_behind, "a replay ends before it was told of");
  said_.caught_up_with = kNoSequence;
  return CaughtUp{};
}

}  // namespace firebase_relay::deliver
