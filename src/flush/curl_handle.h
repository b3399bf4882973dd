#pragma once

#include <curl/curl.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>

#include "base/ca_file.h"
#include "base/secret.h"

namespace firebase_relay::flush {

/// Starts libcurl, whose start-up is not thread-safe, before its first use. Errors: std::runtime_error when it cannot.
void start_curl();

/// A handle of libcurl with all that holds for every request of ours. The one place that makes them: what one request
/// obeys, all of them do. That is
///   the proxy: the environment's (HTTPS_PROXY, ALL_PROXY, NO_PROXY, also in lower case; for http:// http_proxy), but
///   none to this very machine, whatever that says;
///   the authorities: the system's and those of `ca`;
///   the protocols: http and https, no redirects followed; the user agent;
///   the time: a connection within kConnectMax, an answer within `timeout`, and what is given up is left at once,
///   though nobody resolves its name.
///
/// Threads: one. Errors: std::runtime_error when libcurl has no memory.
class CurlHandle {
 public:
  /// For name, connection and TLS together. A network that swallows packets answers nothing, and the system asks it
  /// again after 1, 2, 4, 8 s; whoever begins anew asks at once, so a network that is back is noticed within seconds.
  static constexpr std::chrono::milliseconds kConnectMax{5'000};

  /// `ca` may be null.
  CurlHandle(std::shared_ptr<const CaFile> ca, std::chrono::milliseconds timeout);
  ~CurlHandle() { curl_easy_cleanup(easy_); }
  CurlHandle(const CurlHandle&) = delete;
  CurlHandle& operator=(const CurlHandle&) = delete;

  /// Where the request goes. `without_proxy`: no proxy is asked, since the host is this machine, by whatever address.
  void set_url(const Secret& url, bool without_proxy = false);
  /// curl_easy_setopt(). Errors: std::runtime_error when libcurl does not take it, which is a fault of the program.
  template <class Value>
  void set(CURLoption option, Value value) {
    const CURLcode code = curl_easy_setopt(easy_, option, value);
    if (code != CURLE_OK) throw std::runtime_error(std::string("curl_easy_setopt: ") + curl_easy_strerror(code));
  }
  /// libcurl's handle, which stays this object's.
  [[nodiscard]] CURL* get() const { return easy_; }
  /// For the end of a message about a request that failed: that a proxy which the environment names may be at fault.
  /// Empty: it names none, or none was to be asked.
  [[nodiscard]] std::string way() const;

 private:
  std::shared_ptr<const CaFile> ca_;
  CURL* easy_;
  bool goes_direct_ = false;
};

}  // namespace firebase_relay::flush
