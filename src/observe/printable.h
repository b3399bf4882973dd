#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "firebase_relay/time.h"

namespace firebase_relay::observe {

/// `text` fit for a line in a terminal: control characters and bytes that are no UTF-8 become `\n`, `\t` or `\xNN`, so
/// that a payload can neither forge a line nor move the cursor. At most the first `bytes_max` bytes are taken; `…` says
/// there is more.
std::string printable(std::string_view text, std::size_t bytes_max = std::string_view::npos);

/// 2026-05-06T14:39:11.786Z
std::string iso_utc(UtcMillis time);

/// For people: `850 ms`, `2.4 s`, `3 min 20 s`, `5 h 3 min`.
std::string duration_text(std::chrono::milliseconds duration);

}  // namespace firebase_relay::observe
