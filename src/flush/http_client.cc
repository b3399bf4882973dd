#include "flush/http_client.h"

#include <curl/curl.h>

#include <memory>
#include <stdexcept>

#include "flush/answer_head.h"
#include "flush/curl_handle.h"
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

/// As curl_easy_perform, but ends at once when it is told to stop.
CURLcode perform(const CurlHandle& handle, const std::stop_token& stop) {
  const std::unique_ptr<CURLM, CURLMcode (*)(CURLM*)> multi(curl_multi_init(), curl_multi_cleanup);
  if (!multi) return CURLE_OUT_OF_MEMORY;
  const std::stop_callback wake(stop, [&] { curl_multi_wakeup(multi.get()); });
  curl_multi_add_handle(multi.get(), handle.get());
  CURLcode code = CURLE_ABORTED_BY_CALLBACK;
  for (int running = 1; running > 0 && !stop.stop_requested();) {
    constexpr int kLongestMs = 1000;
    curl_multi_perform(multi.get(), &running);
    int left = 0;
    const CURLMsg* ended = curl_multi_info_read(multi.get(), &left);
    if (ended != nullptr) code = ended->data.result;
    if (running > 0) curl_multi_poll(multi.get(), nullptr, 0, kLongestMs, nullptr);
  }
  curl_multi_remove_handle(multi.get(), handle.get());
  return code;
}

Result<HttpResponse> ask(const HttpRequest& request) {
  constexpr std::size_t kAnswerUsual = 16 << 10;
  HttpResponse response;
  response.body.reserve(kAnswerUsual);  // it may hold a token: growing would leave copies behind that nobody wipes
  AnswerHead head;
  HeaderLines headers;
  headers.add(("Content-Type: " + request.content_type).c_str());
  headers.add_authorization(request.credential.authorization);
  CurlHandle handle(request.ca, request.timeout);
  handle.set_url(with_parameter(request.url, request.credential), request.is_to_relay);
  handle.set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  handle.set(CURLOPT_HTTPHEADER, headers.get());
  if (!request.body.empty()) {
    handle.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.reveal().size()));
    handle.set(CURLOPT_POSTFIELDS, request.body.reveal().data());
  }
  handle.set(CURLOPT_WRITEFUNCTION, keep_body);
  handle.set(CURLOPT_WRITEDATA, &response.body);
  handle.set(CURLOPT_HEADERFUNCTION, keep_head);
  handle.set(CURLOPT_HEADERDATA, &head);
  const CURLcode code = perform(handle, request.stop);
  if (code != CURLE_OK) return fail(ErrorCode::kUnavailable, curl_easy_strerror(code) + handle.way());
  if (!head.is_valid()) return fail(ErrorCode::kUnavailable, "the answer is no HTTP");
  long status = 0;
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
  response.status = static_cast<int>(status);
  response.date = head.date();
  response.content_type = head.content_type();
  response.location = head.location();
  return response;
}

}  // namespace

Result<HttpResponse> http_request(const HttpRequest& request) {
  try {
    return ask(request);
  } catch (const std::runtime_error& error) {
    return fail(ErrorCode::kUnavailable, error.what());
  }
}

}  // namespace firebase_relay::flush
