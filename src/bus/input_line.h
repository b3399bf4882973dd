#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace firebase_relay::bus {

/// A message as people and programs write it in a file.
struct InputLine {
  std::string channel;
  std::string payload;
};

/// Reads `channel<TAB>payload`, or an object with `channel` and `payload` (or `channel_base64`, `payload_base64`), as
/// `tap --json` prints it. A tab tells them apart: JSON writes one as \t. Nothing for anything else.
std::optional<InputLine> parse_input_line(std::string_view line);

}  // namespace firebase_relay::bus
