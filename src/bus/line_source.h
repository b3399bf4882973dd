#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <istream>
#include <memory>
#include <string>
#include <string_view>

#include "base/queue.h"
#include "base/wakeup.h"
#include "firebase_relay/fragment.h"
#include "firebase_relay/message.h"
#include "firebase_relay/source.h"

namespace firebase_relay::bus {

/// Messages from a file, one a line (bus/input_line.h), as fast as they are taken, and entries of an archive, which are
/// finished and go past the workers. A line that is neither is counted and left out. Ends with the file.
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
    std::function<std::uint64_t()> in_flight;  ///< messages that are not delivered yet
    /// The number of a line that is left out, and why.
    std::function<void(std::uint64_t line, std::string_view why)> not_readable;
    std::function<void()> ended;
    /// Adds the entry of an archive's line, with its bytes. Empty: taken; else why not (static text).
    std::function<std::string_view(std::string_view line, FragmentBlock&)> add_entry;
    std::function<void(std::unique_ptr<FragmentBlock>)> take_entries;
  };
  /// `lines` must outlive run().
  LineSource(std::istream& lines, Wiring wiring);

  void run(std::stop_token stop) override;
  void room_came() override;
  [[nodiscard]] bool is_subscribed() const override { return false; }
  [[nodiscard]] std::optional<UtcMillis> read_until() const override { return std::nullopt; }
  [[nodiscard]] SteadyTime last_turn() const override { return std::chrono::steady_clock::now(); }

 private:
  bool read_block(MessageBlock& block, FragmentBlock& entries);
  [[nodiscard]] bool has_room() const;
  template <class Block>
  void number(Block& block, std::size_t messages, std::uint64_t bytes);
  void hand_over(std::unique_ptr<MessageBlock> block);
  void hand_over(std::unique_ptr<FragmentBlock> entries);

  std::istream& lines_;
  Wiring wiring_;
  Wakeup wakeup_;
  std::uint64_t line_ = 0;
  std::uint64_t last_block_ = 0;
  Sequence last_sequence_ = 0;
  std::atomic<bool> waits_{false};
};

}  // namespace firebase_relay::bus
