#pragma once

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace firebase_relay::flush {

/// Reads the lines of an answer's head. For its status, since libcurl takes whatever else begins with `HTTP/` for a 200
/// (found by fuzzing), and that would acknowledge what nobody has stored; and for the few headers that say something.
/// One for each request. Threads: its request's.
class AnswerHead {
 public:
  /// Every line of the head, with its line end, as libcurl hands them out.
  void take(std::string_view line) {
    // The first line, and the first behind a 100 Continue; a header of this name says nothing.
    const bool is_first = std::exchange(is_at_first_, line.starts_with('\r') || line.starts_with('\n'));
    const bool is_http = line.size() > 5 && curl_strnequal(line.data(), "HTTP/", 5) != 0;  // as libcurl looks at it
    if (is_first && is_http) return begin(line);
    for (std::size_t i = 0; i < kNames.size(); ++i) {
      if (line.size() > kNames[i].size() && curl_strnequal(line.data(), kNames[i].data(), kNames[i].size()) != 0)
        values_[i] = trimmed(line.substr(kNames[i].size()));
    }
  }
  /// False: this answer has no status line of HTTP, so whatever status libcurl gives it is not its own.
  [[nodiscard]] bool is_valid() const { return is_valid_; }
  [[nodiscard]] bool is_ok() const { return is_valid_ && is_ok_; }  ///< its status is 200
  /// What these headers say, up to kValueMax of it; empty: there is no such header.
  [[nodiscard]] const std::string& retry_after() const { return values_[0]; }
  [[nodiscard]] const std::string& date() const { return values_[1]; }
  [[nodiscard]] const std::string& content_type() const { return values_[2]; }
  [[nodiscard]] const std::string& location() const { return values_[3]; }

 private:
  static constexpr std::array<std::string_view, 4> kNames = {"retry-after:", "date:", "content-type:", "location:"};
  static constexpr std::size_t kValueMax = 1024;

  void begin(std::string_view line) {
    if (!is_status_line(line)) is_valid_ = false;
    is_ok_ = line.substr(std::min(line.size(), line.find(' '))).starts_with(" 200");
    values_ = {};  // those of an answer that only came before it
  }
  /// `HTTP/1.1 204 No Content`, `HTTP/2 204`.
  static bool is_status_line(std::string_view line) {
    const std::size_t blank = line.find(' ');
    if (blank == std::string_view::npos || line.size() < blank + 4) return false;
    const std::string_view version = line.substr(0, blank);
    const std::string_view status = line.substr(blank + 1, 3);
    return (version == "HTTP/1.1" || version == "HTTP/1.0" || version == "HTTP/2") &&
           std::all_of(status.begin(), status.end(), [](char c) { return c >= '0' && c <= '9'; });
  }
  static std::string_view trimmed(std::string_view value) {
    while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
    while (!value.empty() && static_cast<unsigned char>(value.back()) <= ' ') value.remove_suffix(1);
    return value.substr(0, kValueMax);
  }

  bool is_at_first_ = true;
  bool is_valid_ = true;
  bool is_ok_ = false;
  std::array<std::string, kNames.size()> values_;
};

}  // namespace firebase_relay::flush
