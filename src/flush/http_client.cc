#include "flush/http_client.h"

#include <curl/curl.h>

#include <memory>

namespace firebase_relay::flush {
namespace {

constexpr std::size_t kBodyMax = 1 << 20;

std::size_t keep_body(char* data, std::size_t size, std::size_t count, void* body) {
  std::string& kept = *static_cast<std::string*>(body);
  if (kept.size() < kBodyMax) kept.append(data, size * count);
  return size * count;
}

std::size_t keep_date(char* data, std::size_t size, std::size_t count, void* date) {
  const std::string_view line(data, size * count);
  if (line.starts_with("Date: ") || line.starts_with("date: "))
    static_cast<std::string*>(date)->assign(line.substr(6, line.find_last_not_of("\r\n") - 5));
  return size * count;
}

}  // namespace

Result<HttpResponse> http_request(const HttpRequest& request) {
  const std::unique_ptr<CURL, void (*)(CURL*)> easy(curl_easy_init(), curl_easy_cleanup);
  if (!easy) return fail(ErrorCode::kUnavailable, "curl_easy_init failed");
  HttpResponse response;
  curl_slist* lines = curl_slist_append(nullptr, "Content-Type: application/json");
  if (!request.authorization.empty())
    lines = curl_slist_append(lines, ("Authorization: " + request.authorization).c_str());
  const std::unique_ptr<curl_slist, void (*)(curl_slist*)> headers(lines, curl_slist_free_all);
  curl_easy_setopt(easy.get(), CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_CUSTOMREQUEST, request.method.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(easy.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
  if (!request.body.empty()) curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDS, request.body.c_str());
  if (!request.ca_file.empty()) curl_easy_setopt(easy.get(), CURLOPT_CAINFO, request.ca_file.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, keep_body);
  curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &response.body);
  curl_easy_setopt(easy.get(), CURLOPT_HEADERFUNCTION, keep_date);
  curl_easy_setopt(easy.get(), CURLOPT_HEADERDATA, &response.date);
  const CURLcode code = curl_easy_perform(easy.get());
  if (code != CURLE_OK) return fail(ErrorCode::kUnavailable, curl_easy_strerror(code));
  long status = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  response.status = static_cast<int>(status);
  return response;
}

}  // namespace firebase_relay::flush
