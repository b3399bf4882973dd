#include "deliver/verdicts.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "support/paths.h"

namespace firebase_relay::deliver {
namespace {

using enum Answer::Transport;
using enum Verdict;

Answer answered(int status, bool write_too_big = false) {
  Answer answer;
  answer.status = status;
  answer.write_too_big = write_too_big;
  return answer;
}

Answer given_back(int status) {
  Answer answer = answered(status);
  answer.gives_back = true;
  return answer;
}

Answer unanswered(Answer::Transport transport) {
  Answer answer;
  answer.transport = transport;
  return answer;
}

TEST(Verdicts, JudgesEveryAnswerAsTheContractSays) {
  struct Case {
    Answer answer;
    Verdict verdict;
    std::string_view reason;
    HoldReason hold;
    bool may_still_apply;
  };
  const Case cases[] = {
      {unanswered(kConnect), kRetry, "connect", HoldReason::kNone, false},
      {unanswered(kDns), kRetry, "dns", HoldReason::kNone, false},
      {unanswered(kTls), kRetry, "tls", HoldReason::kNone, false},
      {unanswered(kTimeout), kRetry, "timeout", HoldReason::kNone, true},
      {unanswered(kReset), kRetry, "reset", HoldReason::kNone, true},
      {given_back(200), kAcknowledged, "ok", HoldReason::kNone, false},
      {answered(204), kAcknowledged, "ok", HoldReason::kNone, false},
      {answered(400), kBisect, "refused", HoldReason::kNone, false},
      {answered(400, true), kNarrow, "write_too_big", HoldReason::kNone, false},
      {answered(401), kRefresh, "unauthorized", HoldReason::kUnauthorized, false},
      {answered(402), kHold, "payment", HoldReason::kPayment, false},
      {answered(403), kRefresh, "forbidden", HoldReason::kForbidden, false},
      {answered(404), kHold, "not_found", HoldReason::kNotFound, false},
      {answered(408), kRetry, "request_timeout", HoldReason::kNone, true},
      {answered(413), kSplit, "too_large", HoldReason::kNone, false},
      {answered(423), kHold, "locked", HoldReason::kLocked, false},
      {answered(429), kRetry, "too_many_requests", HoldReason::kNone, false},
      {answered(500), kRetry, "server_error", HoldReason::kNone, true},
      {answered(502), kRetry, "server_error", HoldReason::kNone, true},
      {answered(503), kRetry, "unavailable", HoldReason::kNone, false},
      {answered(504), kRetry, "server_error", HoldReason::kNone, true},
      {answered(200), kHold, "unknown_answer", HoldReason::kUnknownAnswer, true},
      {answered(201), kHold, "unknown_answer", HoldReason::kUnknownAnswer, true},
      {answered(202), kHold, "unknown_answer", HoldReason::kUnknownAnswer, true},
      {given_back(202), kHold, "unknown_answer", HoldReason::kUnknownAnswer, true},
      {answered(205), kHold, "unknown_answer", HoldReason::kUnknownAnswer, true},
      {answered(299), kHold, "unknown_answer", HoldReason::kUnknownAnswer, true},
      {given_back(400), kBisect, "refused", HoldReason::kNone, false},
      {answered(302), kHold, "unknown_answer", HoldReason::kUnknownAnswer, false},
      {answered(412), kHold, "unknown_answer", HoldReason::kUnknownAnswer, false},
      {answered(418), kHold, "unknown_answer", HoldReason::kUnknownAnswer, false},
      {answered(0), kHold, "unknown_answer", HoldReason::kUnknownAnswer, true},
  };
  std::set<std::string_view> reached;
  for (const Case& one : cases) {
    const AnswerRule& rule = judge(one.answer);
    EXPECT_EQ(rule.verdict, one.verdict) << one.reason << one.answer.status;
    EXPECT_EQ(rule.reason, one.reason) << one.answer.status;
    EXPECT_EQ(rule.hold, one.hold) << one.reason;
    EXPECT_EQ(rule.may_still_apply, one.may_still_apply) << one.reason;
    reached.insert(rule.reason);
  }
  for (const AnswerRule& rule : answer_rules())
    EXPECT_TRUE(reached.contains(rule.reason)) << rule.reason << " has no case";
}

TEST(Verdicts, ReasonsAreThoseOfTheDocumentation) {
  std::ifstream in(test_support::source_dir() + "/docs/reasons.md");
  std::ostringstream text;
  text << in.rdbuf();
  const std::string page = text.str();
  const std::string retries = page.substr(page.find("## Retries"));
  ASSERT_FALSE(retries.empty());
  for (const AnswerRule& rule : answer_rules()) {
    const bool is_listed = retries.find('`' + std::string(rule.reason) + '`') != std::string::npos;
    EXPECT_EQ(is_listed, rule.verdict != kAcknowledged) << rule.reason;
  }
  for (const std::string_view reason : kRetryReasonNames) {
    EXPECT_NE(retries.find('`' + std::string(reason) + '`'), std::string::npos) << reason;
  }
  for (const std::string_view reason : kDeadLetterReasonNames) {
    EXPECT_NE(page.find("| `" + std::string(reason) + "` |"), std::string::npos) << reason;
  }
}

}  // namespace
}  // namespace firebase_relay::deliver
