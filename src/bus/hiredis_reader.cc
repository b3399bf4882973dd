#include "bus/hiredis_reader.h"

#include <hiredis/hiredis.h>

#include <new>

namespace firebase_relay::bus {
namespace {

// Of what is fed behind the reply's end, hiredis has made a copy in vain.
constexpr std::size_t kPieceBytes = 4096;

}  // namespace

ReplyState feed_reply(redisReader& reader, std::string_view& bytes, void*& made) {
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kPieceBytes);
    if (redisReaderFeed(&reader, piece.data(), piece.size()) != REDIS_OK) return ReplyState::kBroken;
    made = nullptr;
    if (redisReaderGetReply(&reader, &made) != REDIS_OK) return ReplyState::kBroken;
    if (made) {
      const std::size_t behind = reader.len - reader.pos;  // its end lies in this piece
      bytes.remove_prefix(piece.size() - behind);
      return ReplyState::kWhole;
    }
    bytes.remove_prefix(piece.size());
  }
  return ReplyState::kOpen;
}

ReaderHandle make_tree_reader() {
  ReaderHandle reader(redisReaderCreate(), redisReaderFree);
  if (!reader) throw std::bad_alloc();
  return reader;
}

ReplyTree tree_of(void* made) {
  return {static_cast<redisReply*>(made), [](redisReply* reply) { freeReplyObject(reply); }};
}

}  // namespace firebase_relay::bus
