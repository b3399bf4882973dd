#include "broker_sim/market.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "broker_sim/awkward.h"
#include "broker_sim/place.h"

namespace broker_sim {
namespace {

constexpr std::int64_t kPublished = 1'778'078'351'786;
const std::vector<std::string> kAllKinds = {"price", "order", "performance", "profit", "registration", "other"};

TEST(Market, SameSeedPublishesTheSame) {
  Market one({{"AAPL", "MSFT"}, kAllKinds, 5});
  Market two({{"AAPL", "MSFT"}, kAllKinds, 5});
  Market other({{"AAPL", "MSFT"}, kAllKinds, 6});
  bool differs = false;
  for (int i = 0; i < 500; ++i) {
    const Publication a = one.next(kPublished);
    const Publication b = two.next(kPublished);
    EXPECT_EQ(a.channel, b.channel);
    EXPECT_EQ(a.payload, b.payload);
    differs = differs || other.next(kPublished).payload != a.payload;
  }
  EXPECT_TRUE(differs);
}

TEST(Market, PublishesEveryKindInItsShapes) {
  Market market({{"AAPL"}, kAllKinds, 1});
  std::map<std::string, int> kinds;
  std::set<std::string> statuses;
  int enveloped = 0;
  int null_volumes = 0;
  for (int i = 0; i < 5'000; ++i) {
    const Publication publication = market.next(kPublished);
    const auto place = place_of(publication, kPublished);
    ASSERT_TRUE(place) << publication.payload;
    ++kinds[place->kind];
    enveloped += publication.payload.starts_with("{\"data\"") ? 1 : 0;
    if (place->kind == "price") null_volumes += place->message["volume"].is_null() ? 1 : 0;
    if (place->kind != "order") continue;
    const auto& order = place->message["order_data"]["order"];
    EXPECT_GE(order.size(), 35u);
    statuses.insert(order["status"]);
  }
  for (const char* kind : {"price", "order", "performance", "profit", "registration", "unrouted"})
    EXPECT_GT(kinds[kind], 20) << kind;
  EXPECT_GT(enveloped, 1'000);
  EXPECT_LT(enveloped, 4'000);
  EXPECT_GT(null_volumes, 500);
  EXPECT_EQ(statuses.size(), 8u) << "new, partly filled and the six ends";
}

TEST(Market, TellsTheTimeAsATextNeverAsANumber) {
  Market market({{"AAPL"}, kAllKinds, 1});
  std::set<std::size_t> sizes;  // of a naive time, and of those with Z and +00:00
  for (int i = 0; i < 2'000; ++i) {
    const auto place = place_of(market.next(kPublished), kPublished);
    if (!place->message.contains("timestamp")) continue;
    ASSERT_TRUE(place->message["timestamp"].is_string()) << place->message;
    sizes.insert(place->message["timestamp"].get<std::string>().size());
  }
  EXPECT_EQ(sizes, (std::set<std::size_t>{26, 27, 32}));
}

TEST(Market, PublishesOnlyTheKindsAskedFor) {
  Market market({{"AAPL"}, {"order"}, 1});
  for (int i = 0; i < 300; ++i) EXPECT_EQ(place_of(market.next(kPublished), kPublished)->kind, "order");
}

TEST(Awkward, HasDeadLettersAndMessages) {
  Awkward awkward(1);
  int dead = 0;
  int alive = 0;
  for (int i = 0; i < 2'000; ++i) {
    const Publication publication = awkward.next(kPublished);
    if (is_redis_own(publication.channel)) continue;
    ++(place_of(publication, kPublished) ? alive : dead);
  }
  EXPECT_GT(dead, 300);
  EXPECT_GT(alive, 300);
}

}  // namespace
}  // namespace broker_sim
