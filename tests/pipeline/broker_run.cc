#include "pipeline/broker_run.h"

#include <fstream>
#include <stdexcept>

#include "broker_sim/ledger.h"
#include "broker_sim/place.h"
#include "support/eventually.h"
#include "support/process.h"

namespace pipeline_test {

using test_support::built;
using test_support::Process;

std::vector<std::string> BrokerRun::command(const test_support::RedisServer& redis,
                                            const std::vector<std::string>& flags) const {
  std::vector<std::string> words = {built("tools/broker_sim/broker-sim"), "--redis-url", "unix://" + redis.socket(),
                                    "--ledger", ledger()};
  words.insert(words.end(), flags.begin(), flags.end());
  return words;
}

void BrokerRun::publish(const test_support::RedisServer& redis, const std::vector<std::string>& flags) {
  Process process(command(redis, flags));
  if (process.wait(std::chrono::minutes(5)) != 0)
    throw std::runtime_error("broker-sim: " + process.out() + process.err());
}

std::uint64_t BrokerRun::published() const {
  std::ifstream in(ledger());
  std::uint64_t lines = 0;
  for (std::string line; std::getline(in, line);) ++lines;
  return lines;
}

std::uint64_t BrokerRun::receivable() const {
  std::uint64_t count = 0;
  broker_sim::read_ledger(ledger(), [&](const broker_sim::Publication& publication, std::int64_t) {
    count += broker_sim::is_redis_own(publication.channel) ? 0 : 1;
  });
  return count;
}

void BrokerRun::keep_first(std::uint64_t count) const {
  std::ifstream in(ledger());
  std::string kept;
  std::string line;
  for (std::uint64_t i = 0; i < count && std::getline(in, line); ++i) kept += line + "\n";
  in.close();
  std::ofstream(ledger(), std::ios::trunc) << kept;
}

void BrokerRun::append(const BrokerRun& later) const {
  std::ofstream(ledger(), std::ios::app) << std::ifstream(later.ledger()).rdbuf();
}

std::string BrokerRun::difference(const test_support::Emulator& emulator, const std::vector<std::string>& flags) const {
  std::vector<std::string> words = {built("tools/broker_sim/ledger-check"), "--ledger", ledger(), "--database-url",
                                    emulator.url()};
  words.insert(words.end(), flags.begin(), flags.end());
  // Delivered is a message by its history; in trouble its live values may still be on their way.
  std::string last;
  test_support::eventually(
      [&] {
        Process process(words);
        last = process.wait(std::chrono::minutes(5)) == 0 ? "" : process.out() + process.err();
        return last.empty();
      },
      std::chrono::seconds(5));
  return last;
}

}  // namespace pipeline_test
