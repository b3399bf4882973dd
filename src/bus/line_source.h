#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <istream>
#include <memory>
#include <string>

#include "base/queue.h"
#include "base/wakeup.h"
#include "firebase_relay/message.h"
#include "firebase_relay/source.h"

namespace firebase_relay::bus {

/// Messages from a file, one a line (bus/input_line.h), as fast as they are taken: a line that is none is counted and
/// left out. Ends with the file.
///
/// Threads: as Source.
class LineSource final : public Source {
 public:
  /// Where messages go, and who is asked and told. All of it must outlive the source.
  struct Wiring {
    Queue<MessageBlock>& messages;
    Queue<MessageBlock>& emptied;  ///< blocks to use again
    ByteBudget& budget;
    std::function<void(std::size_t messages)> received;
    std::function<std::uint64_t()> in_flight;              ///< messages that are not delivered yet
    std::function<void(std::uint64_t line)> not_readable;  ///< the number of a line that is no message
    std::function<void()> ended;
  };
  /// `lines` must outlive run().
  LineSource(std::istream& lines, Wiring wiring);

  void run(std::stop_token stop) override;
  void room_came() override;
  [[nodiscard]] bool is_subscribed() const override { return false; }
  [[nodiscard]] std::optional<UtcMillis> read_until() const override { return std::nullopt; }
  [[nodiscard]] SteadyTime last_turn() const override { return std::chrono::steady_clock::now(); }

 private:
  bool read_block(MessageBlock& block);
  [[nodiscard]] bool has_room() const;
  void hand_over(std::unique_ptr<MessageBlock> block);

  std::istream& lines_;
  Wiring wiring_;
  Wakeup wakeup_;
  std::uint64_t line_ = 0;
  std::uint64_t last_block_ = 0;
  Sequence last_sequence_ = 0;
  std::atomic<bool> waits_{false};
};

}  // namespace firebase_relay::bus
