#include "flush/token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flush/http_client.h"

namespace firebase_relay::flush {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;

HttpResponse token_answer(const std::string& token, int life) {
  return {200, R"({"access_token":")" + token + R"(","expires_in":)" + std::to_string(life) + "}", ""};
}

HttpResponse invalid_grant(const std::string& date) {
  return {400, R"({"error":"invalid_grant","error_description":"Invalid JWT: check your iat and exp values"})", date};
}

constexpr const char* kNoon = "Wed, 06 May 2026 12:00:00 GMT";

/// A source with clocks that a test turns.
class Token : public testing::Test {
 protected:
  TokenNews exchange(Result<HttpResponse> answer) {
    source_.begin(now_);
    return source_.ended(std::move(answer), now_);
  }
  void pass(seconds time) { now_ = {now_.steady + time, now_.utc + time}; }
  std::string token() {
    const auto token = source_.token(now_.steady);
    if (!token) return "none: " + token.error().what;
    return *token ? std::string((*token)->reveal()) : "awaited";
  }
  [[nodiscard]] seconds due_in() const {
    return std::chrono::duration_cast<seconds>(std::max(source_.due(), SteadyTime{}) - now_.steady);
  }

  TokenSource source_{1};
  Now now_{SteadyTime(seconds(1000)),
           UtcMillis(std::chrono::sys_days(std::chrono::year(2026) / 5 / 6) + std::chrono::hours(12))};
};

TEST_F(Token, IsFetchedAtOnceAndAwaitedUntilThen) {
  EXPECT_LE(source_.due(), now_.steady);
  EXPECT_EQ(token(), "awaited");
  EXPECT_EQ(source_.begin(now_).time_since_epoch(), now_.utc.time_since_epoch());
  EXPECT_EQ(source_.due(), SteadyTime::max()) << "one exchange at a time";

  const TokenNews news = source_.ended(token_answer("t1", 3599), now_);

  EXPECT_EQ(news.life, seconds(3599));
  EXPECT_TRUE(news.is_first);
  EXPECT_EQ(token(), "t1");
}

TEST_F(Token, IsRenewedFiveMinutesBeforeItsEnd) {
  exchange(token_answer("t1", 3600));
  EXPECT_EQ(due_in(), minutes(55));
}

TEST_F(Token, ThatLivesShortIsRenewedAtHalfItsLife) {
  exchange(token_answer("t1", 599));
  EXPECT_EQ(due_in(), seconds(299));
  exchange(token_answer("t2", 2));
  EXPECT_EQ(due_in(), seconds(1));
}

TEST_F(Token, IsKeptUntilTheNewOneIsThere) {
  exchange(token_answer("t1", 3600));
  pass(minutes(55));
  source_.begin(now_);
  EXPECT_EQ(token(), "t1");
  const TokenNews news = source_.ended(token_answer("t2", 3600), now_);
  EXPECT_EQ(token(), "t2");
  EXPECT_FALSE(news.is_first) << "routine";
}

TEST_F(Token, IsKeptThroughTroubleUntilItHasExpired) {
  exchange(token_answer("t1", 3600));
  pass(minutes(55));
  const TokenNews news = exchange(fail(ErrorCode::kUnavailable, "no route"));
  EXPECT_FALSE(news.life);
  EXPECT_THAT(news.error.what, HasSubstr("no route"));
  EXPECT_EQ(token(), "t1");
  pass(minutes(5));
  EXPECT_THAT(token(), HasSubstr("no route")) << "expired";
  EXPECT_TRUE(exchange(token_answer("t2", 3600)).is_first) << "news after trouble";
  EXPECT_EQ(token(), "t2");
}

TEST_F(Token, LivesFromWhenItWasAskedFor) {
  source_.begin(now_);
  pass(seconds(9));
  source_.ended(token_answer("t1", 10), now_);
  EXPECT_EQ(token(), "t1");
  pass(seconds(1));
  EXPECT_EQ(token(), "awaited");
}

TEST_F(Token, ThatTheDatabaseRefusedIsNotUsedAgainAndAnotherIsDueAtOnce) {
  exchange(token_answer("t1", 3600));
  source_.refused(now_.steady);
  EXPECT_EQ(token(), "awaited");
  EXPECT_EQ(due_in(), seconds(0));
  exchange(token_answer("t2", 3600));
  EXPECT_EQ(token(), "t2");
}

TEST_F(Token, IsRetriedWithJitterAndEverLongerWaitsUpToAMinute) {
  std::chrono::milliseconds longest{0};
  for (int i = 0; i < 50; ++i) {
    const TokenNews news = exchange(HttpResponse{503, "", ""});
    EXPECT_THAT(news.error.what, HasSubstr("503"));
    EXPECT_GE(news.next_try_in, std::chrono::milliseconds(250));
    EXPECT_LE(news.next_try_in, i == 0 ? seconds(1) : seconds(60));
    EXPECT_EQ(source_.due(), now_.steady + news.next_try_in);
    longest = std::max(longest, news.next_try_in);
  }
  EXPECT_GT(longest, seconds(30));
}

TEST_F(Token, EndpointsTimeIsTakenWhenOurClockIsOffByMoreThanAMinute) {
  now_.utc -= minutes(17);

  const TokenNews news = exchange(invalid_grant(kNoon));

  EXPECT_THAT(news.error.what, HasSubstr("clock is 1020 s behind"));
  EXPECT_THAT(news.error.remedy, HasSubstr("NTP"));
  EXPECT_EQ(news.next_try_in, seconds(0));
  EXPECT_EQ(due_in(), seconds(0));
  EXPECT_EQ(token(), "awaited") << "not yet in trouble";
  EXPECT_EQ(source_.begin(now_), std::chrono::floor<seconds>(now_.utc + minutes(17)));
  source_.ended(token_answer("t1", 3600), now_);
  EXPECT_EQ(token(), "t1");

  pass(minutes(55));
  now_.utc += minutes(17);  // somebody set the clock
  exchange(invalid_grant("Wed, 06 May 2026 12:55:00 GMT"));
  EXPECT_EQ(source_.begin(now_), std::chrono::floor<seconds>(now_.utc));
}

TEST_F(Token, EndpointWhoseClockJumpsIsBelievedOnce) {
  now_.utc -= minutes(17);
  EXPECT_EQ(exchange(invalid_grant(kNoon)).next_try_in, seconds(0));
  EXPECT_GT(exchange(invalid_grant("Wed, 06 May 2026 18:00:00 GMT")).next_try_in, seconds(0));
}

TEST_F(Token, RefusalWithARightClockIsAboutTheKey) {
  now_.utc -= seconds(30);

  const TokenNews news = exchange(invalid_grant(kNoon));

  EXPECT_THAT(news.error.what, HasSubstr("invalid_grant: Invalid JWT"));
  EXPECT_THAT(news.error.remedy, HasSubstr("revoked"));
  EXPECT_GT(news.next_try_in, seconds(0));
}

TEST_F(Token, RefusalWithoutADateMayBeAboutEither) {
  const TokenNews news = exchange(invalid_grant(""));
  EXPECT_THAT(news.error.remedy, HasSubstr("revoked"));
  EXPECT_THAT(news.error.remedy, HasSubstr("clock"));
}

TEST_F(Token, AnswersWithoutATokenAreNoToken) {
  for (const char* body : {"", "[]", "{}", R"({"access_token":"t"})", R"({"access_token":"t","expires_in":0})",
                           R"({"access_token":"","expires_in":60})", R"({"access_token":1,"expires_in":60})",
                           R"({"access_token":"a\r\nX: y","expires_in":60})", R"({"access_token":"t","expires_in":-5})",
                           "<html>login</html>"}) {
    const TokenNews news = exchange(HttpResponse{200, body, ""});
    EXPECT_FALSE(news.life) << body;
    EXPECT_THAT(token(), HasSubstr("holds no access_token")) << body;
  }
}

TEST_F(Token, OtherRefusalsAreTold) {
  EXPECT_THAT(exchange(HttpResponse{401, R"({"error":"invalid_client"})", ""}).error.what, HasSubstr("invalid_client"));
  EXPECT_THAT(exchange(HttpResponse{404, "not here", ""}).error.what, HasSubstr("404"));
  EXPECT_THAT(exchange(HttpResponse{302, "", "", "", "https://login.example/in?next=1"}).error.what,
              HasSubstr("answers 302 to https://login.example/in"));
  EXPECT_EQ(exchange(HttpResponse{404, "not here", ""}).error.what.find("not here"), std::string::npos);
}

}  // namespace
}  // namespace firebase_relay::flush
