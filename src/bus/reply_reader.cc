#include "bus/reply_reader.h"

#include <utility>

#include "bus/message_scanner.h"

namespace firebase_relay::bus {
namespace {

// The front of a larger message does not wait here: the parser's memory goes with its reply.
constexpr std::size_t kCutBytesMax = 64 * 1024;

}  // namespace

ReplyReader::ReplyReader(ChannelFilter channels) : intake_(std::move(channels)) {}

bool ReplyReader::feed(std::string_view bytes, MessageBlock& block, std::vector<Reply>& replies) {
  const ReplyParser::Output output{intake_, block, replies};
  while (!cut_.empty() && !bytes.empty()) {
    const std::string_view more = bytes.substr(0, cut_lacks_);
    bytes.remove_prefix(more.size());
    cut_ += more;
    std::string_view left = cut_;
    if (!take(left, output)) return false;
    cut_.erase(0, cut_.size() - left.size());
  }
  if (bytes.empty()) return true;
  if (!take(bytes, output)) return false;
  cut_ = bytes;
  return true;
}

/// What it leaves of `bytes` is the front of a plain message.
bool ReplyReader::take(std::string_view& bytes, const ReplyParser::Output& output) {
  while (!bytes.empty()) {
    if (!open_) {
      const Scanned found = scan_message(bytes);
      if (found.kind == Scanned::Kind::kMessage) {
        output.intake.take(found.pattern, found.channel, found.payload, output.block);
        bytes.remove_prefix(found.size);
        continue;
      }
      if (found.kind == Scanned::Kind::kCut && found.size <= kCutBytesMax) {
        cut_lacks_ = found.size - bytes.size();
        return true;
      }
      open_ = std::make_unique<ReplyParser>();
    }
    const ReplyState state = open_->feed(bytes, output);
    if (state == ReplyState::kBroken) return false;
    if (state == ReplyState::kWhole) open_.reset();
  }
  return true;
}

std::string ReplyReader::error() const { return open_ ? open_->error() : std::string(); }

}  // namespace firebase_relay::bus
