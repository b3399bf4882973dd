#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "firebase_relay/message.h"

namespace firebase_relay::classify {

/// How messages are shown on the console; kNone: they are not.
enum class LineFormat : std::uint8_t { kNone, kText, kJson };

/// The kind of what is set aside: its reason stands where others have their ticker. A program must not take it for one.
inline constexpr std::string_view kDeadLetterLine = "dead letter";

/// Appends one line for a person (`--log-messages`, `tap`): UTC time, kind, ticker, channel, payload, bytes that would
/// move the cursor made visible; or for a machine (`tap --json`, `--log-format json`): an object with `time`, `kind`,
/// `ticker` (of a dead letter: `reason`), `channel`, `payload`, and in place of what is no valid UTF-8 `ticker_base64`,
/// `channel_base64` or `payload_base64`. Ends with a newline.
void append_message_line(LineFormat format, const Message& message, std::string_view kind, std::string_view ticker,
                         UtcMillis arrived_at, std::string& out);

/// Appends `"channel":…,"payload":…` as above.
void append_json_members(std::string_view channel, std::string_view payload, std::string& out);

/// `2026-05-06T14:39:11.786Z`
void append_iso_time(UtcMillis time, std::string& out);

}  // namespace firebase_relay::classify
