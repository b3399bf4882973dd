#include "broker_sim/manner.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "broker_sim/awkward.h"
#include "broker_sim/expectation.h"

namespace broker_sim {
namespace {

constexpr std::int64_t kAddedAt = 1'778'078'351'786;
using Words = std::vector<std::string_view>;

TEST(Manner, SaysTheOneLineThatTheContractNames) {
  const Publication publication{"C", "PAYLOAD"};
  EXPECT_EQ(words_of(publication, {}), (Words{"PUBLISH", "C", "PAYLOAD"}));
  EXPECT_EQ(words_of(publication, {{"bus"}, ""}), (Words{"XADD", "bus", "*", "channel", "C", "data", "PAYLOAD"}));
  EXPECT_EQ(words_of(publication, {{"bus"}, "100000"}),
            (Words{"XADD", "bus", "MAXLEN", "~", "100000", "*", "channel", "C", "data", "PAYLOAD"}));
}

/// Where all that is written for `all` goes.
std::set<std::string> paths_of(const Expectation& all) {
  std::set<std::string> paths;
  for (const auto& [path, value] : all.live()) paths.insert(path);
  for (const auto& [path, entries] : all.history()) paths.insert(path);
  return paths;
}

TEST(Manner, BringsEachPathByOneStreamAndUsesAllOfThem) {
  const std::vector<std::string> streams = {"a", "b", "c"};
  std::vector<std::string> tickers = awkward_tickers();
  tickers.insert(tickers.end(), {"AAPL", "MSFT", "NVDA", "AMZN", "TSLA"});
  Market market({tickers, {"price", "order", "performance", "profit", "registration", "other"}, 1});
  Awkward awkward(1);
  std::map<std::string, Expectation> by_stream;
  for (int i = 0; i < 6'000; ++i) {
    const Publication publication = i % 4 == 3 ? awkward.next(kAddedAt) : market.next(kAddedAt);
    by_stream.try_emplace(stream_of(publication, streams), 50).first->second.add(publication, kAddedAt);
  }
  std::map<std::string, std::string> stream_by_path;
  for (const auto& [stream, all] : by_stream) {
    EXPECT_GT(all.messages(), 500u) << stream;
    for (const std::string& path : paths_of(all)) {
      const auto [known, is_new] = stream_by_path.emplace(path, stream);
      EXPECT_TRUE(is_new) << path << " comes by " << known->second << " and by " << stream;
    }
  }
  EXPECT_EQ(by_stream.size(), streams.size());
  EXPECT_GT(stream_by_path.size(), 100u);
}

}  // namespace
}  // namespace broker_sim
