#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "base/ca_file.h"
#include "base/wakeup.h"
#include "flush/credentials.h"
#include "flush/http_client.h"
#include "flush/token.h"

namespace firebase_relay::flush {

/// The one owner of a service account's access token: fetches it, renews it in time, gets another when the database
/// refuses it. A thread of its own does that, since signing and waiting for the endpoint must not hold up the flusher;
/// all decisions are TokenSource's.
class TokenKeeper final : public CredentialSource {
 public:
  /// What it works with, and whom it tells.
  struct Wiring {
    std::shared_ptr<const CaFile> ca;
    std::uint64_t jitter_seed = 0;
    std::function<void(const TokenNews&)> report;  ///< called by the thread, for the log
  };
  /// Starts the thread, which fetches the first token at once.
  TokenKeeper(ServiceAccount account, Wiring wiring);
  /// Waits for the thread; an exchange on its way is given up.
  ~TokenKeeper() override;

  Result<std::optional<Credential>> current() override;
  void refused() override;
  void watch(const std::function<void()>& changed) override;

 private:
  void run(const std::stop_token& stop);

  const ServiceAccount account_;
  const Wiring wiring_;
  Wakeup wakeup_;
  std::mutex mutex_;
  TokenSource source_;  // guarded by mutex_
  std::mutex changed_mutex_;
  std::function<void()> changed_;  // guarded by changed_mutex_
  std::jthread thread_;
};

/// One token, for `check`: what the keeper would do, without trying for longer than an answer takes. What is known to
/// be wrong although there is a token goes to `flaw`.
Result<Credential> fetch_once(const ServiceAccount& account, const std::shared_ptr<const CaFile>& ca,
                              std::optional<Error>& flaw);

/// The source for these credentials: a TokenKeeper for a service account, else one that stays as it is and does not use
/// `wiring`.
std::shared_ptr<CredentialSource> open_source(Credentials credentials, TokenKeeper::Wiring wiring);

}  // namespace firebase_relay::flush
