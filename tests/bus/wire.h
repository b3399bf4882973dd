#pragma once

#include <string>
#include <string_view>

namespace firebase_relay::bus {

/// Texts as Redis sends them.
inline std::string bulk(std::string_view text) {
  std::string sent = "$" + std::to_string(text.size()) + "\r\n";
  sent += text;
  return sent += "\r\n";
}

inline std::string pmessage(std::string_view pattern, std::string_view channel, std::string_view payload) {
  return "*4\r\n" + bulk("pmessage") + bulk(pattern) + bulk(channel) + bulk(payload);
}

}  // namespace firebase_relay::bus
