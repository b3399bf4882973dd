#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "bus/stream_cursor.h"
#include "firebase_relay/stream_id.h"

struct redisReply;

namespace firebase_relay::bus {

/// The answer to `XINFO STREAM`. Nothing: it is none. Fields that Redis 7 has and older ones have not stay empty.
std::optional<StreamInfo> read_stream_info(const redisReply& reply);

/// The answer to `XINFO GROUPS`, and of it the group `name`. `is_known` false: it is none.
struct GroupAnswer {
  bool is_known = false;
  std::optional<GroupInfo> group;  ///< nothing: the stream has no group of that name
};
GroupAnswer read_group_info(const redisReply& reply, std::string_view name);

/// The answer to HELLO: `standalone`, `cluster` or `sentinel`, and `master` or `replica`. Valid as long as `reply`.
struct HelloAnswer {
  std::string_view mode;
  std::string_view role;
};
HelloAnswer read_hello(const redisReply& reply);

/// The answer to commit_script(). `is_known` false: it is none.
struct CommitAnswer {
  struct Group {
    StreamId before;   ///< where it stood before
    GroupUsers users;  ///< if they are there, it was not moved
  };
  bool is_known = false;
  std::optional<Group> group;  ///< nothing: the stream has no group of that name
};
CommitAnswer read_commit(const redisReply& reply);

/// Moves a group, forwards only: KEYS[1]: the stream; ARGV: the group, an id in two texts, its time and its number, and
/// how many entries were ever added up to it (empty: not known, or Redis is older than 7). Ids are compared as texts,
/// since Lua's numbers are doubles. Where the group stands already, only the count is corrected. Answers with
/// the fields of CommitAnswer::Group, or nil.
std::string_view commit_script();

}  // namespace firebase_relay::bus
