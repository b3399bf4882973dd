#include "terminal/words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace firebase_relay::terminal {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(Words, OfNothingAreNone) {
  const Words words = read_words({}, Command::kRun).value();
  EXPECT_THAT(words.flags, IsEmpty());
  EXPECT_THAT(words.command_flags, IsEmpty());
  EXPECT_THAT(words.plain, IsEmpty());
}

TEST(Words, TakeATextBehindABlankOrAnEqualsSign) {
  const Words words =
      read_words({"--workers", "3", "--outbox=a=b", "--instance=", "--routes", "-"}, Command::kRun).value();
  EXPECT_THAT(words.flags,
              ElementsAre(Pair("instance", ""), Pair("outbox", "a=b"), Pair("routes", "-"), Pair("workers", "3")));
}

TEST(Words, TakeWhateverStandsBehindAFlagForItsText) {
  EXPECT_THAT(read_words({"--workers", "-4"}, Command::kRun)->flags, ElementsAre(Pair("workers", "-4")));
  EXPECT_THAT(read_words({"--outbox", "--file"}, Command::kRun)->flags, ElementsAre(Pair("outbox", "--file")));
}

TEST(Words, OfASwitchTakeATextBehindAnEqualsSignAlone) {
  EXPECT_THAT(read_words({"--history", "--log-messages", "--allow-plaintext"}, Command::kRun)->flags,
              ElementsAre(Pair("allow-plaintext", "true"), Pair("history", "true"), Pair("log-messages", "on")));
  EXPECT_THAT(read_words({"--no-history", "--log-messages=off"}, Command::kRun)->flags,
              ElementsAre(Pair("history", "false"), Pair("log-messages", "off")));
  EXPECT_FALSE(read_words({"--log-messages", "off"}, Command::kRun)) << "run takes no plain word";
}

TEST(Words, CountTheLastOfAFlagAndAllChannels) {
  const Words words =
      read_words({"--history", "--channels", "a", "--no-history", "--channels=b,c"}, Command::kRun).value();
  EXPECT_THAT(words.flags, ElementsAre(Pair("channels", "a,b,c"), Pair("history", "false")));
}

TEST(Words, KnowTheFlagsOfTheirCommandAlone) {
  const Words words = read_words({"drop", "--all", "17"}, Command::kDeadLetters).value();
  EXPECT_THAT(words.command_flags, ElementsAre(Pair("all", "true")));
  EXPECT_THAT(words.plain, ElementsAre("drop", "17"));
  EXPECT_FALSE(read_words({"--all"}, Command::kRun));
  EXPECT_THAT(read_words({"--route-test", "-"}, Command::kCheck)->command_flags, ElementsAre(Pair("route-test", "-")));
}

TEST(Words, BehindTwoDashesAreAllPlain) {
  EXPECT_THAT(read_words({"show", "--", "--all", "--"}, Command::kDeadLetters)->plain,
              ElementsAre("show", "--all", "--"));
}

struct Wrong {
  const char* name;
  Command command;
  std::vector<std::string> words;
  std::string_view complaint;
};

class WrongWords : public testing::TestWithParam<Wrong> {};

TEST_P(WrongWords, AreToldInOneLineWithoutTheirTexts) {
  const Result<Words> words = read_words(GetParam().words, GetParam().command);
  ASSERT_FALSE(words);
  EXPECT_EQ(words.error().code, ErrorCode::kInvalid);
  EXPECT_EQ(words.error().what, GetParam().complaint);
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongWords,
    testing::Values(
        Wrong{"no_text", Command::kRun, {"--workers"}, "--workers: expected a value behind it"},
        Wrong{"a_flag_for_a_text",
              Command::kRun,
              {"--redis-url", "--workers", "3"},
              "--redis-url: expected a value behind it, not the flag --workers"},
        Wrong{"unknown", Command::kRun, {"--worker=s3cret"}, "unknown flag --worker; did you mean --workers?"},
        Wrong{"one_dash", Command::kRun, {"-workers", "3"}, "unknown flag -workers; did you mean --workers?"},
        Wrong{"of_another_command", Command::kRun, {"--watch"}, "unknown flag --watch; see firebase-relay --help"},
        Wrong{"no_twice", Command::kRun, {"--no-history=false"}, "--no-history: expected no value behind it"},
        Wrong{"not_all", Command::kDeadLetters, {"drop", "--all=false"}, "--all: expected no value behind it"},
        Wrong{"plain",
              Command::kRun,
              {"--workers", "3", "4"},
              "unexpected argument '4': expected flags, after the command"},
        Wrong{"behind_two_dashes",
              Command::kRun,
              {"--", "--worker"},
              "unexpected argument '--worker': expected flags, after the command"},
        Wrong{"too_few", Command::kReplay, {}, "replay: too few words; expected replay FILE [--live] [flags]"}),
    [](const auto& wrong) { return wrong.param.name; });

}  // namespace
}  // namespace firebase_relay::terminal
