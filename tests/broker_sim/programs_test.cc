// broker-sim and ledger-check as processes.
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <fstream>
#include <string>

#include "support/emulator.h"
#include "support/eventually.h"
#include "support/process.h"
#include "support/temp_dir.h"

namespace broker_sim {
namespace {

using test_support::built;
using test_support::Emulator;
using test_support::Process;
using test_support::TempDir;

TEST(LedgerCheck, AsksTheDatabaseItselfWhateverProxyTheEnvironmentNames) {
  const TempDir dir;
  std::ofstream(dir.file("ledger.jsonl")).close();
  const Emulator emulator;
  Process check(
      {built("tools/broker_sim/ledger-check"), "--ledger", dir.file("ledger.jsonl"), "--database-url", emulator.url()},
      {"http_proxy=http://127.0.0.1:1", "all_proxy=http://127.0.0.1:1", "no_proxy="});
  EXPECT_EQ(check.wait(), 0) << check.err();
}

/// The messages that broker-sim publishes within a second at `rate`.
std::string published(const std::string& rate) {
  const TempDir dir;
  Process broker({built("tools/broker_sim/broker-sim"), "--rate", rate, "--seconds", "1", "--messages", "9",
                  "--commands", dir.file("commands")});
  EXPECT_EQ(broker.wait(std::chrono::seconds(10)), 0) << rate << ": " << broker.err();
  return broker.out();
}

TEST(BrokerSim, PacesAtRatesHoweverSmallAndEndsInTime) {
  for (const char* rate : {"0.1", "1e-12", "1e-320"}) {
    EXPECT_TRUE(published(rate).starts_with("published 1 messages")) << rate << ": " << published(rate);
  }
  EXPECT_TRUE(published("0").starts_with("published 9 messages"));
}

TEST(BrokerSim, RefusesNumbersThatNoClockCanCount) {
  for (const char* flag : {"--rate", "--seconds", "--wait-for-subscriber"}) {
    for (const char* number : {"-1", "nan", "inf", "1e300", "two"}) {
      Process broker(
          {built("tools/broker_sim/broker-sim"), flag, number, "--messages", "1", "--commands", "/dev/null"});
      EXPECT_EQ(broker.wait(), 2) << flag << " " << number;
      EXPECT_NE(broker.err().find(flag), std::string::npos) << broker.err();
    }
  }
}

TEST(BrokerSim, EndsWhenAskedToWhileItWaits) {
  const TempDir dir;
  Process broker({built("tools/broker_sim/broker-sim"), "--rate", "0.001", "--commands", dir.file("commands")});
  ASSERT_TRUE(test_support::eventually([&] { return std::ifstream(dir.file("commands")).peek() != EOF; }));
  broker.signal(SIGINT);
  EXPECT_EQ(broker.wait(std::chrono::seconds(5)), 0);
}

}  // namespace
}  // namespace broker_sim
