#include "flush/http_client.h"

#include <curl/curl.h>

#include <memory>
#include <utility>

#include "flush/answer_head.h"
#include "flush/echo.h"
#include "flush/header_lines.h"

namespace firebase_relay::flush {
namespace {

std::size_t keep_body(char* data, std::size_t size, std::size_t count, void* body) {
  std::string& kept = *static_cast<std::string*>(body);
  if (kept.size() <= Echo::kBytesMax) kept.append(data, size * count);  // what is longer can be told by that
  return size * count;
}

std::size_t keep_head(char* data, std::size_t size, std::size_t count, void* head) {
  static_cast<AnswerHead*>(head)->take({data, size * count});
  return size * count;
}

int gives_up(void* request, curl_off_t /*to_load*/, curl_off_t /*loaded*/, curl_off_t /*to_send*/,
             curl_off_t /*sent*/) {
  return static_cast<const HttpRequest*>(request)->stop.stop_requested() ? 1 : 0;
}

}  // namespace

Result<HttpResponse> http_request(const HttpRequest& request) {
  const std::unique_ptr<CURL, void (*)(CURL*)> easy(curl_easy_init(), curl_easy_cleanup);
  if (!easy) return fail(ErrorCode::kUnavailable, "curl_easy_init failed");
  constexpr std::size_t kAnswerUsual = 16 << 10;
  HttpResponse response;
  response.body.reserve(kAnswerUsual);  // it may hold a token: growing would leave copies behind that nobody wipes
  AnswerHead head;
  HeaderLines headers;
  headers.add(("Content-Type: " + request.content_type).c_str());
  headers.add_authorization(request.credential.authorization);
  const Secret url = with_parameter(request.url, request.credential);
  const auto set = [&](CURLoption option, auto value) { curl_easy_setopt(easy.get(), option, value); };
  set(CURLOPT_URL, url.reveal().data());
  set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  set(CURLOPT_HTTPHEADER, headers.get());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_USERAGENT, "firebase-relay/" FIREBASE_RELAY_VERSION);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
  set(CURLOPT_NOPROXY, "localhost,127.0.0.0/8,::1");  // as DatabaseUrl::is_local()
  if (!request.body.empty()) {
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.reveal().size()));
    set(CURLOPT_POSTFIELDS, request.body.reveal().data());
  }
  if (request.ca) request.ca->apply_to(easy.get());
  set(CURLOPT_WRITEFUNCTION, keep_body);
  set(CURLOPT_WRITEDATA, &response.body);
  set(CURLOPT_HEADERFUNCTION, keep_head);
  set(CURLOPT_HEADERDATA, &head);
  set(CURLOPT_XFERINFOFUNCTION, gives_up);
  set(CURLOPT_XFERINFODATA, &request);
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_QUICK_EXIT, 1L);  // giving up does not wait for a name that nobody resolves
  const CURLcode code = curl_easy_perform(easy.get());
  if (code != CURLE_OK) return fail(ErrorCode::kUnavailable, curl_easy_strerror(code));
  if (!head.is_valid()) return fail(ErrorCode::kUnavailable, "the answer is no HTTP");
  long status = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  response.status = static_cast<int>(status);
  response.date = head.date();
  response.content_type = head.content_type();
  response.location = head.location();
  return response;
}

}  // namespace firebase_relay::flush
