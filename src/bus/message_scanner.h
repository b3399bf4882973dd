#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace firebase_relay::bus {

/// What stands at the front of bytes that were read.
struct Scanned {
  /// kMessage: all of a plain message. kCut: a plain message as far as the bytes go, which are too few. kOther:
  /// anything else, for hiredis' reader to judge.
  enum class Kind : std::uint8_t { kMessage, kCut, kOther };
  Kind kind = Kind::kOther;
  std::size_t size =
      0;  ///< of kMessage in bytes; of kCut as far as is known: it is no smaller, and more than there are
  // Of kMessage, views of the bytes.
  std::string_view pattern;
  std::string_view channel;
  std::string_view payload;
};

/// Looks for a message in exactly the form in which Redis sends one to the subscriber of a pattern: `*4`, `$8` and
/// `pmessage`, then pattern, channel and payload, each behind its length, which has nothing but digits, and CRLF behind
/// each (redis.io/docs/latest/develop/reference/protocol-spec). Looks at no byte of a text: its time does not grow with
/// the message.
///
/// Threads: any.
Scanned scan_message(std::string_view bytes);

}  // namespace firebase_relay::bus
