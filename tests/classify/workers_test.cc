#include "classify/workers.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "classify/routes.h"

namespace firebase_relay::classify {
namespace {

using std::chrono::steady_clock;

/// So large that no machine classifies it within a millisecond.
std::string large_payload() {
  std::string text = R"({"type":"price","symbol":"AAPL","price":1,"filler":[0)";
  for (int i = 0; i < 1'000'000; ++i) text += ",12";
  return text + "]}";
}

TEST(Workers, TellHowLongABlockWaitedAndNotHowLongTheyWorkedOnIt) {
  const PublishedRoutes routes(parse_routes(builtin_routes_json(), "built-in routes").value());
  WriterOptions options;
  options.message_bytes_max = 100 << 20;
  Queue<MessageBlock> messages;
  Queue<FragmentBlock> fragments;
  SteadyTime::duration waited{};
  SteadyTime done;
  const auto give_back = [&](const std::unique_ptr<MessageBlock>& /*block*/, SteadyTime::duration time) {
    done = steady_clock::now();
    waited = time;
  };
  auto block = std::make_unique<MessageBlock>();
  block->number = block->first_sequence = 1;
  block->append("TICKER_UPDATES_AAPL", large_payload());
  const SteadyTime arrived = block->arrived = steady_clock::now() - std::chrono::seconds(7);
  messages.push(std::move(block));

  Workers workers(routes, options, 1, {messages, fragments, give_back, [](std::uint64_t /*bytes*/) {}});
  messages.close();
  workers.join();

  EXPECT_GE(waited, std::chrono::seconds(7));
  EXPECT_GE(done - (arrived + waited), std::chrono::milliseconds(1)) << "the work was to come after the wait";
}

}  // namespace
}  // namespace firebase_relay::classify
