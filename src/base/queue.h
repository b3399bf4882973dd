#pragma once

#include <concurrentqueue.h>
#include <lightweightsemaphore.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace firebase_relay {

/// Hands whole blocks from thread to thread: our one wrapper of moodycamel's lock-free queue. Elements are unique_ptrs,
/// so that a block is moved and never copied. No bound of its own: see ByteBudget.
///
/// Threads: push() and close() from any thread, pop() and try_pop() from any thread.
/// Order:   of one producer's elements. Between producers none is promised; blocks carry numbers.
template <class T>
class Queue {
 public:
  /// Never waits; wakes one consumer that does. `element` is not null, and close() has not been called.
  void push(std::unique_ptr<T> element) {
    queue_.enqueue(std::move(element));
    ready_.signal();
  }
  /// The next element; waits for one. Null: closed and empty.
  std::unique_ptr<T> pop() {
    ready_.wait();
    std::unique_ptr<T> element;
    // The semaphore has counted an element that may not be visible to this consumer yet; after close() there is none.
    while (!queue_.try_dequeue(element)) {
      if (closed_.load(std::memory_order_acquire) && !queue_.try_dequeue(element)) {  // pairs with close()
        ready_.signal();                                                              // for the next one who waits
        return nullptr;
      }
      if (element) break;
    }
    return element;
  }
  /// For a consumer that waits elsewhere: the next element or null. Must not be mixed with pop().
  std::unique_ptr<T> try_pop() {
    std::unique_ptr<T> element;
    if (queue_.try_dequeue(element)) return element;
    return nullptr;
  }
  /// How many there are, about.
  [[nodiscard]] std::size_t size() const { return queue_.size_approx(); }
  /// No push() comes after this: pop() gives what is left, then null.
  void close() {
    closed_.store(true, std::memory_order_release);  // pairs with pop()
    ready_.signal();
  }

 private:
  moodycamel::ConcurrentQueue<std::unique_ptr<T>> queue_;
  moodycamel::LightweightSemaphore ready_{0, 0};  // no spinning: the cores have others to serve
  std::atomic<bool> closed_{false};
};

/// The bound of the pipeline: bytes of messages read and not yet taken by the flusher. At the bound reading pauses.
/// Threads: add() by the source, release() by the flusher, bytes() by any.
class ByteBudget {
 public:
  /// `bytes_max`: from here on is_full() holds.
  explicit ByteBudget(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}

  /// So much was read, and so much was taken. What is released was added before.
  void add(std::uint64_t bytes, std::uint64_t messages) noexcept {
    bytes_.fetch_add(bytes, std::memory_order_relaxed);
    messages_.fetch_add(messages, std::memory_order_relaxed);
  }
  void release(std::uint64_t bytes, std::uint64_t messages) noexcept {
    bytes_.fetch_sub(bytes, std::memory_order_seq_cst);  // as the next one pairs with the load of a source that waits
    messages_.fetch_sub(messages, std::memory_order_seq_cst);
  }
  /// What was added and not yet released.
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_.load(std::memory_order_seq_cst); }
  [[nodiscard]] std::uint64_t messages() const noexcept { return messages_.load(std::memory_order_seq_cst); }
  [[nodiscard]] bool is_full() const noexcept { return bytes() >= bytes_max_; }
  /// Reading goes on only when half is free again: no stop and go with every block.
  [[nodiscard]] bool has_room() const noexcept { return bytes() <= bytes_max_ / 2; }

 private:
  std::uint64_t bytes_max_;
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<std::uint64_t> messages_{0};
};

}  // namespace firebase_relay
