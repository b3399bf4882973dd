#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace firebase_relay {

/// Where a text stops being JSON (RFC 8259, in UTF-8, with numbers that a double holds), for the person who has to find
/// it in a publisher. Reads the text once more, so only what was refused is worth it.
struct JsonFault {
  std::size_t at = 0;     ///< the byte, counted from 0
  std::string path;       ///< keys and positions in lists down to it, as published, joined by `/`; empty: at the top
  std::string found;      ///< what stands there, or its beginning; empty: nothing, the text ends
  std::string_view what;  ///< what is wrong with it; static text
};

/// The first fault of `text`, in front of which one byte order mark may stand. Empty: there is none.
std::optional<JsonFault> find_json_fault(std::string_view text);

/// `byte 12, data/price: NaN is no JSON value`: fit for a terminal, and no longer than a line. Empty: no fault.
std::string json_fault_text(std::string_view text);

}  // namespace firebase_relay
