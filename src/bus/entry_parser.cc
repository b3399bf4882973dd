#include "bus/entry_parser.h"

#include <hiredis/read.h>

#include "bus/reply_callbacks.h"

namespace firebase_relay::bus {
namespace {

/// How many arrays a text stands in.
int depth_of(const redisReadTask& task) {
  int depth = 0;
  for (const redisReadTask* each = task.parent; each != nullptr; each = each->parent) ++depth;
  return depth;
}

constexpr int kDepthOfKey = 2;
constexpr int kDepthOfId = 4;
constexpr int kDepthOfField = 5;

/// Streams and entries are pairs, of which the second is an array, and so are fields.
bool may_stand_there(const redisReadTask& array, std::size_t size) {
  switch (depth_of(array)) {
    case 0: return true;
    case kDepthOfKey - 1: return size == 2;
    case kDepthOfKey: return array.idx == 1;
    case kDepthOfId - 1: return size == 2;
    case kDepthOfId: return array.idx == 1 && size % 2 == 0;
    default: return false;
  }
}

}  // namespace

EntryParser::EntryParser() : reader_(ReplyCallbacks<EntryParser>::make_reader(*this)) {}

ReplyState EntryParser::feed(std::string_view& bytes, EntryIntake& intake, MessageBlock& block) {
  intake_ = &intake;
  block_ = &block;
  void* made = nullptr;
  return feed_reply(*reader_, bytes, made);
}

std::string EntryParser::error() const { return reader_->errstr; }

void EntryParser::text(const redisReadTask& task, std::string_view text) {
  if (said_.is_odd) return;
  if (task.type == REDIS_REPLY_ERROR) {
    said_.error.assign(text);
    return;
  }
  switch (depth_of(task)) {
    case kDepthOfKey: said_.is_odd = task.idx != 0 || !intake_->begin_stream(text); return;
    case kDepthOfId: {
      const auto id = parse_stream_id(text);
      said_.is_odd = task.idx != 0 || !id;
      if (id) intake_->begin_entry(*id);
      return;
    }
    case kDepthOfField: return field(task, text);
    default: said_.is_odd = true;
  }
}

void EntryParser::field(const redisReadTask& task, std::string_view text) {
  if (task.idx % 2 == 0) return intake_->name(text);
  intake_->value(text, *block_);
  if (task.idx + 1 == static_cast<int>(task.parent->elements)) intake_->end_entry(*block_);
}

void EntryParser::array(const redisReadTask& task, std::size_t size) {
  if (!may_stand_there(task, size)) said_.is_odd = true;
}

}  // namespace firebase_relay::bus
