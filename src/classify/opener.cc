#include "classify/opener.h"

namespace firebase_relay::classify {

std::optional<DeadLetterReason> Opener::open(std::string_view bytes) {
  opened_.begin(bytes);
  if (shapes_.recall(opened_)) return std::nullopt;
  // Some publishers' libraries put one in front. It is no part of the message; the history's key is of all bytes.
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (bytes.starts_with(kByteOrderMark)) {
    opened_.bytes.remove_prefix(kByteOrderMark.size());
    if (shapes_.recall(opened_)) return std::nullopt;
  }
  if (const auto reason = walker_.walk(opened_)) return reason;
  shapes_.remember(opened_);
  return std::nullopt;
}

}  // namespace firebase_relay::classify
