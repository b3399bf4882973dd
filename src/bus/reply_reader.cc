#include "bus/reply_reader.h"

#include <utility>

namespace firebase_relay::bus {

ReplyReader::ReplyReader(ChannelFilter channels) : intake_(std::move(channels)) {}

bool ReplyReader::feed(std::string_view bytes, MessageBlock& block, std::vector<Reply>& replies) {
  while (!bytes.empty()) {
    if (!open_) open_ = std::make_unique<ReplyParser>();
    const ReplyParser::State state = open_->feed(bytes, {intake_, block, replies});
    if (state == ReplyParser::State::kBroken) return false;
    if (state == ReplyParser::State::kWhole) open_.reset();
  }
  return true;
}

std::string ReplyReader::error() const { return open_ ? open_->error() : std::string(); }

}  // namespace firebase_relay::bus
