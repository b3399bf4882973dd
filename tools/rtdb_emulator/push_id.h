#pragma once

#include <cstdint>
#include <string>

namespace rtdb_emulator {

/// Keys for POST: 8 characters of ms and 12 that rise within one ms. Source: firebase-js-sdk core/util/NextPushId.ts.
class PushIds {
 public:
  /// One that sorts behind all before it, unless the clock goes back.
  std::string next(std::int64_t now_ms);

 private:
  std::int64_t last_ms_ = -1;
  unsigned char tail_[12] = {};
};

}  // namespace rtdb_emulator
