#include "classify/message_line.h"

#include <simdjson.h>

#include <algorithm>
#include <cstdio>

#include "base/terminal_text.h"
#include "classify/key_codec.h"

namespace firebase_relay::classify {
namespace {

void append_padded(std::string_view text, std::size_t width, std::string& out) {
  out += text;
  out.append(width > text.size() ? width - text.size() : 1, ' ');
}

void append_visible(std::string_view text, std::string& out) {
  while (!text.empty()) {
    const std::size_t valid = utf8_length(text);
    const std::string_view character = text.substr(0, std::max<std::size_t>(valid, 1));
    text.remove_prefix(character.size());
    if (character == "\n") {
      out += ' ';
    } else if (valid > 0 && !is_control(character)) {
      out += character;
    } else {
      for (const char byte : character) {
        char escaped[5];
        std::snprintf(escaped, sizeof escaped, "\\x%02X", static_cast<unsigned char>(byte));
        out += escaped;
      }
    }
  }
}

void append_base64(std::string_view bytes, std::string& out) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t left = std::min<std::size_t>(3, bytes.size() - at);
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i)
      group = group << 8 | (i < left ? static_cast<unsigned char>(bytes[at + i]) : 0u);
    for (std::size_t i = 0; i < 4; ++i) out += i <= left ? kDigits[group >> (18 - 6 * i) & 63] : '=';
  }
}

void append_json_member(std::string_view name, std::string_view bytes, std::string& out) {
  const bool is_utf8 = simdjson::validate_utf8(bytes.data(), bytes.size());
  out += '"';
  out += name;
  out += is_utf8 ? "\":\"" : "_base64\":\"";
  if (is_utf8) {
    append_json_escaped(bytes, out);
  } else {
    append_base64(bytes, out);
  }
  out += '"';
}

}  // namespace

void append_json_members(std::string_view channel, std::string_view payload, std::string& out) {
  append_json_member("channel", channel, out);
  out += ',';
  append_json_member("payload", payload, out);
}

void append_iso_time(UtcMillis time, std::string& out) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  out += text;
}

void append_message_line(LineFormat format, const Message& message, std::string_view kind, std::string_view ticker,
                         UtcMillis arrived_at, std::string& out) {
  std::string time;
  append_iso_time(arrived_at, time);
  if (format == LineFormat::kJson) {
    out += "{\"time\":\"" + time + "\",\"kind\":\"" + std::string(kind) + '"';
    out += ',';
    append_json_member(kind == kDeadLetterLine ? "reason" : "ticker", ticker, out);
    out += ',';
    append_json_members(message.channel, message.payload, out);
    out += "}\n";
    return;
  }
  out.append(time, 11, 12);  // the time of day: what a person at a terminal looks for
  out += ' ';
  append_padded(kind, 13, out);
  std::string visible;
  append_visible(ticker, visible);
  append_padded(visible, 9, out);
  append_visible(message.channel, out);
  out += ' ';
  append_visible(message.payload, out);
  out += '\n';
}

}  // namespace firebase_relay::classify
