#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "firebase_relay/message.h"
#include "firebase_relay/time.h"

namespace firebase_relay::coalesce {

/// Of which live paths the database may yet apply a write that was lost, and what stands there.
///
/// A straggler is a write that was sent and not answered. The database may apply it until the request timeout has
/// passed, and sets its path back to an older value then. So when it can no longer come, the path's newest value is
/// sent once more: that settles the path. Should the database refuse that newest value, what stood there before has to
/// be sent again instead; it is remembered here as long as that can happen.
///
/// Pure; one thread. While no answer is lost it is empty, and costs a look at that.
class Stragglers {
 public:
  using Slot = std::uint32_t;  ///< a path's, in the live map
  /// A value that the database has for a path, or may have.
  struct Value {
    std::string text;  ///< a FragmentText
    Sequence sequence = 0;
  };

  /// A write of `slot` was lost: a straggler may come until `until`. Calls come in the order of `until`.
  void expect(Slot slot, SteadyTime until);
  /// What was lost is this value. If the database has applied it, it is what stands there.
  void may_stand(Slot slot, std::string_view text, Sequence sequence);
  /// The database has acknowledged this value: it stands there, unless a straggler comes.
  void stands(Slot slot, std::string_view text, Sequence sequence);
  /// As stands(), but only if nothing is remembered of the path.
  void stands_unless_known(Slot slot, std::string_view text, Sequence sequence);
  /// Forgets what may stand there: the newest value was acknowledged after all of it.
  void forget_values(Slot slot) {
    if (!paths_.empty()) forget_known_values(slot);
  }
  /// The newest value older than `sequence` that stands there, or may; nullptr: none is remembered. Forgets newer ones.
  /// Valid until the next call.
  const Value* newest_before(Slot slot, Sequence sequence);

  /// May a straggler of `slot` still come?
  [[nodiscard]] bool are_expected(Slot slot) const { return !paths_.empty() && count(slot) > 0; }
  /// When the next path is to be settled; max(): none.
  [[nodiscard]] SteadyTime next() const { return expected_.empty() ? SteadyTime::max() : expected_.front().until; }
  /// A slot whose straggler can no longer come at `now`; nothing: there is none, or no more. Each call of expect() is
  /// answered once.
  std::optional<Slot> take_gone(SteadyTime now);
  /// What does not add up; empty: nothing.
  [[nodiscard]] std::string_view flaw() const;

 private:
  struct Expected {
    SteadyTime until;
    Slot slot;
  };
  struct Path {
    unsigned expected = 0;
    std::vector<Value> values;  ///< what the database took last, and what it may have taken since; newest last
  };

  void forget_known_values(Slot slot);
  [[nodiscard]] unsigned count(Slot slot) const;

  std::deque<Expected> expected_;
  std::unordered_map<Slot, Path> paths_;
};

}  // namespace firebase_relay::coalesce
