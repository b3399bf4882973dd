#include "classify/known_names.h"

#include <thread>

#include "classify/fragments_fixture.h"

namespace firebase_relay::classify {
namespace {

TEST(NameSet, AdmitsTheFirstNamesAndKnowsThemForEver) {
  NameSet names(2);
  EXPECT_TRUE(names.admit("AAPL"));
  EXPECT_TRUE(names.admit("AAPL"));
  EXPECT_TRUE(names.admit("MSFT"));
  EXPECT_FALSE(names.admit("NVDA"));
  EXPECT_TRUE(names.admit("AAPL"));
  EXPECT_TRUE(names.admit("MSFT"));
  EXPECT_FALSE(names.admit("")) << "no name is free of charge";
}

TEST(NameSet, AdmitsExactlyItsNumberWhenThreadsCompete) {
  constexpr std::size_t kMax = 500;
  NameSet names(kMax);
  std::atomic<std::size_t> admitted{0};
  {
    std::vector<std::jthread> threads;
    for (std::size_t thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&, thread] {
        for (std::size_t i = 0; i < kMax; ++i) admitted += names.admit(std::to_string(i * 4 + thread)) ? 1 : 0;
      });
    }
  }
  EXPECT_EQ(admitted, kMax);
  std::size_t known = 0;
  for (std::size_t i = 0; i < 4 * kMax; ++i) known += names.admit(std::to_string(i)) ? 1 : 0;
  EXPECT_EQ(known, kMax);
}

class KnownNamesTest : public FragmentsTest {
 protected:
  static std::string price(const std::string& ticker) {
    return R"({"type":"price","price":"1","symbol":")" + ticker + "\"}";
  }
  KnownNames names_{2};
};

TEST_F(KnownNamesTest, TickersBeyondTheLimitAreDeadLettersAndTheKnownGoOn) {
  use({.known_names = &names_});
  EXPECT_EQ(reason("NEWS", price("A")), "");
  EXPECT_EQ(reason("NEWS", price("B")), "");
  EXPECT_EQ(reason("NEWS", price("C")), "tickers_max");
  EXPECT_TRUE(live_.empty());
  EXPECT_TRUE(history_.empty());
  EXPECT_EQ(reason("NEWS", price("C")), "tickers_max") << "every message of it, not only the first";
  EXPECT_EQ(reason("NEWS", price("A")), "");
  EXPECT_EQ(reason("TICKER_PERFORMANCE_B", R"({"symbol":"B","total":1,"unrealized":1,"realized":1})"), "")
      << "another kind of a known ticker";
}

TEST_F(KnownNamesTest, UnroutedChannelsAreCountedApartFromTickers) {
  use({.known_names = &names_});
  EXPECT_EQ(reason("X", price("A")), "");
  EXPECT_EQ(reason("X", price("B")), "");
  EXPECT_EQ(reason("NEWS", R"({"text":"a"})"), "");
  EXPECT_EQ(reason("LOGS", R"({"text":"a"})"), "");
  EXPECT_EQ(reason("MORE", R"({"text":"a"})"), "tickers_max");
  EXPECT_TRUE(written_->unrouted_channels.empty()) << "a flood of channels is no flood of log lines";
  EXPECT_EQ(reason("MORE", price("A")), "") << "a routed message needs no room for its channel";
}

TEST_F(KnownNamesTest, AreSharedByAllWorkers) {
  BlockWriter first(routes_, {.known_names = &names_});
  BlockWriter second(routes_, {.known_names = &names_});
  MessageBlock block;
  block.number = 1;
  for (const char* ticker : {"A", "B"}) block.append("X", price(ticker));
  EXPECT_TRUE(first.write(block)->dead_letters.empty());
  block.append("X", price("C"));
  EXPECT_EQ(second.write(block)->dead_letters.size(), 1u);
}

TEST_F(KnownNamesTest, ThatCanNeverBeWrittenTakeNoRoom) {
  use({.known_names = &names_});
  for (int i = 0; i < 5; ++i) EXPECT_EQ(reason("X", price(std::string(800, 'k') + std::to_string(i))), "path_too_long");
  EXPECT_EQ(reason("X", price("A")), "");
  EXPECT_EQ(reason("X", price("B")), "");
}

}  // namespace
}  // namespace firebase_relay::classify
