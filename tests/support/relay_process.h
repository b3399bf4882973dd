#pragma once

#include <memory>
#include <string>
#include <vector>

#include "support/emulator.h"
#include "support/process.h"
#include "support/redis_server.h"
#include "support/temp_dir.h"

namespace test_support {

/// The relay as a user runs it: `firebase-relay run` between a Redis and an emulator, metrics on a free port. Its
/// outbox goes with the object, unless `flags` name one that stays. `environment`: as Process takes it. `under`: a
/// command that starts it, such as setpriv with its options.
class RelayProcess {
 public:
  RelayProcess(const RedisServer& redis, const Emulator& emulator, const std::vector<std::string>& flags = {},
               const std::vector<std::string>& environment = {}, const std::vector<std::string>& under = {});

  /// Sum of all series of the metric `firebase_relay_{name}`; with `labels`, of those that have this text, e.g.
  /// `kind="price"`.
  [[nodiscard]] double metric(const std::string& name, const std::string& labels = {}) const;
  /// The metric of exactly this name.
  [[nodiscard]] double process_metric(const std::string& name) const { return sum_of(name, {}); }
  [[nodiscard]] std::string metrics() const;
  /// received + recovered = delivered + coalesced + dead-lettered + shed + in flight, as the metrics say (guarantee 5).
  [[nodiscard]] bool accounts_add_up() const;
  [[nodiscard]] bool is_ready() const;
  /// Until subscribed. False after 20 s.
  bool wait_ready() const;
  /// Until `received` messages have come and none is on its way. False after `timeout`.
  bool wait_delivered(double received, std::chrono::milliseconds timeout = std::chrono::seconds(60)) const;
  /// SIGKILL, as a crash.
  void kill();
  /// SIGTERM and its exit status; -1 when it does not end.
  int stop();
  Process& process() { return *process_; }
  [[nodiscard]] const std::string& http_url() const { return http_url_; }

 private:
  [[nodiscard]] double sum_of(const std::string& full_name, const std::string& labels) const;

  TempDir dir_;
  std::unique_ptr<Process> process_;
  std::string http_url_;
};

}  // namespace test_support
