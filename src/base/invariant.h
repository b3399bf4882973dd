#pragma once

namespace firebase_relay {

/// Remembers `what` for take_broken_invariant(), or ends the process where it is tested (RELAY_CHECKED).
void invariant_broken(const char* what) noexcept;

/// Says what has to hold at this place whatever comes from outside; if it does not, the program is at fault. Where it
/// is tested (debug and sanitizer builds) the process ends there. At somebody's home a restart would help as little: it
/// is counted and told by whoever asks for it, and the program goes on.
///
/// `what`: static text that says what was found, "a batch is stored twice". Costs a comparison. Threads: any.
inline void invariant(bool holds, const char* what) noexcept {
  if (!holds) [[unlikely]]
    invariant_broken(what);
}

/// What was broken first since the last call; null: nothing.
const char* take_broken_invariant() noexcept;

}  // namespace firebase_relay
