#include "bus/redis_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace firebase_relay::bus {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string remedy_of(Command command, std::string_view reply, std::string_view user = "",
                      std::string_view pattern = "") {
  const Error error = explain({command, pattern, user, reply});
  EXPECT_THAT(error.what, HasSubstr(reply));
  return error.remedy;
}

TEST(RedisWords, NameTheRuleThatLacksAndWhoLacksIt) {
  EXPECT_THAT(
      remedy_of(Command::kSubscribe, "NOPERM User bob has no permissions to run the 'psubscribe' command", "bob"),
      HasSubstr("ACL SETUSER bob '+psubscribe'"));
  EXPECT_THAT(remedy_of(Command::kSubscribe, "NOPERM this user has no permissions to run the 'psubscribe' command"),
              HasSubstr("ACL SETUSER default '+psubscribe'"));
  EXPECT_THAT(remedy_of(Command::kSubscribe, "NOPERM No permissions to access a channel", "bob", "*"),
              HasSubstr("ACL SETUSER bob '&*'"));
  EXPECT_THAT(remedy_of(Command::kSubscribe,
                        "NOPERM this user has no permissions to access one of the channels used as arguments", "bob",
                        "TICKER_*"),
              HasSubstr("ACL SETUSER bob '&TICKER_*'"));
  EXPECT_THAT(remedy_of(Command::kPing, "NOPERM User bob has no permissions to run the 'ping' command", "bob"),
              HasSubstr("ACL SETUSER bob '+ping'"));
  EXPECT_THAT(remedy_of(Command::kSelect, "NOPERM User bob has no permissions to run the 'select' command", "bob"),
              HasSubstr("ACL SETUSER bob '+select'"));
}

TEST(RedisWords, NameWhatLacksToReadAStream) {
  EXPECT_THAT(remedy_of(Command::kRead, "NOPERM User bob has no permissions to run the 'xread' command", "bob", "bus"),
              HasSubstr("ACL SETUSER bob '+xread'"));
  EXPECT_THAT(
      remedy_of(Command::kInfoStream,
                "NOPERM this user has no permissions to run the 'xinfo' command or its subcommand", "bob", "bus"),
      HasSubstr("ACL SETUSER bob '+xinfo'"));
  EXPECT_THAT(remedy_of(Command::kRead, "NOPERM No permissions to access a key", "monkey", "bus"),
              HasSubstr("ACL SETUSER monkey '~bus'"));
  EXPECT_THAT(remedy_of(Command::kMakeGroup, "NOPERM User monkey has no permissions to run the 'xgroup|create' command",
                        "monkey", "bus"),
              HasSubstr("ACL SETUSER monkey '+xgroup|create'"));
  EXPECT_THAT(remedy_of(Command::kCommit,
                        "ERR ACL failure in script: User bob has no permissions to run the 'xgroup|setid' command",
                        "bob", "bus"),
              HasSubstr("ACL SETUSER bob '+xgroup|setid'"));
  EXPECT_THAT(
      remedy_of(Command::kCommit,
                "ERR The user executing the script can't run this command or subcommand script: 1dca73", "bob", "bus"),
      HasSubstr("ACL SETUSER bob '+xgroup'"));
  EXPECT_THAT(remedy_of(Command::kCommit,
                        "ERR The user executing the script can't access at least one of the keys mentioned in the "
                        "command arguments script: 1dca73",
                        "bob", "bus"),
              HasSubstr("ACL SETUSER bob '~bus'"));
  EXPECT_THAT(group_in_use("g", {1, 3}).what, HasSubstr("'g', and have 3 entries"));
  EXPECT_EQ(group_in_use("g", {1, 0}).what, "consumers read from the group 'g'");
  EXPECT_THAT(explain_replica().remedy, HasSubstr("master's address"));
}

TEST(RedisWords, HaveARemedyEach) {
  struct Known {
    Command command;
    const char* reply;
    const char* remedy;
  };
  const Known cases[] = {
      {Command::kSubscribe, "NOAUTH Authentication required.", "REDIS_PASSWORD"},
      {Command::kAuth, "WRONGPASS invalid username-password pair or user is disabled.", "correct"},
      {Command::kAuth, "ERR invalid password", "correct"},
      {Command::kAuth, "ERR Client sent AUTH, but no password is set", "take ours out"},
      {Command::kAuth, "ERR AUTH <password> called without any password configured for the default user. Are you sure?",
       "take ours out"},
      {Command::kAuth, "ERR wrong number of arguments for 'auth' command", "older than Redis 6"},
      {Command::kAuth, "ERR unknown command `AUTH`, with args beginning with: `x`, ", "auth"},
      {Command::kHello, "ERR max number of clients reached", "maxclients"},
      {Command::kHello, "DENIED Redis is running in protected mode because protected mode is enabled", "requirepass"},
      {Command::kPing, "LOADING Redis is loading the dataset in memory", "loads"},
      {Command::kSubscribe, "BUSY Redis is busy running a script.", "SCRIPT KILL"},
      {Command::kSubscribe, "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
       "master's address"},
      {Command::kSelect, "ERR DB index is out of range", "leave it out"},
      {Command::kSelect, "ERR SELECT is not allowed in cluster mode", "leave it out"},
      {Command::kSubscribe, "ERR unknown command 'PSUBSCRIBE'", "psubscribe"},
      {Command::kRead, "WRONGTYPE Operation against a key holding the wrong kind of value", "--streams"},
      {Command::kMakeGroup, "READONLY You can't write against a read only replica.", "master's address"},
      {Command::kRead, "CROSSSLOT Keys in request don't hash to the same slot", "hash tag"},
      {Command::kRead, "MOVED 3999 127.0.0.1:6381", "Cluster"},
      {Command::kCommit, "MISCONF Redis is configured to save RDB snapshots, but it is currently", "disk"},
      {Command::kMakeGroup, "OOM command not allowed when used memory > 'maxmemory'.", "maxmemory"},
      {Command::kCommit, "ERR unknown command 'EVAL'", "eval"},
  };
  for (const Known& each : cases)
    EXPECT_THAT(remedy_of(each.command, each.reply), HasSubstr(each.remedy)) << each.reply;
}

TEST(RedisWords, TellWhatGoesAwayByItself) {
  const auto code_of = [](std::string_view reply) { return explain({Command::kPing, "", "", reply}).code; };
  EXPECT_EQ(code_of("LOADING Redis is loading the dataset in memory"), ErrorCode::kUnavailable);
  EXPECT_EQ(code_of("BUSY Redis is busy running a script."), ErrorCode::kUnavailable);
  EXPECT_EQ(code_of("MASTERDOWN Link with MASTER is down"), ErrorCode::kUnavailable);
  EXPECT_EQ(code_of("NOPERM this user has no permissions to run the 'ping' command"), ErrorCode::kRefused);
  EXPECT_EQ(code_of("ERR unknown command 'PING'"), ErrorCode::kRefused);
}

TEST(RedisWords, TellStrangersApart) {
  EXPECT_THAT(explain_stranger("HTTP/1.1 400 Bad Request\r\nServer: x\r\n").what,
              StartsWith("not Redis' protocol: it says 'HTTP/1.1 400 Bad Request'"));
  EXPECT_THAT(explain_stranger("HTTP/1.1 400 Bad Request\r\n").remedy, HasSubstr("HTTP server"));
  EXPECT_THAT(explain_stranger(std::string_view("\x15\x03\x01\x00\x02\x02\x46", 7)).remedy,
              HasSubstr("this port speaks TLS: use rediss://"));
  EXPECT_THAT(explain_stranger("SSH-2.0-OpenSSH_9.2p1\r\n").remedy, HasSubstr("SSH"));
  EXPECT_THAT(explain_stranger("220 mail ESMTP\r\n").remedy, HasSubstr("--redis-url"));
  EXPECT_LT(explain_stranger(std::string(100'000, 'x')).what.size(), 100u);
  EXPECT_THAT(explain_silent_close("Connection reset by peer").remedy, HasSubstr("use rediss://"));
}

}  // namespace
}  // namespace firebase_relay::bus
