#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "bus/stream_cursor.h"
#include "firebase_relay/result.h"

namespace firebase_relay::bus {

/// What the relay says to Redis.
enum class Command : std::uint8_t {
  kAuth,
  kSelect,
  kHello,
  kSubscribe,
  kPing,
  kAskAgain,
  kUnsubscribe,
  // of streams
  kInfoStream,
  kInfoGroups,
  kMakeGroup,
  kSetGroup,
  kRead,
  kCommit,
  kInfo,
  kConfig,
};

/// A command that Redis answered with an error.
struct Refusal {
  Command command;
  std::string_view object;  ///< the pattern of kSubscribe and kAskAgain; the key of a stream
  std::string_view user;    ///< empty: Redis' default user
  std::string_view reply;   ///< without the `-` in front and without secrets
};

/// What Redis said, and what a person does about it. kUnavailable: it will go away by itself (the data set is being
/// loaded, a script runs, a replica has lost its master), else kRefused. Texts are those of Redis 2.8 to 7.2.
Error explain(const Refusal& refusal);

/// Of a Redis that takes no writes, of HELLO's `role`: how far a stream was read cannot be noted there.
Error explain_replica();

/// Of a group that others read from.
Error group_in_use(std::string_view group, const GroupUsers& users);

/// Was a connection turned away with it, whatever was asked (protected mode, the limit of clients)?
bool turns_away(std::string_view reply);

/// Of a peer whose first bytes are not Redis' protocol.
Error explain_stranger(std::string_view first_bytes);

/// Of a peer that closed the connection before it had answered anything. `how`: what the system said.
Error explain_silent_close(std::string_view how);

/// Of a Redis Sentinel, which takes subscriptions as Redis does, and has nothing but news of its own.
Error explain_sentinel();

}  // namespace firebase_relay::bus
