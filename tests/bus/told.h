#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bus/reply_parser.h"
#include "bus/reply_reader.h"

namespace firebase_relay::bus {

/// All that is told of some bytes from Redis.
struct Told {
  std::vector<std::pair<std::string, std::string>> messages;  ///< channel and payload
  std::vector<std::pair<Reply::Type, std::string>> replies;
  std::string error;

  void add(const MessageBlock& block) {
    for (std::size_t i = 0; i < block.size(); ++i)
      messages.emplace_back(std::string(block[i].channel), std::string(block[i].payload));
  }
  void add(const std::vector<Reply>& some) {
    for (const Reply& reply : some) replies.emplace_back(reply.type, reply.text);
  }
  bool operator==(const Told&) const = default;
};

/// By a ReplyReader, which scans; `next_size` says how many bytes each read brings, at least 1.
inline Told told_by_reader(std::string_view bytes, const ChannelFilter& channels,
                           const std::function<std::size_t()>& next_size) {
  ReplyReader reader(channels);
  Told told;
  bool is_redis = true;
  while (is_redis && !bytes.empty()) {
    const std::string read(bytes.substr(0, next_size()));  // a copy, so that a sanitizer sees where it ends
    bytes.remove_prefix(read.size());
    MessageBlock block;
    std::vector<Reply> replies;
    is_redis = reader.feed(read, block, replies);
    told.add(block);
    told.add(replies);
  }
  told.error = reader.error();
  return told;
}

/// By hiredis' reader alone, byte by byte.
inline Told told_without_scanner(std::string_view bytes, const ChannelFilter& channels) {
  MessageIntake intake(channels);
  MessageBlock block;
  std::vector<Reply> replies;
  std::unique_ptr<ReplyParser> parser;
  Told told;
  while (told.error.empty() && !bytes.empty()) {
    if (!parser) parser = std::make_unique<ReplyParser>();
    std::string_view byte = bytes.substr(0, 1);
    bytes.remove_prefix(1);
    const ReplyState state = parser->feed(byte, {intake, block, replies});
    if (state == ReplyState::kBroken) told.error = parser->error();
    if (state == ReplyState::kWhole) parser.reset();
  }
  told.add(block);
  told.add(replies);
  return told;
}

}  // namespace firebase_relay::bus
