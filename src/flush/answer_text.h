#pragma once

#include <string>
#include <string_view>

#include "flush/credentials.h"

namespace firebase_relay::flush {

/// What came from whoever answered. Views of the answer, for a call.
struct ForeignAnswer {
  int status = 0;
  std::string_view content_type;  ///< empty: it was not said
  std::string_view body;          ///< its beginning will do
  bool is_too_long = false;       ///< there was more of it than is ever read
  std::string_view location{};    ///< where a redirect leads
};

/// An answer that acknowledges nothing, in one line for a person: status, content type, first bytes. Without
/// `credential`, which whoever answered may repeat. Of a redirect: where to, and what to do about it.
std::string described(const ForeignAnswer& answer, const Credential& credential);

/// Where a redirect leads, without what may be a secret in it: user and password, query, fragment.
std::string shown_location(std::string_view location);

/// The beginning of `text`, for a line of the log.
std::string one_line(std::string_view text);

}  // namespace firebase_relay::flush
