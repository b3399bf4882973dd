#pragma once

#include <curl/curl.h>
#include <string.h>

#include <new>
#include <string>

#include "base/secret.h"

namespace firebase_relay::flush {

/// The lines of a request's head, as libcurl takes them. Overwritten when they go, since one may be a credential.
class HeaderLines {
 public:
  HeaderLines() = default;
  ~HeaderLines() { clear(); }
  HeaderLines(const HeaderLines&) = delete;
  HeaderLines& operator=(const HeaderLines&) = delete;

  /// Adds `line`, of which libcurl makes a copy. Errors: std::bad_alloc.
  void add(const char* line) {
    curl_slist* longer = curl_slist_append(lines_, line);
    if (longer == nullptr) throw std::bad_alloc();
    lines_ = longer;
  }
  /// Adds an Authorization header, unless `value` is empty.
  void add_authorization(const Secret& value) {
    constexpr std::string_view kName = "Authorization: ";
    if (value.empty()) return;
    std::string line;
    line.reserve(kName.size() + value.reveal().size());
    line.append(kName).append(value.reveal());
    const Secret kept(std::move(line));
    add(kept.reveal().data());  // a whole string: it ends in NUL
  }
  /// Overwrites all lines and forgets them. No request may use them any more.
  void clear() {
    for (curl_slist* line = lines_; line != nullptr; line = line->next)
      ::explicit_bzero(line->data, strlen(line->data));
    curl_slist_free_all(lines_);
    lines_ = nullptr;
  }
  [[nodiscard]] curl_slist* get() const { return lines_; }

 private:
  curl_slist* lines_ = nullptr;
};

}  // namespace firebase_relay::flush
