#include "bus/input_line.h"

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>

namespace firebase_relay::bus {
namespace {

std::optional<std::string> from_base64(std::string_view text) {
  static const auto kValues = [] {
    std::array<int, 256> values{};
    values.fill(-1);
    constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (std::size_t i = 0; i < kDigits.size(); ++i)
      values[static_cast<unsigned char>(kDigits[i])] = static_cast<int>(i);
    return values;
  }();
  std::string bytes;
  std::uint32_t group = 0;
  int bits = 0;
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  for (const char c : text) {
    const int digit = kValues[static_cast<unsigned char>(c)];
    if (digit < 0) return std::nullopt;
    group = group << 6 | static_cast<std::uint32_t>(digit);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(group >> bits & 0xFF);
  }
  return bytes;
}

std::optional<std::string> member(const nlohmann::json& object, const std::string& name) {
  if (const auto plain = object.find(name); plain != object.end() && plain->is_string())
    return plain->get<std::string>();
  const auto encoded = object.find(name + "_base64");
  if (encoded == object.end() || !encoded->is_string()) return std::nullopt;
  return from_base64(encoded->get_ref<const std::string&>());
}

}  // namespace

std::optional<InputLine> parse_input_line(std::string_view line) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  const std::size_t tab = line.find('\t');
  if (tab != std::string_view::npos)
    return InputLine{std::string(line.substr(0, tab)), std::string(line.substr(tab + 1))};
  const nlohmann::json object = nlohmann::json::parse(line, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  std::optional<std::string> channel = member(object, "channel");
  std::optional<std::string> payload = member(object, "payload");
  if (!channel || !payload) return std::nullopt;
  return InputLine{std::move(*channel), std::move(*payload)};
}

}  // namespace firebase_relay::bus
