#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "firebase_relay/result.h"

namespace firebase_relay::observe {

/// What the HTTP listener answers from. Called on its thread, so each must be thread-safe and quick.
struct HttpAnswers {
  std::function<std::string()> metrics;                     ///< Prometheus' text format
  std::function<std::optional<std::string>()> health_flaw;  ///< nothing: healthy; else why not, one line
  std::function<std::optional<std::string>()> ready_flaw;   ///< nothing: ready; else why not, one line
  /// What is wrong and no reason to be not ready, one line, behind the `ok` of /readyz; nothing, or none: all is well.
  std::function<std::optional<std::string>()> ready_remark{};
};

/// `/metrics`, `/healthz` and `/readyz` over HTTP, for GET and HEAD: 200, or 503 with the reason. All else is 404 or
/// 405; no file is ever served. A client has a second to send its request of at most 4 KiB and another to take the
/// answer, which closes the connection. 128 are kept at a time; one more pushes the oldest out, so that a thousand
/// clients that say nothing keep nobody from an answer: what a server that gives each of them a thread cannot promise.
///
/// Ownership: what HttpAnswers refer to must outlive it. After stop() none of them is called any more.
/// Threads:   stop() and port() by the owner; one of its own.
class HttpListener {
 public:
  /// Listens at `host`:`port`, an address or a name (of which IPv4 is preferred), `::` for all of both kinds; port 0:
  /// any that is free. Fails with kBusy (the port is taken) and kInvalid (no address of this machine, a port that only
  /// root may use).
  static Result<std::unique_ptr<HttpListener>> start(const std::string& host, std::uint16_t port, HttpAnswers answers);
  /// As stop().
  ~HttpListener();
  HttpListener(const HttpListener&) = delete;
  HttpListener& operator=(const HttpListener&) = delete;

  /// Where it listens: the port that was found when it was started with 0.
  [[nodiscard]] std::uint16_t port() const;
  /// Ends the thread; an answer that is being made is finished first.
  void stop();

 private:
  struct Server;
  explicit HttpListener(std::unique_ptr<Server> server);

  std::unique_ptr<Server> server_;
  std::jthread thread_;
};

}  // namespace firebase_relay::observe
