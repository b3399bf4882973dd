#include "flush/curl_handle.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "flush/database_url.h"

namespace firebase_relay::flush {
namespace {

/// The host of a URL, without the brackets of IPv6; empty when it has none.
std::string host_of(const Secret& url) {
  const std::unique_ptr<CURLU, void (*)(CURLU*)> parsed(curl_url(), curl_url_cleanup);
  char* host = nullptr;
  if (!parsed || curl_url_set(parsed.get(), CURLUPART_URL, url.reveal().data(), 0) != CURLUE_OK ||
      curl_url_get(parsed.get(), CURLUPART_HOST, &host, 0) != CURLUE_OK)
    return {};
  std::string text(host);
  curl_free(host);
  if (text.starts_with('[')) text = text.substr(1, text.size() - 2);
  return text;
}

/// libcurl calls it with its own SSL_CTX, which has the system's authorities by then.
CURLcode add_authorities(CURL* /*easy*/, void* context, void* authorities) {
  return static_cast<const CaFile*>(authorities)->add_to(static_cast<ssl_ctx_st*>(context)) ? CURLE_OK
                                                                                            : CURLE_SSL_CACERT_BADFILE;
}

}  // namespace

void start_curl() {
  static const CURLcode kStarted = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (kStarted != CURLE_OK) throw std::runtime_error(curl_easy_strerror(kStarted));
}

CurlHandle::CurlHandle(std::shared_ptr<const CaFile> ca, std::chrono::milliseconds timeout) : ca_(std::move(ca)) {
  start_curl();
  easy_ = curl_easy_init();
  if (!easy_) throw std::runtime_error("curl_easy_init failed");
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_USERAGENT, "firebase-relay/" FIREBASE_RELAY_VERSION);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(std::min(timeout, kConnectMax).count()));
  set(CURLOPT_QUICK_EXIT, 1L);                // giving up does not wait for a name that nobody resolves
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);  // a proxy's answer is not the database's
  if (!ca_) return;
  set(CURLOPT_SSL_CTX_FUNCTION, +add_authorities);
  set(CURLOPT_SSL_CTX_DATA, const_cast<CaFile*>(ca_.get()));
}

void CurlHandle::set_url(const Secret& url, bool without_proxy) {
  set(CURLOPT_URL, url.reveal().data());  // libcurl copies it
  goes_direct_ = without_proxy || is_this_machine(host_of(url));
  if (goes_direct_) set(CURLOPT_NOPROXY, "*");
}

std::string CurlHandle::way() const {
  constexpr std::array kVariables = {"https_proxy", "HTTPS_PROXY", "http_proxy", "all_proxy", "ALL_PROXY"};
  const auto is_set = [](const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0';
  };
  if (goes_direct_ || std::none_of(kVariables.begin(), kVariables.end(), is_set)) return {};
  return "; if the proxy that HTTPS_PROXY, ALL_PROXY or http_proxy names stands in between: is it there, and does it "
         "let this through?";
}

}  // namespace firebase_relay::flush
