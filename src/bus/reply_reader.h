#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bus/channel_filter.h"
#include "bus/message_intake.h"
#include "bus/reply_parser.h"
#include "firebase_relay/message.h"

namespace firebase_relay::bus {

/// Turns the bytes of a subscribed connection into messages, which MessageIntake takes or not, and other replies. Plain
/// messages are scanned where they stand, and copied once, into the block; everything else goes to a ReplyParser, one
/// reply at a time. What the scanner takes is what the parser would (decision record 0009).
///
/// Threads: the subscriber's.
class ReplyReader {
 public:
  /// `channels`: what is subscribed to, and what of it is left out.
  explicit ReplyReader(ChannelFilter channels);

  /// Feeds `bytes`. Messages are appended to `block`, the rest to `replies`. False: this is no Redis; error() says why,
  /// and nothing more may be fed.
  bool feed(std::string_view bytes, MessageBlock& block, std::vector<Reply>& replies);
  /// Empty before.
  [[nodiscard]] std::string error() const;

 private:
  bool take(std::string_view& bytes, const ReplyParser::Output& output);

  MessageIntake intake_;
  std::unique_ptr<ReplyParser> open_;  ///< of the reply whose end has not come yet, if the scanner has left it
  std::string cut_;                    ///< the front of a plain message of which a read ended; not while there is open_
  std::size_t cut_lacks_ = 0;          ///< so many bytes at least
};

}  // namespace firebase_relay::bus
