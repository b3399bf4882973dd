#include "observe/log.h"

#include <fmt/format.h>
#include <spdlog/sinks/sink.h>

#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "observe/printable.h"

namespace firebase_relay::observe {
namespace {

using spdlog::level::level_enum;

struct LevelLook {
  std::string_view name;
  std::string_view colour;  // ECMA-48 SGR
};

LevelLook look_of(level_enum level) {
  switch (level) {
    case level_enum::trace:
    case level_enum::debug: return {"debug", "\033[2m"};
    case level_enum::info: return {"info", "\033[32m"};
    case level_enum::warn: return {"warn", "\033[33;1m"};
    default: return {"error", "\033[31;1m"};
  }
}

level_enum spdlog_level_of(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return level_enum::debug;
    case LogLevel::kInfo: return level_enum::info;
    case LogLevel::kWarn: return level_enum::warn;
    case LogLevel::kError: return level_enum::err;
  }
  return level_enum::info;
}

/// Turns spdlog's messages into lines for the writer. Without state of its own, so it needs no lock.
class LineSink : public spdlog::sinks::sink {
 public:
  LineSink(std::shared_ptr<AsyncWriter> writer, LogFormat format, bool colour)
      : writer_(std::move(writer)), format_(format), colour_(colour) {}

  void log(const spdlog::details::log_msg& message) override {
    const auto time = std::chrono::floor<std::chrono::milliseconds>(message.time);
    writer_->push(format_log_line(format_, colour_, message.level, time,
                                  std::string_view(message.payload.data(), message.payload.size())));
  }
  void flush() override {}  // Log::flush waits; a thread that logs never does
  void set_pattern(const std::string& /*pattern*/) override {}
  void set_formatter(std::unique_ptr<spdlog::formatter> /*formatter*/) override {}

 private:
  std::shared_ptr<AsyncWriter> writer_;
  LogFormat format_;
  bool colour_;
};

}  // namespace

bool wants_colour(int fd) {
  const char* no_colour = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  return ::isatty(fd) == 1 && (no_colour == nullptr || *no_colour == '\0') &&
         (terminal == nullptr || std::strcmp(terminal, "dumb") != 0);
}

std::string format_log_line(LogFormat format, bool colour, level_enum level, UtcMillis time, std::string_view text) {
  const LevelLook look = look_of(level);
  if (format == LogFormat::kText) {
    return fmt::format("{} {}{:<5}{} {}\n", iso_utc(time), colour ? look.colour : "", look.name,
                       colour ? "\033[0m" : "", printable(text));
  }
  // Member by member: nlohmann would sort them, and a person reads the time first. printable() leaves valid UTF-8.
  return fmt::format("{{\"ts\":\"{}\",\"level\":\"{}\",\"msg\":{}}}\n", iso_utc(time), look.name,
                     nlohmann::json(printable(text)).dump());
}

Log::Log(const Options& options)
    : log_(std::make_shared<AsyncWriter>(options.log_fd, kLogBytesMax)),
      messages_(std::make_unique<AsyncWriter>(options.messages_fd, kMessagesBytesMax)),
      logger_(std::make_unique<spdlog::logger>(
          "relay", std::make_shared<LineSink>(log_, options.format,
                                              options.format == LogFormat::kText && wants_colour(options.log_fd)))) {
  logger_->set_level(spdlog_level_of(options.level));
}

Log::~Log() {
  messages_->close(std::chrono::seconds(1));
  log_->close(std::chrono::seconds(1));
}

bool Log::flush(std::chrono::milliseconds patience) {
  const bool messages_written = messages_->flush(patience);
  return log_->flush(patience) && messages_written;
}

std::uint64_t Log::dropped_lines() const { return log_->dropped_lines() + messages_->dropped_lines(); }

}  // namespace firebase_relay::observe
