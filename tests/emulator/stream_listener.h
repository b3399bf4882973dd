#pragma once

#include <curl/curl.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/eventually.h"

namespace emulator_test {

/// Listens to server-sent events in a thread of its own.
class StreamListener {
 public:
  StreamListener(const std::string& url, std::vector<std::string> headers = {})
      : url_(url), headers_(std::move(headers)) {
    thread_ = std::jthread([this](const std::stop_token& stop) { listen(stop); });
  }
  [[nodiscard]] std::string text() const {
    const std::lock_guard lock(mutex_);
    return text_;
  }
  bool wait_for(const std::string& what) const {
    return test_support::eventually([&] { return text().find(what) != std::string::npos; }, std::chrono::seconds(10));
  }
  [[nodiscard]] bool is_closed() const { return closed_; }

 private:
  void listen(const std::stop_token& stop) {
    CURL* curl = curl_easy_init();
    curl_slist* list = curl_slist_append(nullptr, "Accept: text/event-stream");
    for (const std::string& header : headers_) list = curl_slist_append(list, header.c_str());
    const auto write = +[](char* bytes, std::size_t size, std::size_t count, void* self) {
      auto* listener = static_cast<StreamListener*>(self);
      const std::lock_guard lock(listener->mutex_);
      listener->text_.append(bytes, size * count);
      return size * count;
    };
    const auto progress = +[](void* token, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
      return static_cast<const std::stop_token*>(token)->stop_requested() ? 1 : 0;
    };
    curl_easy_setopt(curl, CURLOPT_URL, url_.c_str());
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, write);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &stop);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_perform(curl);
    curl_slist_free_all(list);
    curl_easy_cleanup(curl);
    closed_ = true;
  }

  std::string url_;
  std::vector<std::string> headers_;
  mutable std::mutex mutex_;
  std::string text_;
  std::atomic<bool> closed_{false};
  std::jthread thread_;
};

}  // namespace emulator_test
