#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "classify/routes.h"
#include "firebase_relay/result.h"
#include "observe/log.h"
#include "relay/options.h"

namespace firebase_relay::relay {

/// How a run ended.
struct Outcome {
  std::uint64_t received = 0;
  std::uint64_t delivered = 0;
  std::uint64_t left = 0;  ///< messages that were neither acknowledged nor otherwise ended
};

/// Puts the stages together: subscriber → workers → flusher, and the HTTP listener beside them. Shuts down the way the
/// data flows: stop reading, let the workers finish, flush, drain.
///
/// Threads: start(), drain() and end_now() by whoever owns it; end_now() also while another thread is in drain();
///          metrics_text() by any.
class Relay {
 public:
  /// Listens at HTTP and starts all threads. Redis and the database need not be there yet.
  /// Fails with kInvalid (a wrong routes file, no database) or kBusy (the HTTP port is taken).
  static Result<std::unique_ptr<Relay>> start(const Options& options, observe::Log& log);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  /// Sends what has been received, within Options::drain_timeout, and ends. Returns at the end.
  Outcome drain();
  /// What /metrics says. At any time, also after drain().
  [[nodiscard]] std::string metrics_text() const;
  /// Makes drain() return without waiting for answers.
  void end_now();

 private:
  struct Parts;
  explicit Relay(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

/// The route table that `options` name: the file, or the built-in one.
Result<classify::RouteTable> load_routes(const Options& options);

}  // namespace firebase_relay::relay
