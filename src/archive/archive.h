#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "archive/day_lines.h"
#include "archive/folder.h"
#include "archive/writer.h"
#include "base/queue.h"
#include "base/wake_call.h"
#include "base/wakeup.h"
#include "firebase_relay/delivery.h"

namespace firebase_relay::archive {

/// The archive with its thread: history is handed over in blocks, and written in their order. Nobody waits for the
/// disk: whoever hands over looks at written(), or asks to be woken.
///
/// Threads: put(), written() and wake_when_written() by one, the flusher; the rest by the owner.
class Archive {
 public:
  /// Of lines that wait. What comes beyond it is lost, and its day has a hole.
  static constexpr std::uint64_t kQueueBytesMax = 16ull << 20;
  /// So long history waits, and a write counts as late beyond it.
  static constexpr std::chrono::milliseconds kWaitMax{250};

  /// Whom it tells. All of it must outlive the archive.
  struct Wiring {
    observe::ArchiveEvents& events;
    std::function<void()> wake;  ///< called on the archive's thread, once for each wake_when_written()
  };
  /// Starts the thread. `free_bytes_min`: as Writer has it.
  Archive(Folder folder, std::uint64_t free_bytes_min, Wiring wiring);
  ~Archive();
  Archive(const Archive&) = delete;
  Archive& operator=(const Archive&) = delete;

  /// Hands over lines. Returns the position that written() has reached when they are in their files, or lost, since
  /// there was no room, with the hole of their day marked.
  ArchivePosition put(std::vector<DayLines> days);
  /// How far it has come.
  [[nodiscard]] ArchivePosition written() const {
    return written_.load(std::memory_order_acquire);  // pairs with write_waiting()
  }
  /// Wiring::wake is to be called when it has come further than `position`; at once, if it has.
  void wake_when_written(ArchivePosition position);
  /// Writes and syncs what was handed over, and ends the thread. Nothing is put after it. False: as Writer::end().
  bool finish();

 private:
  struct Item {
    std::vector<DayLines> days;
    std::uint64_t bytes = 0;
    SteadyTime put_at;
  };
  void run();
  void rest();
  bool write_waiting();
  void write_off_lost();
  void push(std::unique_ptr<Item> item);
  void sleep_until(SteadyTime due);

  Wiring wiring_;
  Writer writer_;
  Queue<Item> queue_;
  Wakeup wakeup_;
  WakeCall sleeps_;
  std::atomic<bool> finishing_{false};
  std::atomic<std::uint64_t> queued_bytes_{0};
  std::atomic<ArchivePosition> written_{0};
  WakeCall wake_wanted_;
  ArchivePosition last_ = 0;  ///< of put()
  SteadyTime rest_until_{};   ///< of run()
  std::mutex mutex_;
  std::map<Day, std::uint64_t> lost_;  ///< lines for which there was no room; guarded by mutex_, with
  bool tells_of_lost_ = false;         ///< that an item stands in the queue behind which they are written off
  bool is_marked_ = true;              ///< of the thread, until it has ended
  std::jthread thread_;
};

}  // namespace firebase_relay::archive
