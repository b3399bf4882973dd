#include "bus/reply_parser.h"

#include <hiredis/read.h>

#include <utility>

#include "bus/reply_callbacks.h"

namespace firebase_relay::bus {
namespace {

/// With this HELLO's answer begins.
constexpr std::string_view kHello = "server";

}  // namespace

ReplyParser::ReplyParser() : reader_(ReplyCallbacks<ReplyParser>::make_reader(*this)) {}

ReplyParser::~ReplyParser() = default;

ReplyState ReplyParser::feed(std::string_view& bytes, const Output& output) {
  output_ = &output;
  void* made = nullptr;
  const ReplyState state = feed_reply(*reader_, bytes, made);
  if (state == ReplyState::kWhole) end_reply();
  return state;
}

std::string ReplyParser::error() const { return reader_->errstr; }

void ReplyParser::text(const redisReadTask& task, std::string_view text) {
  if (task.parent) {
    if (!task.parent->parent) word_of_array(task.idx, text);  // an array in an array is HELLO's list of modules
    return;
  }
  const auto kind = task.type == REDIS_REPLY_ERROR    ? Reply::Type::kError
                    : task.type == REDIS_REPLY_STATUS ? Reply::Type::kStatus
                                                      : Reply::Type::kOther;
  output_->replies.push_back({kind, std::string(text)});
}

void ReplyParser::word_of_array(int index, std::string_view text) {
  if (index == 0) {
    is_message_ = text == "pmessage";
    if (!is_message_) other_.assign(text);
    return;
  }
  if (other_ == kHello) return field_of_hello(index, text);
  if (!is_message_) return;
  switch (index) {
    case 1: pattern_.assign(text); break;
    case 2: channel_.emplace(text); break;  // the payload may come with a later read, for another block
    case 3:
      if (channel_) output_->intake.take(pattern_, *channel_, text, output_->block);
      break;
    default: break;
  }
}

/// A field and its value by turns; of these texts the mode is wanted.
void ReplyParser::field_of_hello(int index, std::string_view text) {
  if (index % 2 == 0) {
    is_mode_next_ = text == "mode";
  } else if (std::exchange(is_mode_next_, false)) {
    mode_.assign(text);
  }
}

void ReplyParser::end_reply() {
  if (other_.empty()) return;  // a message, or said already
  if (other_ == kHello) return output_->replies.push_back({Reply::Type::kMode, mode_});
  const auto kind = other_ == "psubscribe"     ? Reply::Type::kSubscribed
                    : other_ == "punsubscribe" ? Reply::Type::kUnsubscribed
                    : other_ == "pong"         ? Reply::Type::kPong
                                               : Reply::Type::kOther;
  output_->replies.push_back({kind, other_});
}

}  // namespace firebase_relay::bus
