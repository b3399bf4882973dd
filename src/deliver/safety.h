#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/invariant.h"
#include "firebase_relay/fragment.h"

namespace firebase_relay::deliver {

/// How far what came is safe, so that a source that can replay need not keep it: Delivery::safe_upto().
///
/// A block is the unit: none of its messages counts as safe while one of them is open, that is, came and is not safe
/// yet. So nothing has to be remembered of a message, and one that another of the same block has overtaken is as safe
/// as that one.
///
/// Pure; one thread.
class Safety {
 public:
  /// A block has come. Returns the lowest sequence that what is in it may be open by; kNoSequence: its messages are not
  /// the source's, which cannot replay them.
  Sequence came(const FragmentBlock& block) {
    if (block.number == 0 || block.first_sequence >= kUnorderedSequences) return kNoSequence;
    invariant(block.first_sequence > came_upto_, "a block comes whose messages came before");
    came_upto_ = block.first_sequence + std::max<Sequence>(block.messages, 1) - 1;
    return block.first_sequence;
  }

  /// Up to where all is safe, when `lowest_open` is the lowest message that is not; kNoSequence: there is none.
  Sequence upto(Sequence lowest_open) {
    invariant(lowest_open > told_, "what was safe is open again");
    told_ = std::max(told_, std::min(came_upto_, lowest_open - 1));
    invariant(told_ <= came_upto_, "what has not come yet is safe");
    return told_;
  }

 private:
  Sequence came_upto_ = 0;  ///< the last message that came
  Sequence told_ = 0;       ///< what upto() has said
};

}  // namespace firebase_relay::deliver
