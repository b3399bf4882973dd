#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "firebase_relay/result.h"

namespace firebase_relay::observe {

/// What the HTTP listener answers from. Called on its threads, several at a time, so each must be thread-safe and
/// quick.
struct HttpAnswers {
  std::function<std::string()> metrics;                     ///< Prometheus' text format
  std::function<std::optional<std::string>()> health_flaw;  ///< nothing: healthy; else why not, one line
  std::function<std::optional<std::string>()> ready_flaw;   ///< nothing: ready; else why not, one line
};

/// `/metrics`, `/healthz` and `/readyz` over HTTP, for GET and HEAD: 200, or 503 with the reason. All else is 404 or
/// 405; no file is ever served. A client has a second to send its request of at most 4 KiB, and every answer closes its
/// connection.
///
/// Ownership: what HttpAnswers refer to must outlive it. After stop() none of them is called any more.
/// Threads:   stop() and port() by the owner; five threads of civetweb's own.
class HttpListener {
 public:
  /// Listens at `host`:`port`, an IPv4 address or a name; port 0: any that is free.
  /// Fails with kBusy (the port is taken) and kInvalid (no address of this machine, a port that only root may use, or
  /// IPv6, which the packaged civetweb lacks).
  static Result<std::unique_ptr<HttpListener>> start(const std::string& host, std::uint16_t port, HttpAnswers answers);
  /// As stop().
  ~HttpListener();
  HttpListener(const HttpListener&) = delete;
  HttpListener& operator=(const HttpListener&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  /// Waits for the answers being made, and a few ms for the threads. A thread that still waits for a client's request
  /// is left behind; it ends by itself within a second.
  void stop();

 private:
  struct State;
  explicit HttpListener(std::shared_ptr<State> state);

  std::shared_ptr<State> state_;  // shared with a thread that ends the server when stop() has not the patience
};

}  // namespace firebase_relay::observe
