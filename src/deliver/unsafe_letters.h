#pragma once

#include "firebase_relay/message.h"

namespace firebase_relay::deliver {

/// Which dead letters are not safe yet: one is when its row is in the outbox file, and that was synced since. The
/// message that it was is not safe before. What Delivery::safe_upto() says is without them, since it does not keep
/// letters: whoever does asks here, too.
///
/// Pure; one thread.
class UnsafeLetters {
 public:
  /// A message was set aside, and waits in memory. 0, and a sequence that binds no order: it is not the source's.
  void add(Sequence sequence);
  /// All that waited is in the file, or was dropped for good …
  void stored();
  /// … and what is in the file is on the disk.
  void synced();

  /// Is there a letter in the file for which synced() has to be said?
  [[nodiscard]] bool await_sync() const { return unsynced_ != kNoSequence; }
  /// What of `upto`, up to which all but letters is safe, is safe with them.
  [[nodiscard]] Sequence safe_of(Sequence upto) const;

 private:
  Sequence waiting_ = kNoSequence;   ///< the lowest in memory
  Sequence unsynced_ = kNoSequence;  ///< the lowest of those in the file
};

}  // namespace firebase_relay::deliver
