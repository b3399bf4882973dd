#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "firebase_relay/fragment.h"
#include "sim/random.h"

namespace firebase_relay::sim {

/// A message as the simulation publishes it. Its number is its value everywhere, so that a look at the database tells
/// which message wrote it, and which is newer.
struct Published {
  std::uint64_t number = 0;
  std::vector<std::string> live_paths;
  std::string history_path;  ///< empty: without history
  Kind kind = Kind::kUnrouted;
  bool poison = false;
  bool in_doubt = false;  ///< a crash fell into the time in which it may be lost
  SteadyTime arrived;     ///< when the relay had it, the last time
};

/// All that was published: the oracle, plain maps that share no code with the relay.
class Ledger {
 public:
  /// Makes `count` messages and the block in which they come. `sequence` is the relay's number of the first one.
  FragmentBlock publish(Random& random, std::uint32_t count, Sequence sequence, const Now& now, unsigned poison_percent,
                        bool history);
  /// The same in two steps, for a stream: messages are published, and a block has those from number `first` on, as
  /// often as they are read.
  void draw(Random& random, std::uint32_t count, const Now& now, unsigned poison_percent, bool history);
  FragmentBlock block_of(std::uint64_t first, std::uint32_t count, Sequence sequence, const Now& now);
  /// How many orders a ticker has: with many of them live values take many requests.
  void set_orders(std::uint64_t orders) { orders_ = orders; }
  [[nodiscard]] const std::vector<Published>& messages() const { return messages_; }
  std::vector<Published>& messages() { return messages_; }

 private:
  std::uint64_t orders_ = 3;
  std::vector<Published> messages_;
};

/// A message's value; that of poison makes the database refuse.
std::string value_of(std::uint64_t number, bool poison);
/// The number of the message that has this value.
std::uint64_t number_of(std::string_view value);

}  // namespace firebase_relay::sim
