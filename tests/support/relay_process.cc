#include "support/relay_process.h"

#include <signal.h>

#include <algorithm>
#include <sstream>

#include "support/eventually.h"
#include "support/http.h"

namespace test_support {

RelayProcess::RelayProcess(const RedisServer& redis, const Emulator& emulator, const std::vector<std::string>& flags,
                           const std::vector<std::string>& environment, const std::vector<std::string>& under) {
  std::vector<std::string> command = {
      built("src/firebase-relay"), "run",           "--redis-url", redis.url(),  "--database-url",
      emulator.database_url(),     "--http-listen", "127.0.0.1:0", "--instance", "test"};
  if (std::find(flags.begin(), flags.end(), "--outbox") == flags.end()) {
    command.insert(command.end(), {"--outbox", dir_.file("outbox.db")});
  }
  const std::vector<std::string> of_redis = redis.relay_flags();
  command.insert(command.end(), of_redis.begin(), of_redis.end());
  command.insert(command.end(), flags.begin(), flags.end());
  command.insert(command.begin(), under.begin(), under.end());
  process_ = std::make_unique<Process>(command, environment);
  http_url_ = process_->wait_for("http listening on ");
  http_url_ = http_url_.substr(0, http_url_.find('"'));  // --log-format json: a text in an object
}

std::string RelayProcess::metrics() const { return http("GET", http_url_ + "/metrics").body; }

double RelayProcess::metric(const std::string& name, const std::string& labels) const {
  return sum_of("firebase_relay_" + name, labels);
}

double RelayProcess::sum_of(const std::string& full, const std::string& labels) const {
  std::istringstream lines(metrics());
  std::string line;
  double sum = 0;
  while (std::getline(lines, line)) {
    if (!line.starts_with(full) || (line[full.size()] != ' ' && line[full.size()] != '{')) continue;
    if (line.find(labels) == std::string::npos) continue;
    sum += std::stod(line.substr(line.rfind(' ') + 1));
  }
  return sum;
}

bool RelayProcess::accounts_add_up() const {
  return metric("messages_received_total") + metric("messages_recovered_total") ==
         metric("messages_delivered_total") + metric("messages_coalesced_total") + metric("dead_letters_total") +
             metric("messages_shed_total") + metric("messages_in_flight");
}

bool RelayProcess::is_ready() const { return http("GET", http_url_ + "/readyz").status == 200; }

bool RelayProcess::wait_ready() const {
  return eventually([&] { return is_ready(); });
}

bool RelayProcess::wait_delivered(double received, std::chrono::milliseconds timeout) const {
  return eventually([&] { return metric("messages_received_total") >= received && metric("messages_in_flight") == 0; },
                    timeout);
}

void RelayProcess::kill() {
  process_->signal(SIGKILL);
  process_->wait();
}

int RelayProcess::stop() {
  process_->signal(SIGTERM);
  return process_->wait().value_or(-1);
}

}  // namespace test_support
