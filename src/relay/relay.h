#pragma once

#include <cstdint>
#include <istream>
#include <memory>
#include <string>
#include <variant>

#include "firebase_relay/result.h"
#include "observe/log.h"
#include "relay/options.h"
#include "relay/outcome.h"
#include "relay/routes_file.h"

namespace firebase_relay::relay {

/// Where a Relay's messages come from; each needs other parts.
struct FromRedis {};  ///< what is published, for good: with outbox and HTTP
/// Lines that were recorded, in memory: neither outbox nor port, beside a running relay or alone.
struct FromLines {
  std::istream& lines;  ///< must outlive the Relay
  bool live = true;     ///< write live values, too; else history alone
};
struct FromDeadLetters {};  ///< those of the outbox that are marked, and what waits in it; no source, no port
using Input = std::variant<FromRedis, FromLines, FromDeadLetters>;

/// Puts the stages together: subscriber → workers → flusher, and the HTTP listener beside them. Shuts down the way the
/// data flows: stop reading, let the workers finish, flush, drain.
///
/// Threads: start(), drain() and end_now() by whoever owns it; end_now() also while another thread is in drain();
///          metrics_text() by any.
class Relay {
 public:
  /// Listens at HTTP and starts all threads. Redis and the database need not be there yet.
  /// Fails with kInvalid (a wrong routes file, no database), kBusy (the HTTP port or the outbox is taken), kTooNew or
  /// kIo (the outbox).
  static Result<std::unique_ptr<Relay>> start(const Options& options, observe::Log& log, const Input& input);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  /// A descriptor to be polled: it becomes readable once the source has nothing more to give (FromLines). It stays the
  /// relay's.
  [[nodiscard]] int source_ended_fd() const;
  /// Reads the routes file once more, as relay::read_routes_again() says. For the relay's owner, before drain().
  void read_routes_again(const Options& options);
  /// Stops reading, sends what has been received, within Options::drain_timeout, and ends all threads. Returns when
  /// that is done, with what has become of the messages.
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

}  // namespace firebase_relay::relay
