#pragma once

#include <optional>
#include <string_view>

namespace firebase_relay {

/// What stands at an end of a setting, mostly by accident, and is hard to see.
struct Stray {
  std::string_view what;  ///< "ends with a carriage return (CR): …", to stand behind the setting's name
  bool is_never_meant;    ///< else it may belong to a password
};

/// What of this kind stands at the ends of `text`; nothing when it is clean. Names characters, never the text.
std::optional<Stray> stray_character(std::string_view text);

}  // namespace firebase_relay
