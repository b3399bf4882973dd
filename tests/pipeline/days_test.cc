// History by day, through the whole relay.
#include <gtest/gtest.h>

#include <fstream>

#include "pipeline/broker_run.h"
#include "support/eventually.h"
#include "support/relay_process.h"

namespace pipeline_test {
namespace {

using nlohmann::json;
using test_support::Emulator;
using test_support::eventually;
using test_support::RedisClient;
using test_support::RedisServer;
using test_support::RelayProcess;
using test_support::TempDir;

std::string price_at(const std::string& ticker, const std::string& time) {
  return R"({"type":"price","price":"1","volume":null,"symbol":")" + ticker + R"(","timestamp":")" + time + R"("})";
}

/// Waits in the outbox of a relay that is killed, while the database cannot be reached.
void leave_in_outbox(const RedisServer& redis, const Emulator& emulator, const std::vector<std::string>& flags,
                     const std::vector<std::pair<std::string, std::string>>& messages) {
  emulator.begin_outage();
  RelayProcess relay(redis, emulator, flags);
  ASSERT_TRUE(relay.wait_ready());
  RedisClient client(redis);
  for (const auto& [channel, payload] : messages) client.publish(channel, payload);
  const auto on_disk = [&] {
    return relay.metric("messages_received_total") == static_cast<double>(messages.size()) &&
           relay.metric("outbox_batches") > 0 && relay.metric("queue_depth") == 0;
  };
  ASSERT_TRUE(eventually(on_disk)) << relay.metrics();
  ASSERT_EQ(relay.stop(), 0) << relay.process().err();
  emulator.end_outage();
}

TEST(HistoryByDay, MidnightWhileABatchWaitsLeavesEachEntryOnItsDay) {
  const RedisServer redis;
  const Emulator emulator;
  const TempDir dir;
  const std::vector<std::string> flags = {"--outbox", dir.file("outbox.db"), "--drain-timeout-ms", "100"};
  leave_in_outbox(redis, emulator, flags,
                  {{"TICKER_UPDATES_2026-11-28", price_at("2026-11-28", "2026-05-05T23:59:59.999Z")},
                   {"TICKER_UPDATES_2026-11-28", price_at("2026-11-28", "2026-05-06T00:00:00.000Z")},
                   {"NEWS", R"({"timestamp":"2026-05-06T01:30:00+02:00"})"},
                   {"X", R"({"type":"order","order_data":{"order":{"id":"1","symbol":"2026-11-28"}}})"}});
  // Too much for the root: what waits goes to a narrower location for each day.
  emulator.control("POST", "settings", {{"size_limit_bytes", 500}, {"ignore_unlimited", true}});
  const RelayProcess relay(redis, emulator, flags);

  ASSERT_TRUE(eventually([&] { return relay.metric("messages_delivered_total") == 4; })) << relay.metrics();
  EXPECT_GT(relay.metric("retries_total", "write_too_big"), 0);
  EXPECT_EQ(relay.metric("dead_letters_total"), 0);
  for (const char* day : {"2026-05-05", "2026-05-06"})
    EXPECT_EQ(emulator.get(std::string("history/2026-11-28/prices/") + day).size(), 1u) << day;
  EXPECT_EQ(emulator.get("history/2026-11-28/orders").size(), 1u);
  EXPECT_EQ(emulator.get("history/_channels/NEWS/2026-05-05").size(), 1u) << "a day is UTC's";
}

TEST(HistoryByDay, WhatAnEarlierTableLeftInTheOutboxAndTheTreeStaysBesideIt) {
  const RedisServer redis;
  const Emulator emulator;
  const TempDir dir;
  std::ofstream(dir.file("flat.json"))
      << R"({"ticker":{"fields":["symbol"]},"routes":[{"kind":"price","match":{"type":"price"},)"
         R"("history":"history/{TICKER}/prices"}]})";
  const std::vector<std::string> flags = {"--outbox", dir.file("outbox.db"), "--drain-timeout-ms", "100"};
  std::vector<std::string> with_table = flags;
  with_table.insert(with_table.end(), {"--routes", dir.file("flat.json")});
  leave_in_outbox(redis, emulator, with_table, {{"X", price_at("AAPL", "2026-05-05T12:00:00Z")}});
  const RelayProcess relay(redis, emulator, flags);
  ASSERT_TRUE(relay.wait_ready());
  RedisClient(redis).publish("X", price_at("AAPL", "2026-05-05T13:00:00Z"));

  ASSERT_TRUE(eventually([&] { return relay.metric("messages_delivered_total") == 2; })) << relay.metrics();
  const json prices = emulator.get("history/AAPL/prices");
  EXPECT_EQ(prices.size(), 2u) << prices;
  EXPECT_EQ(prices.at("2026-05-05").size(), 1u) << prices;
  EXPECT_EQ(emulator.entries("history/AAPL/prices").size(), 2u);
}

}  // namespace
}  // namespace pipeline_test
