#include "bus/name_lookup.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <semaphore>
#include <stdexcept>

#include "support/eventually.h"

namespace firebase_relay::bus {
namespace {

using std::chrono::milliseconds;
using test_support::eventually;

/// A resolver whose calls hang until they are let go. What it is made of outlives the test, as its threads may.
struct Hanging {
  std::shared_ptr<std::counting_semaphore<>> gate = std::make_shared<std::counting_semaphore<>>(0);
  std::shared_ptr<std::atomic<int>> begun = std::make_shared<std::atomic<int>>(0);

  [[nodiscard]] Resolver resolver() const {
    return [gate = gate, begun = begun](const std::string&, std::uint16_t port) -> Result<std::vector<Address>> {
      const int number = ++*begun;
      gate->acquire();
      return std::vector<Address>{*literal_address("127.0.0." + std::to_string(number), port)};
    };
  }
};

std::optional<Result<std::vector<Address>>> wait_for_answer(NameLookup& names) {
  std::optional<Result<std::vector<Address>>> answer;
  eventually([&] {
    answer = names.take();
    return answer.has_value();
  });
  return answer;
}

TEST(NameLookup, GivesTheAddressesOfAName) {
  NameLookup names;
  names.ask("localhost", 6379);
  const auto answer = wait_for_answer(names);
  ASSERT_TRUE(answer && *answer);
  std::vector<std::string> shown;
  for (const Address& address : **answer) shown.push_back(address.shown());
  EXPECT_NE(std::find(shown.begin(), shown.end(), "127.0.0.1:6379"), shown.end());
  EXPECT_FALSE(names.take()) << "once";
}

TEST(NameLookup, SaysWhichNameCannotBeLookedUpAndWhatToDo) {
  NameLookup names;
  names.ask("no such name", 6379);
  const auto answer = wait_for_answer(names);
  ASSERT_TRUE(answer && !*answer);
  EXPECT_EQ(answer->error().code, ErrorCode::kUnavailable);
  EXPECT_NE(answer->error().what.find("'no such name'"), std::string::npos) << answer->error().what;
  EXPECT_NE(answer->error().remedy.find("--redis-url"), std::string::npos);
}

TEST(NameLookup, IsLeftBehindWithoutAWait) {
  const Hanging hanging;
  const auto begin = std::chrono::steady_clock::now();
  {
    NameLookup names(hanging.resolver());
    names.ask("redis", 6379);
    EXPECT_FALSE(names.take());
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
  hanging.gate->release();
}

TEST(NameLookup, OneThatHangsDoesNotHoldUpTheNext) {
  const Hanging hanging;
  NameLookup names(hanging.resolver());
  names.ask("redis", 6379);
  ASSERT_TRUE(eventually([&] { return *hanging.begun == 1; }));
  names.ask("redis", 6379);
  ASSERT_TRUE(eventually([&] { return *hanging.begun == 2; }));
  hanging.gate->release(2);
  EXPECT_TRUE(wait_for_answer(names));
}

TEST(NameLookup, AreFewHoweverOftenItIsAsked) {
  const Hanging hanging;
  NameLookup names(hanging.resolver());
  for (int i = 0; i < 100; ++i) names.ask("redis", 6379);
  ASSERT_TRUE(eventually([&] { return *hanging.begun == NameLookup::kUnderWayMax; }));
  hanging.gate->release(NameLookup::kUnderWayMax);
  EXPECT_TRUE(wait_for_answer(names));
  EXPECT_EQ(*hanging.begun, NameLookup::kUnderWayMax);
}

TEST(NameLookup, AnswersOfAnEarlierRoundAreNotTakenForTodays) {
  const Hanging hanging;
  NameLookup names(hanging.resolver());
  names.ask("redis", 6379);
  names.ask("redis", 6379);
  ASSERT_TRUE(eventually([&] { return *hanging.begun == 2; }));
  hanging.gate->release();
  ASSERT_TRUE(wait_for_answer(names)) << "the first to answer";
  hanging.gate->release();  // the other answers now, days later perhaps

  EXPECT_FALSE(eventually([&] { return names.take().has_value(); }, milliseconds(200)));
}

TEST(NameLookup, ThatIsForgottenIsNotTakenForALaterOne) {
  const Hanging hanging;
  NameLookup names(hanging.resolver());
  names.ask("redis", 6379);
  ASSERT_TRUE(eventually([&] { return *hanging.begun == 1; }));
  names.forget();
  hanging.gate->release(2);
  EXPECT_FALSE(eventually([&] { return names.take().has_value(); }, milliseconds(200)));

  names.ask("redis", 6379);

  const auto answer = wait_for_answer(names);
  ASSERT_TRUE(answer && *answer);
  EXPECT_EQ((**answer).front().shown(), "127.0.0.2:6379") << "that of the second look-up";
}

TEST(NameLookup, ThatThrowsIsAnError) {
  NameLookup names([](const std::string&, std::uint16_t) -> Result<std::vector<Address>> { throw std::bad_alloc(); });
  names.ask("redis", 6379);
  const auto answer = wait_for_answer(names);
  EXPECT_TRUE(answer && !*answer);
}

TEST(Address, IsShownAsAPersonWritesIt) {
  EXPECT_EQ(literal_address("127.0.0.1", 6379)->shown(), "127.0.0.1:6379");
  EXPECT_EQ(literal_address("::1", 6379)->shown(), "[::1]:6379");
  EXPECT_EQ(unix_address("/run/redis.sock").shown(), "/run/redis.sock");
  EXPECT_FALSE(literal_address("localhost", 6379));
}

}  // namespace
}  // namespace firebase_relay::bus
