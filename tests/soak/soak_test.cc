// A long run in which everything goes wrong now and then: nothing is lost, and memory stays flat. SOAK_SECONDS says how
// long, SOAK_SEED which faults come when (scripts/soak).
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <random>

#include "pipeline/broker_run.h"
#include "support/eventually.h"
#include "support/process.h"
#include "support/relay_process.h"

namespace soak_test {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using test_support::Emulator;
using test_support::Process;
using test_support::RedisServer;
using test_support::RelayProcess;

int number_from(const char* variable, int otherwise) {
  const char* text = std::getenv(variable);
  return text ? std::atoi(text) : otherwise;
}

json random_fault(std::mt19937_64& random) {
  const json faults[] = {{{"kind", "status"}, {"status", 503}, {"count", 3}},
                         {{"kind", "status"}, {"status", 500}, {"after_apply", true}, {"count", 3}},
                         {{"kind", "close"}, {"after_apply", true}, {"count", 2}},
                         {{"kind", "close"}, {"count", 2}},
                         {{"kind", "hang"}, {"count", 1}},
                         {{"kind", "refuse"}, {"ms", 1500}},
                         {{"kind", "status"}, {"status", 401}, {"count", 1}},
                         {{"kind", "delay"}, {"min_ms", 100}, {"max_ms", 900}},
                         {{"kind", "status"}, {"status", 429}, {"retry_after", 1}, {"count", 1}}};
  return faults[random() % std::size(faults)];
}

/// What the process has made itself: without its program and libraries. As docs/performance.md counts memory.
double anonymous_bytes(pid_t process) {
  std::ifstream map("/proc/" + std::to_string(process) + "/smaps_rollup");
  std::string word;
  double kilobytes = 0;
  while (map >> word) {
    if (word == "Anonymous:") map >> kilobytes;
  }
  return kilobytes * 1024;
}

TEST(Soak, FaultsAllTheTimeLoseNothingAndMemoryStaysFlat) {
  const int length = number_from("SOAK_SECONDS", 60);
  const int seed = number_from("SOAK_SEED", 11);
  const RedisServer redis({"--client-output-buffer-limit", "pubsub 0 0 0"});
  const Emulator emulator;
  // The awkward channels of half an hour are 26,000, more than the default allows: every one above would be a dead
  // letter. Each is remembered by every worker, so memory grows with them.
  RelayProcess relay(
      redis, emulator,
      {"--request-timeout-ms", "2000", "--workers", "4", "--flush-interval-ms", "50", "--tickers-max", "1000000"});
  ASSERT_TRUE(relay.wait_ready());
  pipeline_test::BrokerRun broker;
  Process publishing(broker.command(redis, {"--rate", "400", "--seconds", std::to_string(length), "--tickers", "15",
                                            "--awkward", "--seed", std::to_string(seed)}));
  std::mt19937_64 random(static_cast<std::uint64_t>(seed));
  double most = 0;
  double most_resident = 0;
  while (publishing.is_running()) {
    emulator.control("POST", "faults", random_fault(random));
    std::this_thread::sleep_for(seconds(2));  // the pace of the faults, not a wait for anything
    emulator.control("DELETE", "faults");
    most = std::max(most, anonymous_bytes(relay.process().pid()));
    most_resident = std::max(most_resident, relay.process_metric("process_resident_memory_bytes"));
  }
  ASSERT_EQ(publishing.wait(), 0) << publishing.err();
  ASSERT_TRUE(relay.wait_delivered(static_cast<double>(broker.receivable()), seconds(120))) << relay.metrics();
  EXPECT_EQ(broker.difference(emulator), "");
  EXPECT_TRUE(relay.accounts_add_up()) << relay.metrics();
  EXPECT_GT(relay.metric("retries_total"), 3);
  EXPECT_GT(most, 1e6);
  EXPECT_LT(most, 96e6) << "anonymous memory";
  std::printf(
      "%llu messages published, %.0f requests sent again, memory at most %.1f MB (resident %.1f MB): the tree is the "
      "ledger's\n",
      static_cast<unsigned long long>(broker.published()), relay.metric("retries_total"), most / 1e6,
      most_resident / 1e6);
  EXPECT_EQ(relay.stop(), 0);
}

}  // namespace
}  // namespace soak_test
