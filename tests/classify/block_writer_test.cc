#include "classify/block_writer.h"

#include "classify/fragments_fixture.h"

namespace firebase_relay::classify {
namespace {

using Tree = std::map<std::string, std::string>;
using Entries = std::vector<std::pair<std::string, std::string>>;

using BlockWriterTest = FragmentsTest;

TEST_F(BlockWriterTest, PriceGoesToItsFivePathsAndToHistory) {
  const std::string message =
      R"({"type":"price","timestamp":"2026-05-06T14:39:00Z","price":"187.2300","volume":null,"symbol":"AAPL"})";
  const Tree expected = {{"services/AAPL/price", "\"187.2300\""},
                         {"services/AAPL/volume", "null"},
                         {"services/AAPL/timestamp", "\"2026-05-06T14:39:00Z\""},
                         {"services/AAPL/symbol", "\"AAPL\""},
                         {"services/AAPL/last_updated", kNow}};
  for (const std::string& payload :
       {message, R"({"data":)" + message + R"(,"timestamp":"2026-01-01T00:00:00","sender":"b"})"}) {
    write({{"TICKER_UPDATES_AAPL", payload}});
    EXPECT_EQ(live_, expected);
    EXPECT_EQ(history_, (Entries{{"history/AAPL/prices/2026-05-06/", message}}));
    EXPECT_EQ(classified(Kind::kPrice), 1u);
    const HistoryRun& run = written_->history[static_cast<std::size_t>(ShedClass::kPrices)];
    ASSERT_EQ(run.entries.size(), 1u);
    EXPECT_EQ(run.entries[0].event_ms, 1'778'078'340'000) << "the message's own time, not the envelope's";
  }
}

TEST_F(BlockWriterTest, FieldThatIsAbsentLeavesItsPathAsItWas) {
  write({{"X", R"({"type":"price","price":1.5,"symbol":"AAPL"})"}});
  EXPECT_EQ(live_.count("services/AAPL/volume"), 0u);
  EXPECT_EQ(live_.count("services/AAPL/timestamp"), 0u);
  EXPECT_EQ(live_.at("services/AAPL/price"), "1.5");
  EXPECT_EQ(written_->key_fallbacks, 1u);
}

TEST_F(BlockWriterTest, FieldThatIsAbsentInALaterMessageOfTheBlockLeavesTheEarlierValue) {
  write({{"X", R"({"type":"price","price":1,"volume":7,"symbol":"AAPL"})"},
         {"X", R"({"type":"price","price":2,"symbol":"AAPL"})"}});
  EXPECT_EQ(live_.at("services/AAPL/price"), "2");
  EXPECT_EQ(live_.at("services/AAPL/volume"), "7");
  EXPECT_EQ(written_->live.size(), 4u);
  EXPECT_EQ(written_->updates_coalesced, 3u) << "price, symbol and last_updated";
}

TEST_F(BlockWriterTest, OrderGoesToItsIdAndToHistory) {
  const std::string data = R"({"event":"fill","order":{"id":"o.1","symbol":"BRK.B","status":"filled"},"price":"1"})";
  const std::string message = R"({"type":"order","order_data":)" + data + "}";
  write({{"TICKER_UPDATES_BRK.B", message}});
  EXPECT_EQ(live_, (Tree{{"services/BRK%2EB/orders/o%2E1", data}}));
  EXPECT_EQ(history_, (Entries{{"history/BRK%2EB/orders/", message}}));
  ASSERT_EQ(written_->orders.size(), 1u);
  EXPECT_TRUE(written_->orders[0].closed);
  const OrderState& order = written_->orders[0];
  EXPECT_EQ(written_->text.substr(order.path_offset, order.ticker_size), "services/BRK%2EB/orders");
}

TEST_F(BlockWriterTest, OrdersOfABlockAreEachNamedOnceAndWhatHasNoIdIsNone) {
  use_routes(
      R"({"ticker":{"fields":["symbol"],"channels":[]},"routes":[{"kind":"order","match":{"type":"order"},"id":"id",
    "closed":{"status":["filled"]},"history":"history/{TICKER}/orders",
    "live":{"services/{TICKER}/last":"@message","services/{TICKER}/orders/{ID}/state":"status"}}]})");
  const auto order = [](const std::string& id, const std::string& status) {
    return R"({"type":"order","symbol":"AAPL","id":")" + id + R"(","status":")" + status + R"("})";
  };
  const std::string without_id = R"({"type":"order","symbol":"AAPL","status":"new"})";
  write({{"X", order("1", "new")},
         {"X", order("12", "new")},
         {"X", order("1", "filled")},
         {"X", order("2", "new")},
         {"X", without_id}});
  EXPECT_EQ(live_, (Tree{{"services/AAPL/last", without_id},
                         {"services/AAPL/orders/1/state", "\"filled\""},
                         {"services/AAPL/orders/12/state", "\"new\""},
                         {"services/AAPL/orders/2/state", "\"new\""}}));
  std::map<std::string, bool> closed;
  for (const OrderState& state : written_->orders) {
    closed[std::string(written_->path_of(state))] = state.closed;
    EXPECT_EQ(written_->text.substr(state.path_offset, state.ticker_size), "services/AAPL/orders");
  }
  EXPECT_EQ(closed, (std::map<std::string, bool>{{"services/AAPL/orders/1/state", true},
                                                 {"services/AAPL/orders/12/state", false},
                                                 {"services/AAPL/orders/2/state", false}}));
  EXPECT_EQ(written_->updates_coalesced, 5u);
}

TEST_F(BlockWriterTest, LargeValueThatIsInHistoryIsNotCopiedAgain) {
  const std::string note(1000, 'x');
  const auto order = [&](const std::string& status, const std::string& extra) {
    return R"({"order":{"id":"1","symbol":"AAPL","status":")" + status + R"("},"note":")" + note + '"' + extra + "}";
  };
  const auto message = [](const std::string& data) { return R"({"type":"order","order_data":)" + data + "}"; };
  const auto written_once = [&](const std::string& payload, const std::string& data) {
    write({{"X", message(order("new", ""))}, {"X", payload}});
    EXPECT_EQ(live_, (Tree{{"services/AAPL/orders/1", data}}));
    EXPECT_EQ(history_[1].second, message(data));
    ASSERT_EQ(written_->live.size(), 1u);
    EXPECT_EQ(written_->live[0].value_in, static_cast<std::uint8_t>(ShedClass::kOrders));
    EXPECT_LT(written_->text.size(), 100u);
    EXPECT_EQ(written_->shared_bytes, data.size()) << "they are sent nevertheless";
  };
  const std::string filled = order("filled", "");
  written_once(message(filled), filled);
  written_once(R"({"data":)" + message(filled) + R"(,"timestamp":"2026-01-01T00:00:00"})", filled);

  // What stands otherwise in the payload is written anew, for each of them.
  write({{"X", message(order("new", R"(,"a.b":1)"))}});
  EXPECT_EQ(live_, (Tree{{"services/AAPL/orders/1", order("new", R"(,"a%2Eb":1)")}}));
  EXPECT_EQ(written_->live[0].value_in, LiveUpdate::kInText);
  // A small one that overtakes a large one.
  const std::string small = R"({"order":{"id":"1","symbol":"AAPL"}})";
  write({{"X", message(order("new", ""))}, {"X", message(small)}});
  EXPECT_EQ(live_, (Tree{{"services/AAPL/orders/1", small}}));
  EXPECT_EQ(written_->shared_bytes, 0u);
}

TEST_F(BlockWriterTest, OrderWithoutAnIdGoesToHistoryAlone) {
  write({{"X", R"({"type":"order","order_data":{"order":{"symbol":"AAPL"}}})"}});
  EXPECT_TRUE(live_.empty());
  EXPECT_EQ(history_.size(), 1u);
  EXPECT_EQ(classified(Kind::kOrder), 1u);
}

TEST_F(BlockWriterTest, RegistrationAlsoSetsTheStatus) {
  write({{"BROKER_REGISTRATION", R"({"action":"subscribe","ticker":"AAPL"})"},
         {"BROKER_REGISTRATION", R"({"action":"unsubscribe","ticker":"MSFT"})"},
         {"BROKER_REGISTRATION", R"({"type":"registration","action":"pause","ticker":"TSLA"})"}});
  EXPECT_EQ(live_,
            (Tree{{"services/AAPL/registration", R"({"action":"subscribe","ticker":"AAPL"})"},
                  {"services/AAPL/status", "\"running\""},
                  {"services/MSFT/registration", R"({"action":"unsubscribe","ticker":"MSFT"})"},
                  {"services/MSFT/status", "\"stopped\""},
                  {"services/TSLA/registration", R"({"type":"registration","action":"pause","ticker":"TSLA"})"}}));
  EXPECT_EQ(classified(Kind::kRegistration), 3u);
}

TEST_F(BlockWriterTest, SameFieldsArePerformanceOrProfitByTheirChannelAndUnroutedElsewhere) {
  const std::string message = R"({"symbol":"aggregate","total":"3","unrealized":"1","realized":"2"})";
  write({{"TICKER_PERFORMANCE_AGGREGATE", message}, {"PROFIT_REPORT", message}, {"ELSEWHERE", message}});
  EXPECT_EQ(live_, (Tree{{"services/aggregate/performance", message},
                         {"services/aggregate/profit", message},
                         {"channels/ELSEWHERE", message}}));
  EXPECT_EQ(history_, (Entries{{"history/aggregate/performance/2026-05-06/", message},
                               {"history/aggregate/profit/", message},
                               {"history/_channels/ELSEWHERE/2026-05-06/", message}}));
  EXPECT_EQ(written_->unrouted_channels, (std::vector<std::string>{"ELSEWHERE"}));
}

TEST_F(BlockWriterTest, ChannelThatSomebodysOwnLastRouteTakesIsNotCalledUnrouted) {
  use_routes(R"({"routes":[{"live":{"misc/{CHANNEL}":"@message"},"history":false}]})");
  write({{"NEWS", R"({"a":1})"}});
  EXPECT_EQ(live_, (Tree{{"misc/NEWS", R"({"a":1})"}}));
  EXPECT_TRUE(written_->unrouted_channels.empty());
}

TEST_F(BlockWriterTest, TickerComesFromTheContentElseFromTheChannel) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {R"({"type":"price","price":1,"symbol":"X","ticker":"Y"})", "services/X/price"},
      {R"({"type":"price","price":1,"symbol":"","ticker":"Y"})", "services/Y/price"},
      {R"({"type":"price","price":1,"symbol":null})", "services/CHANNEL/price"},
      {R"({"type":"price","price":1,"symbol":7})", "services/CHANNEL/price"},
      {R"({"type":"price","price":1})", "services/CHANNEL/price"},
      {R"({"type":"price","price":1,"symbol":"BTC\/USD"})", "services/BTC%2FUSD/price"},
      {R"({"type":"price","price":1,"symbol":"\u00dc"})", "services/\xc3\x9c/price"},
      {R"({"type":"price","price":1,"symbol":"a\"b"})", "services/a\\\"b/price"},
  };
  for (const auto& [payload, path] : cases) {
    write({{"TICKER_UPDATES_CHANNEL", payload}});
    EXPECT_EQ(live_.count(path), 1u) << payload;
  }
}

TEST_F(BlockWriterTest, ByteOrderMarkIsNotWrittenAndMakesAnotherKey) {
  const std::string message = R"({"type":"price","price":1,"symbol":"A","timestamp":1778078351})";
  const auto key = [&](const std::string& payload) {
    write({{"X", payload}});
    EXPECT_EQ(history_, (Entries{{"history/A/prices/2026-05-06/", message}}));
    EXPECT_EQ(live_.at("services/A/price"), "1");
    return std::string(written_->history[static_cast<std::size_t>(ShedClass::kPrices)].path_of(0));
  };
  const std::string plain = key(message);
  const std::string marked = key("\xEF\xBB\xBF" + message);
  EXPECT_NE(plain, marked) << "the hash is of the payload as published";
  EXPECT_EQ(plain.substr(0, plain.size() - 12), marked.substr(0, marked.size() - 12));
  EXPECT_EQ(marked, key("\xEF\xBB\xBF" + message));
}

TEST_F(BlockWriterTest, MessageWithoutATickerIsUnrouted) {
  write({{"NEWS", R"({"type":"price","price":1,"volume":2})"}});
  EXPECT_EQ(classified(Kind::kUnrouted), 1u);
  EXPECT_EQ(live_.count("channels/NEWS"), 1u);
}

TEST_F(BlockWriterTest, KindIsKnownOnAnyChannel) {
  write({{"ORDERS_OF_TOMORROW", R"({"order_data":{"order":{"id":"1","symbol":"AAPL"}}})"},
         {"PRICES", R"({"price":"1","volume":null,"symbol":"AAPL"})"},
         {"X", R"({"type":"profit","symbol":"AAPL","total":1})"},
         {"X", R"({"type":"dividend","symbol":"AAPL","price":1,"volume":1})"}});
  EXPECT_EQ(classified(Kind::kOrder), 1u);
  EXPECT_EQ(classified(Kind::kPrice), 1u);
  EXPECT_EQ(classified(Kind::kProfit), 1u);
  EXPECT_EQ(classified(Kind::kUnrouted), 1u) << "an unknown type decides alone";
}

TEST_F(BlockWriterTest, OrderIsClosedByTheStatusOfAnyBrokerHoweverItIsSpelt) {
  struct Case {
    const char* status;
    bool closed;
  };
  const Case cases[] = {{"filled", true},
                        {"FILLED", true},
                        {"Filled", true},
                        {"OrderStatus.FILLED", true},
                        {"alpaca.trading.enums.OrderStatus.FILLED", true},
                        {"OrderStatus::Filled", true},
                        {"OrderStatus\\u002EFILLED", true},
                        {"done_for_day", true},
                        {"DoneForDay", true},
                        {"Done For Day", true},
                        {"cancelled", true},
                        {"Cancelled", true},
                        {"CANCELED", true},
                        {"closed", true},
                        {"expired", true},
                        {"EXPIRED_IN_MATCH", true},
                        {"REJECTED", true},
                        {"ApiCancelled", true},
                        {"Inactive", true},
                        {"FAILED", true},
                        {"PartiallyFilledCanceled", true},
                        {"mmp_canceled", true},
                        {"replaced", true},
                        // What may still change.
                        {"", false},
                        {"new", false},
                        {"NEW", false},
                        {"open", false},
                        {"live", false},
                        {"PARTIALLY_FILLED", false},
                        {"PartiallyFilled", false},
                        {"PENDING_CANCEL", false},
                        {"PendingCancel", false},
                        {"OrderStatus.PENDING_CANCEL", false},
                        {"OrderStatus.PARTIALLY_FILLED", false},
                        {"CANCEL_QUEUED", false},
                        {"PreSubmitted", false},
                        {"calculated", false},
                        {"unfilled", false},
                        {"filled.", false},
                        {"filled_or_not", false},
                        {"fille", false},
                        {".", false}};
  for (const Case& one : cases) {
    write({{"X", std::string(R"({"order_data":{"order":{"id":"1","symbol":"A","status":")") + one.status + "\"}}}"}});
    ASSERT_EQ(written_->orders.size(), 1u) << one.status;
    EXPECT_EQ(written_->orders[0].closed, one.closed) << one.status;
  }
  // One after the other in one block, which remembers what it was asked.
  Messages all;
  for (int round = 0; round < 2; ++round) {
    for (const Case& one : cases) {
      all.emplace_back("X", R"({"order_data":{"order":{"id":")" + std::to_string(all.size()) +
                                R"(","symbol":"A","status":")" + one.status + "\"}}}");
    }
  }
  write(all);
  ASSERT_EQ(written_->orders.size(), all.size());
  for (std::size_t i = 0; i < all.size(); ++i)
    EXPECT_EQ(written_->orders[i].closed, cases[i % std::size(cases)].closed) << all[i].second;
  write({{"X", R"({"order_data":{"order":{"id":"1","symbol":"A","status":")" + std::string(100'000, 'x') +
                   R"(.filled"}}})"}});
  EXPECT_TRUE(written_->orders.at(0).closed);
  write({{"X",
          R"({"order_data":{"order":{"id":"1","symbol":"A","status":"filled)" + std::string(100'000, 'x') + "\"}}}"}});
  EXPECT_FALSE(written_->orders.at(0).closed);
  write({{"X", R"({"order_data":{"order":{"id":"1","symbol":"A","status":2}}})"}});
  EXPECT_FALSE(written_->orders.at(0).closed);
}

TEST_F(BlockWriterTest, StatusOfARoutesFileMayBeSpeltInAnyWay) {
  use_routes(
      R"({"ticker":{"fields":["symbol"]},"routes":[{"kind":"order","id":"id","closed":{"state":"MyStatus.ALL_DONE"},
      "live":{"o/{TICKER}/{ID}":"state"}}]})");
  for (const char* status : {"AllDone", "all_done", "MyStatus.ALL_DONE"}) {
    write({{"X", std::string(R"({"symbol":"A","id":"1","state":")") + status + "\"}"}});
    ASSERT_EQ(written_->orders.size(), 1u);
    EXPECT_TRUE(written_->orders[0].closed) << status;
  }
}

TEST_F(BlockWriterTest, ChannelsOfAnyBytesGetAKey) {
  write({{"a/b.\xff", "1"}, {"", "2"}, {std::string("\0", 1), "3"}});
  EXPECT_EQ(live_, (Tree{{"channels/a%2Fb%2E%FF", "1"}, {"channels/%", "2"}, {"channels/%00", "3"}}));
}

TEST_F(BlockWriterTest, OvertakenValuesOfABlockAreNeverWritten) {
  Messages messages;
  for (int i = 0; i < 1000; ++i)
    messages.emplace_back("TICKER_UPDATES_AAPL", R"({"type":"price","price":)" + std::to_string(i) + "}");
  write(messages);
  EXPECT_EQ(written_->live.size(), 3u) << "price, symbol, last_updated";
  EXPECT_EQ(live_.at("services/AAPL/price"), "999");
  EXPECT_EQ(written_->live.front().sequence, 1099u);
  EXPECT_EQ(written_->updates_coalesced, 3u * 999u);
  EXPECT_EQ(history_.size(), 1000u);
}

TEST_F(BlockWriterTest, NothingOfABlockLeaksIntoTheNext) {
  write({{"TICKER_UPDATES_AAPL", R"({"type":"price","price":1,"volume":2})"}, {"NEWS", "{"}});
  write({{"TICKER_UPDATES_AAPL", R"({"type":"price","price":3})"}, {"NEWS", "1"}});
  EXPECT_EQ(live_, (Tree{{"services/AAPL/price", "3"},
                         {"services/AAPL/symbol", "\"AAPL\""},
                         {"services/AAPL/last_updated", kNow},
                         {"channels/NEWS", "1"}}));
  EXPECT_TRUE(written_->dead_letters.empty());
  EXPECT_EQ(written_->updates_coalesced, 0u);
  EXPECT_EQ(history_.size(), 2u);
}

TEST_F(BlockWriterTest, WithoutHistoryAMessageIsCountedByItsLiveValues) {
  use({.history = false});
  write({{"TICKER_UPDATES_AAPL", R"({"type":"price","price":1})"},
         {"TICKER_UPDATES_AAPL", R"({"type":"price","price":2,"volume":1})"},
         {"X", R"({"type":"order","order_data":{"order":{"symbol":"AAPL"}}})"}});
  EXPECT_TRUE(history_.empty());
  ASSERT_EQ(written_->tickets.size(), 3u);
  EXPECT_EQ(written_->tickets[0].updates, 0u) << "all overtaken";
  EXPECT_EQ(written_->tickets[1].updates, 4u);
  EXPECT_EQ(written_->coalesced[static_cast<std::size_t>(Kind::kPrice)], 1u);
  EXPECT_EQ(written_->coalesced[static_cast<std::size_t>(Kind::kOrder)], 1u) << "it had nothing to write";
}

TEST_F(BlockWriterTest, KeysAreEncodedInBothPlaces) {
  write({{"X", R"({"type":"order","order_data":{"order":{"id":"1","symbol":"A","x.y":{"":1}}}})"}});
  EXPECT_EQ(live_.at("services/A/orders/1"), R"({"order":{"id":"1","symbol":"A","x%2Ey":{"%":1}}})");
  EXPECT_NE(history_.at(0).second.find("x%2Ey"), std::string::npos);
}

TEST_F(BlockWriterTest, RoutesOfAFileDecide) {
  routes_ = *parse_routes(R"({"ticker":{"fields":["s"],"channels":["NEWS_{TICKER}"]},"routes":[
      {"channel":"NEWS_*","match":{"level":["high","top"]},"live":{"latest/{TICKER}/text":"text","latest/{TICKER}/all":"@message"},
       "history":false}]})",
                          "r.json");
  use({});
  write({{"NEWS_A", R"({"level":"top","text":"x"})"},
         {"NEWS_B", R"({"level":"low","text":"y"})"},
         {"OTHER", R"({"level":"top","s":"C"})"}});
  EXPECT_EQ(live_, (Tree{{"latest/A/text", "\"x\""},
                         {"latest/A/all", R"({"level":"top","text":"x"})"},
                         {"channels/NEWS_B", R"({"level":"low","text":"y"})"},
                         {"channels/OTHER", R"({"level":"top","s":"C"})"}}));
  EXPECT_EQ(history_.size(), 2u);
}

TEST_F(BlockWriterTest, RouteThatNeedsATickerLeavesAMessageWithoutOneToTheNext) {
  use_routes(R"({"ticker":{"fields":["symbol"]},"routes":[
    {"match":{"type":"price"},"live":{"prices/{TICKER}":"price"},"history":false},
    {"match":{"type":"price"},"live":{"unnamed":"price"},"history":false}]})");
  write({{"X", R"({"type":"price","price":1})"}, {"X", R"({"type":"price","price":2,"symbol":"A"})"}});
  EXPECT_EQ(live_["unnamed"], "1");
  EXPECT_EQ(live_["prices/A"], "2");
  EXPECT_EQ(live_.size(), 2u);
}

}  // namespace
}  // namespace firebase_relay::classify
