#include "base/json_fault.h"
#include "classify/fragments_fixture.h"

namespace firebase_relay::classify {
namespace {

using BadInputTest = FragmentsTest;

std::string objects(std::size_t levels) {
  std::string json = "1";
  for (std::size_t i = 0; i < levels; ++i) json = R"({"k":)" + json + "}";
  return json;
}

TEST_F(BadInputTest, SparesItsNeighbours) {
  const std::string good = R"({"type":"price","price":1,"symbol":"AAPL"})";
  for (const std::string& bad :
       {std::string("{"), std::string(), std::string("\xff"), std::string(200, '['), std::string("\0", 1)}) {
    write({{"A", good}, {"NEWS", bad}, {"A", good}});
    ASSERT_EQ(written_->dead_letters.size(), 1u) << bad;
    EXPECT_EQ(written_->dead_letters[0].payload, bad);
    EXPECT_EQ(written_->dead_letters[0].channel, "NEWS");
    EXPECT_EQ(written_->dead_letters[0].sequence, 101u);
    EXPECT_EQ(classified(Kind::kPrice), 2u);
    EXPECT_EQ(history_.size(), 2u);
    EXPECT_EQ(written_->messages, 3u);
  }
}

TEST_F(BadInputTest, PlaceIsOnTheConsoleToo) {
  use({.console = LineFormat::kText});
  write({{"NEWS", R"({"price": NaN})"}});
  EXPECT_EQ(written_->console,
            "14:39:11.786 dead letter  invalid_json at byte 10, price: NaN is no JSON value, NEWS {\"price\": NaN}\n");
}

TEST_F(BadInputTest, PathOfMoreThan768BytesIsSetAside) {
  // /history/_channels/NEWS/, the day, the key of 20 characters and a slash take the rest.
  const std::size_t room = 768 - std::string("/history/_channels/NEWS/2026-05-06/").size() - 20 - 1;
  EXPECT_EQ(reason("NEWS", "{\"" + std::string(room, 'k') + "\":1}"), "");
  EXPECT_EQ(reason("NEWS", "{\"" + std::string(room + 1, 'k') + "\":1}"), "path_too_long");
  EXPECT_EQ(reason("NEWS", "{\"" + std::string(room / 3, '.') + "\":1}"), "") << "counted as encoded";
  EXPECT_EQ(reason("NEWS", "{\"" + std::string(room / 3 + 1, '.') + "\":1}"), "path_too_long");
  EXPECT_EQ(reason(std::string(800, 'c'), "1"), "path_too_long");
}

TEST_F(BadInputTest, PathOfMoreThan32KeysIsSetAside) {
  EXPECT_EQ(reason("NEWS", objects(32 - 5)), "") << "history, _channels, NEWS, the day and the key";
  EXPECT_EQ(reason("NEWS", objects(32 - 4)), "too_deep");
  EXPECT_EQ(reason("NEWS", std::string(28, '[') + "1" + std::string(28, ']')), "too_deep")
      << "a list's places are keys";
}

TEST_F(BadInputTest, PathOfALiveValueCountsAsWell) {
  const auto order = [](std::size_t id_size) {
    return R"({"type":"order","order_data":{"order":{"id":")" + std::string(id_size, 'i') + R"(","symbol":"A"}}})";
  };
  const std::size_t room = 768 - std::string("/services/A/orders/").size() - std::string("/order/symbol").size();
  EXPECT_EQ(reason("X", order(room)), "");
  EXPECT_EQ(reason("X", order(room + 1)), "path_too_long");
}

TEST_F(BadInputTest, PayloadOverTheLimitIsSetAside) {
  use({.message_bytes_max = 100});
  EXPECT_EQ(reason("X", '"' + std::string(98, 'x') + '"'), "");
  EXPECT_EQ(reason("X", '"' + std::string(99, 'x') + '"'), "message_too_large");
}

TEST_F(BadInputTest, NodeOfTheDatabasesUrlCountsInWhatIsTooDeepOrTooLong) {
  const std::string deep = "{\"a\":{\"b\":{\"c\":1}}}";  // three keys below history/_channels/NEWS/DAY/KEY
  WriterOptions options;
  options.base = {24, 50};
  use(options);
  EXPECT_EQ(reason("NEWS", deep), "");
  options.base.keys = 25;
  use(options);
  EXPECT_EQ(reason("NEWS", deep), "too_deep");
  options.base = {1, 740};
  use(options);
  EXPECT_EQ(reason("NEWS", "1"), "path_too_long");
}

TEST_F(BadInputTest, RandomBytesNeverBreakAnything) {
  std::uint64_t state = 7;
  const auto random = [&] { return (state = state * 6364136223846793005ull + 1442695040888963407ull) >> 33; };
  const std::string seeds[] = {
      R"({"type":"price","price":"1","volume":null,"symbol":"AAPL","timestamp":"2026-05-06T14:39:11"})",
      R"([1,-2.5e3,{"a":"\ud83d\ude00"},true,false,null,1e308,"\u0041"])",
      R"({"data":{"a.b":{"c":[1,2,{"d":"\u00e4"}]}},"timestamp":1,"sender":"x"})"};
  for (int i = 0; i < 20'000; ++i) {
    std::string text = seeds[random() % 3];
    for (std::uint64_t changes = 1 + random() % 4; changes > 0; --changes) {
      const std::size_t at = random() % text.size();
      constexpr std::string_view kLikely = "{}[]\",:\\0\xff\xc3 eu.-19'nt\xEF\xBB\xBF";
      if (random() % 3 == 0)
        text.erase(at, 1);
      else
        text[at] = random() % 2 ? kLikely[random() % kLikely.size()] : static_cast<char>(random());
    }
    write({{"X", text}});
    const std::uint64_t kinds = classified(Kind::kPrice) + classified(Kind::kUnrouted) + classified(Kind::kOrder) +
                                classified(Kind::kProfit) + classified(Kind::kPerformance) +
                                classified(Kind::kRegistration);
    ASSERT_EQ(kinds + written_->dead_letters.size(), 1u) << text;
    // Of what is refused as no JSON somebody is told where it stops being JSON; and of nothing else.
    if (written_->dead_letters.empty()) {
      ASSERT_EQ(json_fault_text(text), "") << text;
    } else if (is_json_fault(written_->dead_letters[0].reason)) {
      ASSERT_NE(json_fault_text(text), "") << text << name_of(written_->dead_letters[0].reason);
    }
  }
}

}  // namespace
}  // namespace firebase_relay::classify
