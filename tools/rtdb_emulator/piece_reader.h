#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rtdb_emulator/query.h"

namespace rtdb_emulator {

/// Puts messages together from the pieces that come with polls, whose URLs are short: `seg0` its number, `ts0` how many
/// make the message, `d0` its base64, `seg1` … They may come in any order. Threads: one.
/// Source: firebase-js-sdk packages/database/src/realtime/BrowserPollConnection.ts.
class PieceReader {
 public:
  /// The messages that are whole with these pieces. Nothing: they are none, or too many.
  std::optional<std::vector<std::string>> feed(const Parameters& parameters);

 private:
  struct Piece {
    std::size_t of;  ///< so many make a message
    std::string base64;
  };
  [[nodiscard]] bool has_message() const;

  std::size_t bytes_ = 0;  ///< of pieces_
  std::uint64_t next_ = 0;
  std::map<std::uint64_t, Piece> pieces_;  ///< by number
};

}  // namespace rtdb_emulator
