#pragma once

#include <cstdint>

namespace firebase_relay::observe {

/// The least severe level that is printed.
enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarn, kError };
/// Text for people, one JSON object a line for programs.
enum class LogFormat : std::uint8_t { kText, kJson };

}  // namespace firebase_relay::observe
