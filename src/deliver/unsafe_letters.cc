#include "deliver/unsafe_letters.h"

#include <algorithm>
#include <utility>

#include "base/invariant.h"

namespace firebase_relay::deliver {

void UnsafeLetters::add(Sequence sequence) {
  if (sequence != 0 && sequence < kUnorderedSequences) waiting_ = std::min(waiting_, sequence);
}

void UnsafeLetters::stored() {
  unsynced_ = std::min(unsynced_, std::exchange(waiting_, kNoSequence));
  invariant(waiting_ == kNoSequence, "a letter waits that was stored");
}

void UnsafeLetters::synced() { unsynced_ = kNoSequence; }

Sequence UnsafeLetters::safe_of(Sequence upto) const { return std::min(upto, std::min(waiting_, unsynced_) - 1); }

}  // namespace firebase_relay::deliver
