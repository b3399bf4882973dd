#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ca_file.h"
#include "firebase_relay/delivery.h"
#include "firebase_relay/result.h"
#include "flush/credentials.h"
#include "flush/database_url.h"

namespace firebase_relay::flush {

/// Where requests go, and what lets them in.
struct SenderOptions {
  DatabaseUrl database;
  std::shared_ptr<CredentialSource> credentials;  ///< asked for each request; null: none are needed
  std::shared_ptr<const CaFile> ca;               ///< null: the system's alone
  std::chrono::milliseconds request_timeout{15'000};
  std::function<void(std::uint64_t bytes)> answered{};  ///< told of each answer: its head and body; may be empty
};

/// A request beside delivery's, of which one may be under way at a time.
struct Question {
  static constexpr RequestId kRequest = 0;  ///< by which its Finished is told from delivery's, which count from 1
  std::string method;
  std::string path;   ///< as it stands between quotes
  std::string query;  ///< as it stands in the URL
  std::string body;   ///< empty: none
};

/// Sends PATCH requests side by side over kept connections (curl multi, HTTP/1.1). A request whose answer is lost takes
/// its connection with it. A request whose credential is still on its way waits for it, and is answered as one without
/// a connection when there is none: nothing goes out unauthenticated.
///
/// Threads: one, but wake(), which any thread may call.
/// Errors:  an answer for every request, also when there is none: Answer::transport tells why.
class PatchSender {
 public:
  /// One request that has ended.
  struct Finished {
    RequestId request;
    Answer answer;
    std::chrono::nanoseconds took;
    std::optional<std::chrono::seconds> clock_skew{};  ///< this machine's clock less the answer's Date
    std::string body{};                                ///< of the answer to a Question
    bool is_cut_off = false;                           ///< there was more of it
    std::uint64_t answer_bytes = 0;                    ///< of its head and body, as far as they came
  };

  /// Connects to nobody yet. Errors: std::runtime_error when libcurl cannot be started.
  explicit PatchSender(SenderOptions options);
  /// Gives up what is under way.
  ~PatchSender();

  /// Begins a request and returns at once; wait() drives it on. The parts of `send` must live until its Finished, or
  /// until this object is gone.
  void send(const Send& send);
  /// Likewise, of a Question.
  void ask(Question question);
  /// Waits for answers, for wake(), or until `deadline`; what has been answered is appended to `finished`.
  void wait(SteadyTime deadline, std::vector<Finished>& finished);
  /// `started` is called on the sending thread for each request that goes out, when it does: not for one that is
  /// answered for want of a credential.
  void on_start(std::function<void(const Send&)> started) { started_ = std::move(started); }
  /// Ends the wait() that is under way, or the next one.
  void wake();
  /// Tells the source of credentials that the database did not take the last one.
  void refresh_credentials();

 private:
  struct Handles;
  struct Parked;
  void collect(std::vector<Finished>& finished);
  void start_parked();
  void start(const Parked& parked, const Credential& credential);

  SenderOptions options_;
  std::unique_ptr<Handles> handles_;
  std::function<void(const Send&)> started_;
};

/// Retry-After as RFC 9110 §10.2.3 has it: seconds, or a date (curl_getdate); nothing for what is neither.
std::optional<std::chrono::milliseconds> parse_retry_after(const std::string& value, UtcMillis now);

}  // namespace firebase_relay::flush
