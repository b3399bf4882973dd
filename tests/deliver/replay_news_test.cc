#include "deliver/replay_news.h"

#include <gtest/gtest.h>

#include <string>

namespace firebase_relay::deliver {
namespace {

/// All that Delivery is told, when `newest` is the last message that was taken.
std::string told(ReplayNews& news, Sequence newest) {
  std::string all;
  while (const auto event = news.next(newest)) all += std::holds_alternative<FellBehind>(*event) ? "behind " : "there ";
  return all;
}

TEST(ReplayNews, EndIsToldOnceWhenAllOfItWasTaken) {
  ReplayNews news;
  EXPECT_EQ(told(news, 9), "");
  news.caught_up(7);
  EXPECT_EQ(told(news, 6), "");
  EXPECT_EQ(told(news, 7), "there ");
  EXPECT_EQ(told(news, 8), "");
}

TEST(ReplayNews, ReplayOfNothingEndsBehindItsBeginning) {
  ReplayNews news;
  news.falls_behind();
  news.caught_up(5);
  EXPECT_EQ(told(news, 5), "behind there ") << "all its entries were passed over before anybody asked";
  EXPECT_EQ(told(news, 5), "");
}

TEST(ReplayNews, BeginningIsToldBeforeAnythingOfItIsTaken) {
  ReplayNews news;
  news.falls_behind();
  news.caught_up(8);
  EXPECT_EQ(told(news, 5), "behind ");
  EXPECT_EQ(told(news, 8), "there ");
}

TEST(ReplayNews, EndThatNobodyHasHeardOfIsNoneWhereAnotherReplayBegins) {
  ReplayNews news;
  news.caught_up(5);
  news.falls_behind();
  EXPECT_EQ(told(news, 5), "behind ");
  news.falls_behind();
  news.caught_up(6);
  news.falls_behind();
  EXPECT_EQ(told(news, 6), "behind ");
  news.caught_up(6);
  EXPECT_EQ(told(news, 6), "there ");
}

}  // namespace
}  // namespace firebase_relay::deliver
