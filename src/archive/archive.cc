#include "archive/archive.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/clock.h"
#include "base/thread.h"

namespace firebase_relay::archive {
namespace {

constexpr std::uint64_t kWriteBytesMax = 1 << 20;  // of lines that are written before anything else is looked at
constexpr std::chrono::milliseconds kRest{2};      // between two writes, unless so much waits:
constexpr std::uint64_t kEnoughBytes = 1 << 18;

}  // namespace

Archive::Archive(Folder folder, std::uint64_t free_bytes_min, Wiring wiring)
    : wiring_(std::move(wiring)),
      writer_(std::move(folder), free_bytes_min, wiring_.events, read_clocks()),
      thread_(start_thread("archive", [this] { run(); })) {}

Archive::~Archive() { finish(); }

ArchivePosition Archive::put(std::vector<DayLines> days) {
  auto item = std::make_unique<Item>();
  item->bytes = bytes_of(days);
  if (queued_bytes_.load(std::memory_order_relaxed) + item->bytes > kQueueBytesMax) {
    const std::lock_guard lock(mutex_);
    for (const DayLines& lines : days) lost_[lines.day] += lines.lines;
    // One that has nothing in it: who waits for it waits for the marks. One is enough, however long the disk stands.
    if (!std::exchange(tells_of_lost_, true)) push(std::make_unique<Item>());
    return last_;
  }
  queued_bytes_.fetch_add(item->bytes, std::memory_order_relaxed);
  item->days = std::move(days);
  push(std::move(item));
  return last_;
}

void Archive::push(std::unique_ptr<Item> item) {
  item->put_at = std::chrono::steady_clock::now();
  queue_.push(std::move(item));
  if (sleeps_.take()) wakeup_.signal();
  ++last_;
}

void Archive::wake_when_written(ArchivePosition position) {
  wake_wanted_.ask();
  if (written() > position && wake_wanted_.take()) wiring_.wake();
}

bool Archive::finish() {
  if (!thread_.joinable()) return is_marked_;
  finishing_.store(true, std::memory_order_release);  // pairs with run()
  wakeup_.signal();
  thread_.join();
  return is_marked_;
}

void Archive::run() {
  SteadyTime due{};
  for (;;) {
    const bool is_last = finishing_.load(std::memory_order_acquire);  // pairs with finish(): all is in the queue
    if (!is_last) rest();
    const bool has_written = write_waiting();
    const Now now = read_clocks();
    if (now.steady >= due) due = writer_.work(now);
    if (has_written) continue;
    if (is_last) break;
    if (due > now.steady) sleep_until(due);
  }
  is_marked_ = writer_.end(read_clocks());
}

/// Lets lines come together, so that many small writes are a few large ones.
void Archive::rest() {
  const SteadyTime now = std::chrono::steady_clock::now();
  if (now < rest_until_ && queued_bytes_.load(std::memory_order_relaxed) < kEnoughBytes)
    std::this_thread::sleep_for(rest_until_ - now);
}

/// False: there was nothing.
bool Archive::write_waiting() {
  std::vector<DayLines> days;
  std::uint64_t bytes = 0;
  std::uint64_t items = 0;
  SteadyTime oldest = SteadyTime::max();
  while (bytes < kWriteBytesMax) {
    const std::unique_ptr<Item> item = queue_.try_pop();
    if (!item) break;
    bytes += item->bytes;
    ++items;
    oldest = std::min(oldest, item->put_at);
    std::move(item->days.begin(), item->days.end(), std::back_inserter(days));
  }
  if (items == 0) return false;
  std::stable_sort(days.begin(), days.end(), [](const DayLines& a, const DayLines& b) { return a.day < b.day; });
  writer_.write(days, read_clocks());
  write_off_lost();
  const SteadyTime now = std::chrono::steady_clock::now();
  rest_until_ = now + kRest;
  queued_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  written_.fetch_add(items, std::memory_order_release);  // pairs with written()
  if (wake_wanted_.take()) wiring_.wake();
  if (now - oldest > kWaitMax) wiring_.events.late(now - oldest, now);
  return true;
}

void Archive::write_off_lost() {
  std::map<Day, std::uint64_t> lost;
  {
    const std::lock_guard lock(mutex_);
    lost.swap(lost_);
    tells_of_lost_ = false;
  }
  const Now now = read_clocks();
  for (const auto& [day, lines] : lost) writer_.lose(day, lines, now);
}

/// Says that the next item has to wake it, then looks once more: one that came in between has not.
void Archive::sleep_until(SteadyTime due) {
  sleeps_.ask();
  if (queue_.size() == 0 && !finishing_.load(std::memory_order_acquire)) {  // finish() wakes it in any case
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(due - std::chrono::steady_clock::now());
    wakeup_.wait(std::max(left, std::chrono::milliseconds(0)));
  }
  sleeps_.take_back();
}

}  // namespace firebase_relay::archive
