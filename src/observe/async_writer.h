#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace firebase_relay::observe {

/// Writes text to a file descriptor on a thread of its own, so that a terminal that has stopped, or a pipe that nobody
/// reads, never holds up a relay thread. Bounded in bytes: at the bound the oldest text goes and is counted.
///
/// Why a thread of our own and not spdlog's pool: that one bounds the number of lines and not their bytes (a line may
/// hold a payload of a MiB), and waits for a blocked descriptor for ever when the program ends.
///
/// Ownership: the descriptor stays the caller's and must stay open until the end of the process if close() gives up.
/// Threads:   any. Errors: what cannot be written is dropped and counted.
class AsyncWriter {
 public:
  /// Starts the thread. `bytes_max`: how much text may wait.
  AsyncWriter(int fd, std::size_t bytes_max);
  /// As close(), with a second to finish in.
  ~AsyncWriter();
  AsyncWriter(const AsyncWriter&) = delete;
  AsyncWriter& operator=(const AsyncWriter&) = delete;

  /// `text` ends with a newline; it is written whole or not at all. After close() it is dropped.
  void push(std::string text);
  /// Waits until everything pushed so far is written; false: not within `patience`.
  bool flush(std::chrono::milliseconds patience);
  /// Takes no more, writes what is left, and ends the thread; one that is stuck in a write is left behind after
  /// `patience`.
  void close(std::chrono::milliseconds patience);
  /// Lines that were never written.
  [[nodiscard]] std::uint64_t dropped_lines() const;

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with the thread, which may have to be left behind
};

}  // namespace firebase_relay::observe
