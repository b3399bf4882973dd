#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "classify/block_writer.h"
#include "classify/routes.h"

namespace firebase_relay::classify {
namespace {

constexpr std::uint64_t kAdded = 1'778'078'351'786;  // of the id: 2026-05-06T14:39:11.786Z

/// What the workers make of a stream's entries.
class StreamEntries : public testing::Test {
 protected:
  struct Entry {
    std::uint16_t stream;
    StreamId id;
    std::string payload;
  };

  /// The history paths of `entries`, read together at `arrived_at`.
  std::vector<std::string> paths_of(const std::vector<Entry>& entries, std::int64_t arrived_at = kAdded) {
    MessageBlock block;
    block.number = ++number_;
    block.first_sequence = 100 * number_;
    block.arrived_at = UtcMillis(std::chrono::milliseconds(arrived_at));
    block.streams = keys_;
    for (const Entry& entry : entries) block.append("news", entry.payload, {entry.stream, entry.id});
    const std::unique_ptr<FragmentBlock> written = writer_.write(block);
    std::vector<std::string> paths;
    for (const HistoryRun& run : written->history) {
      EXPECT_TRUE(run.seeds.empty()) << "an entry's key is not told apart by how often its payload came";
      for (std::size_t i = 0; i < run.entries.size(); ++i) paths.emplace_back(run.path_of(i));
    }
    return paths;
  }
  std::string path_of(const Entry& entry, std::int64_t arrived_at = kAdded) {
    const std::vector<std::string> paths = paths_of({entry}, arrived_at);
    return paths.size() == 1 ? paths[0] : "";
  }

  std::shared_ptr<const std::vector<std::string>> keys_ =
      std::make_shared<const std::vector<std::string>>(std::vector<std::string>{"bus", "orders"});
  RouteTable routes_ = *parse_routes(builtin_routes_json(), "routes.json");
  BlockWriter writer_{routes_, WriterOptions{}};
  std::uint64_t number_ = 0;
};

TEST_F(StreamEntries, HaveTheSameKeyWheneverTheyAreRead) {
  const Entry entry{0, {kAdded, 3}, R"({"headline":"up"})"};
  const std::string path = path_of(entry);
  ASSERT_FALSE(path.empty());
  EXPECT_EQ(path_of(entry, kAdded + 86'400'000 * 3), path) << "days later, by this clock";
  EXPECT_EQ(paths_of({{0, {kAdded, 1}, R"({"a":1})"}, entry, entry})[2], path) << "beside others, and twice";
}

TEST_F(StreamEntries, AreTheirOwnWhateverElseIsEqual) {
  const std::string payload = R"({"headline":"up"})";
  const std::string path = path_of({0, {kAdded, 3}, payload});
  EXPECT_NE(path_of({0, {kAdded, 4}, payload}), path) << "another entry of the millisecond";
  EXPECT_NE(path_of({1, {kAdded, 3}, payload}), path) << "another stream";
  EXPECT_NE(path_of({0, {kAdded, 3}, R"({"headline":"UP"})"}), path) << "a stream that was begun again";
}

TEST_F(StreamEntries, OfTwoStreamsForOneLivePathAreToldOnce) {
  const auto price = [this](std::uint16_t stream, std::uint64_t ms, const std::string& symbol) {
    MessageBlock block;
    block.number = ++number_;
    block.streams = keys_;
    block.append("prices", R"({"type":"price","symbol":")" + symbol + R"(","price":1})", {stream, {kAdded + ms, 0}});
    return writer_.write(block)->two_streams;
  };
  EXPECT_FALSE(price(0, 0, "AAPL"));
  EXPECT_FALSE(price(1, 1, "MSFT")) << "each of one stream";
  EXPECT_FALSE(price(0, 2, "AAPL"));
  const std::optional<PathOfTwoStreams> found = price(1, 3, "AAPL");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->path.find("services/AAPL/"), 0u) << found->path;
  EXPECT_EQ(found->stream, "bus");
  EXPECT_EQ(found->other, "orders");
  EXPECT_FALSE(price(0, 4, "AAPL")) << "once is enough";
}

TEST_F(StreamEntries, OfTwoStreamsMayBeOrdersOfOneTicker) {
  MessageBlock block;
  block.number = ++number_;
  block.streams = keys_;
  const std::string order = R"({"type":"order","order_data":{"order":{"id":"1","symbol":"AAPL","status":"new"}}})";
  block.append("orders", order, {0, {kAdded, 0}});
  block.append("orders", order, {1, {kAdded, 1}});
  EXPECT_FALSE(writer_.write(block)->two_streams);
}

TEST_F(StreamEntries, HaveTheTimeOfTheirIdWhereTheMessageHasNone) {
  const auto time_in = [](std::string_view path) { return path.substr(path.size() - kHistoryKeySize, 8); };
  const auto key_time = [](std::int64_t ms) {
    return std::string(HistoryKey(UtcMillis(std::chrono::milliseconds(ms)), {0, 0}, 0).text().substr(0, 8));
  };
  const std::string bare = path_of({0, {kAdded, 0}, R"({"headline":"up"})"}, kAdded + 86'400'000);
  EXPECT_EQ(time_in(bare), key_time(kAdded));
  EXPECT_NE(bare.find("/2026-05-06/"), std::string::npos) << bare;
  const std::string own = path_of({0, {kAdded, 0}, R"({"timestamp":"2026-05-05T00:00:00Z"})"});
  EXPECT_EQ(time_in(own), key_time(1'777'939'200'000));
  // More than a day ahead of the id, though not of the clock: judged by the id, so that each read judges alike.
  const std::string ahead =
      path_of({0, {kAdded, 0}, R"({"timestamp":"2026-05-09T00:00:00Z"})"}, kAdded + 86'400'000 * 10);
  EXPECT_EQ(time_in(ahead), key_time(kAdded));
}

TEST_F(StreamEntries, HaveADayWhateverTheirIdIs) {
  EXPECT_NE(path_of({0, {1, 1}, R"({"a":1})"}).find("/1970-01-01/"), std::string::npos);
  EXPECT_NE(path_of({0, {UINT64_MAX, 1}, R"({"a":1})"}).find("/9999-12-31/"), std::string::npos);
}

}  // namespace
}  // namespace firebase_relay::classify
