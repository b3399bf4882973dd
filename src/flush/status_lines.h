#pragma once

#include <curl/curl.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace firebase_relay::flush {

/// Looks at the lines of an answer's head for its status: libcurl takes whatever else begins with `HTTP/` for a 200
/// (found by fuzzing), and that would acknowledge what nobody has stored. One for each request. Threads: its request's.
class StatusLines {
 public:
  /// Every line of the head, with its line end, as libcurl hands them out.
  void take(std::string_view line) {
    // The first line, and the first behind a 100 Continue; a header of this name says nothing.
    const bool is_first = std::exchange(is_at_first_, line.starts_with('\r') || line.starts_with('\n'));
    const bool is_http = line.size() > 5 && curl_strnequal(line.data(), "HTTP/", 5) != 0;  // as libcurl looks at it
    if (is_first && is_http && !is_status_line(line)) are_valid_ = false;
  }
  /// False: whatever libcurl says, this answer has no status.
  [[nodiscard]] bool are_valid() const { return are_valid_; }

 private:
  /// `HTTP/1.1 204 No Content`, `HTTP/2 204`.
  static bool is_status_line(std::string_view line) {
    const std::size_t blank = line.find(' ');
    if (blank == std::string_view::npos || line.size() < blank + 4) return false;
    const std::string_view version = line.substr(0, blank);
    const std::string_view status = line.substr(blank + 1, 3);
    return (version == "HTTP/1.1" || version == "HTTP/1.0" || version == "HTTP/2") &&
           std::all_of(status.begin(), status.end(), [](char c) { return c >= '0' && c <= '9'; });
  }

  bool is_at_first_ = true;
  bool are_valid_ = true;
};

}  // namespace firebase_relay::flush
