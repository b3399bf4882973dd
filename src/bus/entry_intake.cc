#include "bus/entry_intake.h"

#include <algorithm>
#include <utility>

#include "observe/printable.h"

namespace firebase_relay::bus {
namespace {

constexpr std::size_t kNameBytesMax = 64;
constexpr std::size_t kNamesBytesMax = 512;

}  // namespace

EntryIntake::EntryIntake(ChannelFilter channels, std::shared_ptr<const std::vector<std::string>> streams)
    : channels_(std::move(channels)), streams_(std::move(streams)), came_(streams_->size()) {}

bool EntryIntake::begin_stream(std::string_view key) {
  const auto found = std::find(streams_->begin(), streams_->end(), key);
  stream_ = static_cast<std::uint16_t>(found - streams_->begin());
  return found != streams_->end();
}

void EntryIntake::begin_entry(const StreamId& id) {
  id_ = id;
  channel_.reset();
  data_.reset();
  other_names_.clear();
  is_counted_ = is_done_ = false;
}

void EntryIntake::name(std::string_view name) {
  field_ = name == "data" ? Field::kData : name == "channel" ? Field::kChannel : Field::kOther;
  if (field_ != Field::kOther || other_names_.size() > kNamesBytesMax) return;
  other_names_ += (other_names_.empty() ? " '" : ", '") + observe::printable(name, kNameBytesMax) + "'";
}

/// As it is published the channel comes first, and then the payload goes from the socket's buffer straight into the
/// block.
void EntryIntake::value(std::string_view value, MessageBlock& block) {
  came_[stream_].bytes += value.size();
  if (is_done_) return;
  if (field_ == Field::kChannel && !channel_) {
    channel_.emplace(value);
  } else if (field_ == Field::kData && !data_) {
    if (channel_) return append(value, block);
    data_.emplace(value);
  }
}

void EntryIntake::end_entry(MessageBlock& block) {
  if (!is_done_) append(data_ ? *data_ : lament(), block);
  if (!is_counted_) count();
}

void EntryIntake::append(std::string_view payload, MessageBlock& block) {
  is_done_ = true;
  count();
  const std::string& channel = channel_ && !channel_->empty() ? *channel_ : (*streams_)[stream_];
  if (is_redis_own_channel(channel) || !channels_.takes(channel)) return;
  block.append(channel, payload, {stream_, id_});
  came_[stream_].messages = block.size();
}

void EntryIntake::count() {
  is_counted_ = true;
  ++came_[stream_].entries;
  came_[stream_].last = id_;
}

std::string EntryIntake::lament() const {
  return "entry " + to_text(id_) + " of the stream " + observe::printable((*streams_)[stream_], kNameBytesMax) +
         " has no field 'data'" + (other_names_.empty() ? "" : "; it has" + other_names_);
}

std::vector<EntryIntake::Came> EntryIntake::take_came() {
  return std::exchange(came_, std::vector<Came>(streams_->size()));
}

}  // namespace firebase_relay::bus
