// ledger-check as a process.
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "support/emulator.h"
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

}  // namespace
}  // namespace broker_sim
