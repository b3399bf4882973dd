#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

struct redisReader;
struct redisReply;

namespace firebase_relay::bus {

/// hiredis' parser of replies, of one reply each: memory that has grown for a large one goes with it.
using ReaderHandle = std::unique_ptr<redisReader, void (*)(redisReader*)>;

/// Makes one that tells a parser of ours (bus/reply_callbacks.h).
template <class Parser>
class ReplyCallbacks;

/// How far a reply has come. kBroken: this is no Redis; the reader's errstr says why.
enum class ReplyState : std::uint8_t { kOpen, kWhole, kBroken };

/// Takes what is the reply's off the front of `bytes`: all of them while it is kOpen. When it is kWhole, `made` is what
/// the reader's object functions have made of it.
ReplyState feed_reply(redisReader& reader, std::string_view& bytes, void*& made);

/// A reply as hiredis itself makes it, of texts, numbers and arrays.
using ReplyTree = std::unique_ptr<redisReply, void (*)(redisReply*)>;
/// None.
inline ReplyTree no_reply() {
  return {nullptr, [](redisReply*) {}};
}

/// Makes a ReplyTree of one reply.
ReaderHandle make_tree_reader();
/// What such a reader has `made`.
ReplyTree tree_of(void* made);

}  // namespace firebase_relay::bus
