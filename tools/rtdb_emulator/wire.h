#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rtdb_emulator/path.h"

/// The messages of the database's own protocol, and the frames that carry them. Knows no socket and no tree.
/// Source: firebase-js-sdk packages/database/src/realtime and src/core/PersistentConnection.ts.
namespace rtdb_emulator::wire {

/// The longest frame, in UTF-16 units, which is how the SDKs count.
inline constexpr std::size_t kFrameUnitsMax = 16'384;

/// A message that is longer is more than the server reads: nothing that follows it can be understood.
inline constexpr std::size_t kMessageBytesMax = 256U << 20;
/// What the action of a request becomes whose message is longer than it may be: it is answered, and not done.
inline constexpr char kTooBigAction[] = "too_big";

/// The text frames of a message: itself, or the number of its pieces and then those. None cuts a character in two.
std::vector<std::string> frames_of(const std::string& message);

/// Puts messages together from frames. Threads: one.
class FrameReader {
 public:
  /// The message that is whole with this frame. Nothing: it has pieces to come, or this was a keep-alive.
  std::optional<std::string> feed(std::string_view frame);
  /// A message is longer than kMessageBytesMax.
  [[nodiscard]] bool is_broken() const { return is_broken_; }

 private:
  std::size_t pieces_to_come_ = 0;
  bool is_broken_ = false;
  std::string message_;
};

/// What a client sends.
struct Message {
  std::string
      control;  ///< its type: `p` ping, `a` acknowledges an upgrade, `n` nothing more comes this way; else empty
  nlohmann::json data;  ///< a request, where it is no control message
};
/// Nothing: it is none of this protocol. `bytes_max`: of a request that is to be done.
std::optional<Message> parse(const std::string& text, std::size_t bytes_max);

/// What the server says first. `host`: where the client is to go the next time.
std::string hello(std::string_view host, std::string_view session, std::int64_t now_ms);
std::string pong();
/// This WebSocket may take over from long polling.
std::string upgrade();
/// Nothing more comes this way.
std::string end_of_transmission();
/// The session that was to be taken over is not known: the client is to begin again at `host`.
std::string reset(std::string_view host);
/// The client is to leave, and not to come back.
std::string shutdown(std::string_view reason);
/// What the client sent is none of this protocol.
std::string complaint(std::string_view text);
/// The answer to request number `request`; `value`: JSON.
std::string answer(std::int64_t request, std::string_view status, std::string_view value);
/// As `answer` where something was refused.
std::string refusal(std::int64_t request, std::string_view status, std::string_view text);
/// Data of the place `path`, whole or merged into what is there. `tag`: JSON, of a query; empty: of none.
std::string push(bool is_merge, const Path& path, std::string_view value, std::string_view tag);
/// A listener is heard no longer. `query`: JSON; empty: it had none.
std::string cancel(const Path& path, std::string_view query);
/// The credential holds no longer.
std::string auth_revoked(std::string_view status, std::string_view text);

}  // namespace rtdb_emulator::wire
