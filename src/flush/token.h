#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/backoff.h"
#include "base/secret.h"
#include "firebase_relay/result.h"
#include "firebase_relay/time.h"

namespace firebase_relay::flush {

struct HttpResponse;

/// What an exchange has come to, for the log.
struct TokenNews {
  std::optional<std::chrono::seconds> life;  ///< of the new token; nothing: `error` says why there is none
  bool is_first = false;                     ///< the first one, or the first after trouble
  Error error{};
  std::chrono::milliseconds next_try_in{0};
};

/// Decides when an access token is fetched and what an answer of the token endpoint means. The old token is kept until
/// the new one is there, or until it has expired, or until the database refused it.
///
/// No thread, socket or clock: the time goes in. Threads: one at a time.
class TokenSource {
 public:
  static constexpr std::chrono::minutes kEarly{5};       ///< before its end a token is renewed; or at half its life,
  static constexpr std::chrono::minutes kShortLife{10};  ///< if it lives shorter than this

  explicit TokenSource(std::uint64_t jitter_seed)
      : backoff_({std::chrono::seconds(1), std::chrono::seconds(60)}, jitter_seed) {}

  /// When the next exchange is due; SteadyTime::max() while one is on its way.
  [[nodiscard]] SteadyTime due() const { return exchanging_ ? SteadyTime::max() : due_; }
  /// An exchange begins. Returns when its assertion is issued: our clock's time, mended by what we know of its error.
  std::chrono::sys_seconds begin(const Now& now);
  /// It ended. Wipes the answer.
  TokenNews ended(Result<HttpResponse> answer, const Now& now);
  /// The database did not take the token: it is not used again, and another is due at once.
  void refused(SteadyTime now);
  /// The token, if it is good now; nothing while the first answer is awaited; else why there is none.
  [[nodiscard]] Result<std::optional<Secret>> token(SteadyTime now) const;

 private:
  std::optional<Error> take(HttpResponse& answer);
  Error judge_refusal(const HttpResponse& answer, const Now& now);

  Backoff backoff_;
  bool exchanging_ = false;
  SteadyTime began_at_{};
  SteadyTime due_ = SteadyTime::min();
  Secret token_;
  SteadyTime expires_at_{};
  std::chrono::seconds life_{0};
  std::chrono::seconds skew_{0};  ///< the endpoint's clock less ours
  bool tried_skew_ = false;       ///< since the last token
  bool again_at_once_ = false;
  std::optional<Error> trouble_ = std::nullopt;  ///< what the last exchange failed by
  bool had_token_ = false;
};

}  // namespace firebase_relay::flush
