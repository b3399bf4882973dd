#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bus/entry_parser.h"

namespace firebase_relay::bus {

/// What came of an answer to XREAD.
struct EntriesRead {
  std::vector<std::string> messages;  ///< `stream ms-seq channel payload`
  std::vector<EntryIntake::Came> came;
  EntryParser::Said said;
  ReplyState state = ReplyState::kOpen;
  std::size_t left = 0;  ///< bytes behind the answer
};

/// Reads one answer of the streams `bus` and `orders`, of whose bytes `next_size` come at a time.
template <typename NextSize>
EntriesRead read_entries(std::string_view bytes, const NextSize& next_size, const std::vector<std::string>& patterns) {
  EntryIntake intake(ChannelFilter(patterns),
                     std::make_shared<const std::vector<std::string>>(std::vector<std::string>{"bus", "orders"}));
  EntryParser parser;
  MessageBlock block;
  EntriesRead all;
  while (all.state == ReplyState::kOpen && !bytes.empty()) {
    std::string_view next = bytes.substr(0, next_size());
    const std::size_t size = next.size();
    all.state = parser.feed(next, intake, block);
    bytes.remove_prefix(size - next.size());
  }
  for (std::size_t i = 0; i < block.size(); ++i) {
    const StreamEntry& entry = *block.entry_of(i);
    all.messages.push_back(std::to_string(entry.stream) + " " + to_text(entry.id) + " " +
                           std::string(block[i].channel) + " " + std::string(block[i].payload));
  }
  all.came = intake.take_came();
  all.said = parser.said();
  all.left = bytes.size();
  return all;
}

}  // namespace firebase_relay::bus
