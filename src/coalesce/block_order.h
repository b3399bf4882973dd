#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "firebase_relay/fragment.h"

namespace firebase_relay::coalesce {

/// Gives blocks back in the order in which their messages arrived, whichever worker was done first. So an older value
/// never comes after its path was acknowledged and forgotten, and all that counts in order (repeats, closed orders)
/// may.
///
/// Threads: the flusher's.
class BlockOrder {
 public:
  /// Takes a block in whose number is above those that next() has given. Numbers begin with 1 and have no holes.
  void put(std::unique_ptr<FragmentBlock> block);
  /// The next one in order, or null while a worker still has it. front() looks at it and leaves it here.
  std::unique_ptr<FragmentBlock> next();
  [[nodiscard]] const FragmentBlock* front() const;
  [[nodiscard]] bool is_empty() const { return waiting_.empty(); }

 private:
  std::map<std::uint64_t, std::unique_ptr<FragmentBlock>> waiting_;
  std::uint64_t next_number_ = 1;
};

}  // namespace firebase_relay::coalesce
