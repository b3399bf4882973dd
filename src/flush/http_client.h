#pragma once

#include <chrono>
#include <string>

#include "firebase_relay/result.h"

namespace firebase_relay::flush {

/// A request of `check`, `healthcheck` and the like: one at a time, and nobody waits behind it.
struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::string body;           ///< sent when not empty
  std::string authorization;  ///< value of the header; empty: none
  std::string ca_file;        ///< empty: the system's
  std::chrono::milliseconds timeout{5'000};
};

struct HttpResponse {
  int status = 0;
  std::string body;
  std::string date;  ///< the Date header, for clock skew; empty: none
};

/// Errors: kUnavailable when no answer comes; any status is an answer.
Result<HttpResponse> http_request(const HttpRequest& request);

}  // namespace firebase_relay::flush
