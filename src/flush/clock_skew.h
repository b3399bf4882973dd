#pragma once

#include <curl/curl.h>

#include <chrono>
#include <optional>
#include <string>

#include "firebase_relay/time.h"

namespace firebase_relay::flush {

/// This machine's clock, which says `now`, less that of whoever answered with the Date header `date`: by up to a second
/// and the answer's way more than it is. Nothing without one.
inline std::optional<std::chrono::seconds> clock_skew(const std::string& date, UtcMillis now) {
  const time_t theirs = date.empty() ? -1 : curl_getdate(date.c_str(), nullptr);
  if (theirs < 0) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::seconds>(now - std::chrono::sys_seconds(std::chrono::seconds(theirs)));
}

}  // namespace firebase_relay::flush
