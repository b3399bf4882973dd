#include "deliver/archive_gate.h"

#include <algorithm>
#include <utility>

#include "base/invariant.h"

namespace firebase_relay::deliver {

void ArchiveGate::hold(Held held) {
  held_.push_back(std::move(held));
  invariant(held_.front().position <= held_.back().position, "history waits for the archive out of its order");
}

void ArchiveGate::written(ArchivePosition upto) {
  invariant(upto >= written_, "the archive has less than it had");
  written_ = upto;
}

Sequence ArchiveGate::first() const {
  Sequence first = kNoSequence;
  for (const Held& held : held_) first = std::min(first, held.first);
  return first;
}

std::vector<ArchiveGate::Held> ArchiveGate::take(SteadyTime now) {
  std::vector<Held> taken;
  while (!held_.empty() && (has(held_.front().position) || held_.front().until <= now)) {
    taken.push_back(std::move(held_.front()));
    held_.pop_front();
  }
  invariant(next_release() > now, "history waits for the archive beyond its time");
  return taken;
}

}  // namespace firebase_relay::deliver
