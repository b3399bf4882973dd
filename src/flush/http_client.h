#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>

#include "base/ca_file.h"
#include "base/secret.h"
#include "firebase_relay/result.h"
#include "flush/credentials.h"

namespace firebase_relay::flush {

/// A request of `check`, `healthcheck`, the token keeper and the like: one at a time, and nobody waits behind it.
struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::string content_type = "application/json";
  Secret body;            ///< sent when not empty
  Credential credential;  ///< both parts empty: none
  std::shared_ptr<const CaFile> ca;
  std::chrono::milliseconds timeout{5'000};
  bool is_to_relay = false;  ///< to our own --http-listen, which is an address of this machine: no proxy is asked
  std::stop_token stop{};    ///< gives up at once when it is requested
};

/// Whatever answered, and with whatever status.
struct HttpResponse {
  int status = 0;
  std::string body;
  std::string date;  ///< the Date header, for clock skew; empty: none; likewise the next two
  std::string content_type{};
  std::string location{};
};

/// Sends the request and waits for the answer, for `timeout` at most. An answer is a success, whatever its status.
/// Errors: kUnavailable when none comes. No error holds the URL, which may have a secret in it.
Result<HttpResponse> http_request(const HttpRequest& request);

}  // namespace firebase_relay::flush
