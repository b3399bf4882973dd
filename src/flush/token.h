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
  /// A token is renewed so long before it expires; or at half its life, if that is shorter than kShortLife.
  static constexpr std::chrono::minutes kEarly{5};
  static constexpr std::chrono::minutes kShortLife{10};

  /// `jitter_seed`: of the waits after a failed exchange.
  explicit TokenSource(std::uint64_t jitter_seed)
      : backoff_({std::chrono::seconds(1), std::chrono::seconds(60)}, jitter_seed) {}

  /// When the next exchange is due; SteadyTime::max() while one is on its way.
  [[nodiscard]] SteadyTime due() const { return exchanging_ ? SteadyTime::max() : due_; }
  /// To be called when an exchange begins. Returns the time for its assertion: our clock's, corrected by how far the
  /// token endpoint's Date has shown it to be wrong.
  std::chrono::sys_seconds begin(const Now& now);
  /// To be called when the exchange has ended: takes the token out of `answer`, which is wiped, or judges why there is
  /// none.
  TokenNews ended(Result<HttpResponse> answer, const Now& now);
  /// The database did not take the token: it is not used again, and another is due at once.
  void refused(SteadyTime now);
  /// The token, if it is good at `now`. Nothing: the first answer has yet to come. Errors: kUnavailable and others,
  /// with the reason why there is none.
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
