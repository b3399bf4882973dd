#pragma once

#include <spdlog/logger.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "firebase_relay/time.h"
#include "observe/async_writer.h"
#include "observe/log_options.h"

namespace firebase_relay::observe {

/// One line, newline and all, as the log writes it: `TIME level  text`, or {"ts":…,"level":…,"msg":…} as JSON.
/// Control characters of `text` are escaped in both.
std::string format_log_line(LogFormat format, bool colour, spdlog::level::level_enum level, UtcMillis time,
                            std::string_view text);

/// Colours only where somebody sees them and has not asked for none (no-color.org).
bool wants_colour(int fd);

/// What the program says: its log on stderr, and the messages it relays (--log-messages) on stdout. Each is written by
/// a thread of its own through a bound of bytes, so that neither holds up the relay or the other one
/// (observe/async_writer.h).
///
/// Ownership: one per program; nobody may use logger() after it is gone.
/// Threads:   any.
class Log {
 public:
  /// What is written, and to which descriptors; they stay the caller's (observe/async_writer.h).
  struct Options {
    LogLevel level = LogLevel::kInfo;
    LogFormat format = LogFormat::kText;
    int log_fd = STDERR_FILENO;
    int messages_fd = STDOUT_FILENO;
  };
  /// Waiting text beyond this is dropped, oldest first: a few thousand lines of log, several seconds of messages.
  static constexpr std::size_t kLogBytesMax = std::size_t{1} << 20;
  static constexpr std::size_t kMessagesBytesMax = std::size_t{8} << 20;

  /// Starts the two writing threads.
  explicit Log(const Options& options);
  /// Writes what is waiting; gives up on a blocked descriptor after a second.
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  /// For the log's lines. They never wait for a terminal.
  [[nodiscard]] spdlog::logger& logger() { return *logger_; }
  /// `lines` as they are, whole lines each with its newline.
  void print_messages(std::string lines) { messages_->push(std::move(lines)); }
  /// Waits until everything said so far is written; false: not within `patience`.
  bool flush(std::chrono::milliseconds patience);
  /// Lines of either kind that were never written, because nobody read them in time.
  [[nodiscard]] std::uint64_t dropped_lines() const;

 private:
  std::shared_ptr<AsyncWriter> log_;
  std::unique_ptr<AsyncWriter> messages_;
  std::unique_ptr<spdlog::logger> logger_;
};

}  // namespace firebase_relay::observe
