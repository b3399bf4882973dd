#include "observe/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "observe/pipe_pair.h"

namespace firebase_relay::observe {
namespace {

using spdlog::level::level_enum;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

constexpr UtcMillis kLogged{std::chrono::milliseconds(1778078351786)};

TEST(LogLine, AlignsItsTextBehindEveryLevel) {
  EXPECT_EQ(format_log_line(LogFormat::kText, false, level_enum::info, kLogged, "up"),
            "2026-05-06T14:39:11.786Z info  up\n");
  EXPECT_EQ(format_log_line(LogFormat::kText, false, level_enum::err, kLogged, "down"),
            "2026-05-06T14:39:11.786Z error down\n");
}

TEST(LogLine, ColoursTheLevelAlone) {
  EXPECT_EQ(format_log_line(LogFormat::kText, true, level_enum::info, kLogged, "up"),
            "2026-05-06T14:39:11.786Z \033[32minfo \033[0m up\n");
}

TEST(LogLine, CannotBeForgedByAPayload) {
  const std::string line =
      format_log_line(LogFormat::kText, false, level_enum::warn, kLogged, "a\n2026 error fake\033[2J");

  EXPECT_EQ(line, "2026-05-06T14:39:11.786Z warn  a\\n2026 error fake\\x1b[2J\n");
}

TEST(LogLine, IsOneJsonObjectWhateverTheText) {
  const std::string line = format_log_line(LogFormat::kJson, true, level_enum::warn, kLogged, "say \"hi\"\\\n\xFF ü");

  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json["ts"], "2026-05-06T14:39:11.786Z");
  EXPECT_EQ(json["level"], "warn");
  EXPECT_EQ(json["msg"], "say \"hi\"\\\\n\\xff ü");
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
}

class LogTest : public testing::Test {
 protected:
  PipePair log_pipe_;
  PipePair messages_pipe_;

  Log::Options options_with(LogLevel level) const {
    return {level, LogFormat::kText, log_pipe_.write_end(), messages_pipe_.write_end()};
  }
};

TEST_F(LogTest, WritesALinePerCall) {
  Log log(options_with(LogLevel::kInfo));

  log.logger().info("subscribed at {}", "redis://h");

  ASSERT_TRUE(log.flush(seconds(10)));
  EXPECT_THAT(log_pipe_.read_available(), MatchesRegex("[0-9T:.-]+Z info  subscribed at redis://h\n"));
}

/// What a log to a terminal of its own looks like there.
std::string on_a_terminal(LogFormat format) {
  int terminal = -1;
  int program = -1;
  EXPECT_EQ(::openpty(&terminal, &program, nullptr, nullptr, nullptr), 0);
  {
    Log log({LogLevel::kInfo, format, program, program});
    log.logger().info("up");
  }
  char text[256];
  const ssize_t size = ::read(terminal, text, sizeof text);
  ::close(program);
  ::close(terminal);
  return {text, static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

TEST_F(LogTest, IsColouredOnATerminalAlone) {
  ::unsetenv("NO_COLOR");
  ::setenv("TERM", "xterm", 1);
  EXPECT_THAT(on_a_terminal(LogFormat::kText), HasSubstr("\033[32minfo \033[0m up"));
  EXPECT_THAT(on_a_terminal(LogFormat::kJson), Not(HasSubstr("\033")));
  ::setenv("NO_COLOR", "1", 1);
  EXPECT_THAT(on_a_terminal(LogFormat::kText), Not(HasSubstr("\033")));
  ::unsetenv("NO_COLOR");
  ::setenv("TERM", "dumb", 1);
  EXPECT_THAT(on_a_terminal(LogFormat::kText), Not(HasSubstr("\033")));
}

TEST_F(LogTest, LeavesOutWhatIsBelowItsLevel) {
  Log log(options_with(LogLevel::kWarn));

  log.logger().info("quiet");
  log.logger().warn("loud");

  ASSERT_TRUE(log.flush(seconds(10)));
  const std::string text = log_pipe_.read_available();
  EXPECT_THAT(text, HasSubstr("loud"));
  EXPECT_THAT(text, Not(HasSubstr("quiet")));
}

TEST_F(LogTest, PrintsMessagesAsTheyAreAndApartFromTheLog) {
  Log log(options_with(LogLevel::kInfo));

  log.print_messages("14:39:11 TICKER_UPDATES_AAPL price AAPL {\"price\":1}\n");

  ASSERT_TRUE(log.flush(seconds(10)));
  EXPECT_EQ(messages_pipe_.read_available(), "14:39:11 TICKER_UPDATES_AAPL price AAPL {\"price\":1}\n");
  EXPECT_EQ(log_pipe_.read_available(), "");
}

TEST_F(LogTest, GoesOnLoggingWhileStdoutIsStuck) {
  messages_pipe_.fill();
  Log log(options_with(LogLevel::kInfo));
  log.print_messages("stuck\n");

  log.logger().info("still here");

  while (log_pipe_.read_available().find("still here") == std::string::npos) std::this_thread::yield();
  messages_pipe_.read_available();
  EXPECT_TRUE(log.flush(seconds(10)));
}

TEST_F(LogTest, WritesWhatIsWaitingBeforeItGoes) {
  {
    Log log(options_with(LogLevel::kInfo));
    for (int i = 0; i < 100; ++i) log.logger().info("line {}", i);
  }
  EXPECT_THAT(log_pipe_.read_available(), HasSubstr("line 99\n"));
}

TEST_F(LogTest, CountsTheLinesItHadToDrop) {
  Log log(options_with(LogLevel::kInfo));

  log.print_messages(std::string(Log::kMessagesBytesMax, 'x') + "\n");

  EXPECT_EQ(log.dropped_lines(), 1u);
}

TEST_F(LogTest, TakesLinesFromManyThreads) {
  Log log(options_with(LogLevel::kInfo));
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < 50; ++n) log.logger().info("x");
      });
    }
  }
  ASSERT_TRUE(log.flush(seconds(10)));
  const std::string text = log_pipe_.read_available();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 200);
}

}  // namespace
}  // namespace firebase_relay::observe
