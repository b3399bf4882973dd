#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "firebase_relay/kind.h"

namespace firebase_relay::keep {

/// Days of which a removal went out, as long as nobody knows whether they are gone: an answer that is lost says
/// nothing, and a day that is not listed any more is not removed once more. What the database lists tells it in the
/// end.
///
/// Pure; one thread.
class InDoubt {
 public:
  /// So many are remembered, and then the oldest is forgotten. Each costs a round, which ends with it, so that more
  /// than a few are those of places that are listed no more.
  static constexpr std::size_t kDaysMax = 16;

  struct Removal {
    Kind kind;
    std::string path;  ///< as it stands between quotes
    bool operator==(const Removal&) const = default;
  };
  /// A request that removes the day, or some of what stands there, goes out.
  void sent(Removal day);
  /// It is known what has become of the day at `path`. Nothing: it was not in doubt.
  std::optional<Removal> settle(std::string_view path);
  /// `node` has these keys and no others: takes out the days below it that are gone.
  std::vector<Removal> take_gone(std::string_view node, const std::vector<std::string>& keys);
  [[nodiscard]] const std::vector<Removal>& days() const { return days_; }

 private:
  std::vector<Removal> days_;  // the oldest first
};

}  // namespace firebase_relay::keep
