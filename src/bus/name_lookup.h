#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bus/addresses.h"
#include "firebase_relay/result.h"

namespace firebase_relay::bus {

/// Looks up names without ever waiting: while name servers are silent the system's look-up takes 10 to 40 s and cannot
/// be called off, and a stop, a second signal and the health check have to hold what they promise all the same.
///
/// Each look-up runs on a detached thread that shares nothing with its asker but the place for the answer, which it
/// keeps alive, so it can be left behind at any time, at the end of the process too. (getaddrinfo_a does the same with
/// threads of glibc's own; it cannot end a look-up that has begun either, and other C libraries do not have it.)
/// One that hangs does not hold up the next, but never more than kUnderWayMax are under way.
///
/// Threads: one asks and takes; the look-ups' own do the rest.
class NameLookup {
 public:
  /// Look-ups at the same time.
  static constexpr int kUnderWayMax = 3;

  /// `resolver` may be called by several threads at once, and after this object is gone.
  explicit NameLookup(Resolver resolver = look_up_addresses);

  /// Begins to look up `host`. A look-up that was left behind since the last take() may be the one that answers.
  void ask(const std::string& host, std::uint16_t port);
  /// Readable once there is something to take().
  [[nodiscard]] int fd() const;
  /// The answer, once. Look-ups that were asked for before and answer later are not listened to any more.
  std::optional<Result<std::vector<Address>>> take();
  /// Nobody wants the answer any more: when the name is asked for again, days later perhaps, it may be another.
  void forget();

 private:
  struct Shared;
  Resolver resolver_;
  std::shared_ptr<Shared> shared_;
};

}  // namespace firebase_relay::bus
