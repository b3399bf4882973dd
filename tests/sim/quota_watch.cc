#include "sim/quota_watch.h"

#include <algorithm>

namespace firebase_relay::sim {

namespace {
/// The relay counts a minute up to two seconds too long, and may send all of a tenth at once.
constexpr std::chrono::seconds kTwoWindows{130};
}  // namespace

QuotaWatch::Bytes QuotaWatch::sent_since(SteadyTime time) const {
  Bytes sum;
  for (auto request = requests_.rbegin(); request != requests_.rend() && request->at > time; ++request) {
    sum.live += request->bytes.live;
    sum.history += request->bytes.history;
  }
  return sum;
}

void QuotaWatch::sent(const Send& send, const std::vector<SimulatedDatabase::Write>& writes, SteadyTime now) {
  if (limit_ == 0) return;
  while (!requests_.empty() && requests_.front().at <= now - kTwoWindows) requests_.pop_front();
  const Bytes before = sent_since(now - std::chrono::seconds(60));
  Bytes bytes;
  std::uint64_t entries = 0;
  const std::uint64_t in_the_url = send.base.empty() ? 0 : send.base.size() + 1;
  for (const SimulatedDatabase::Write& write : writes) {
    (write.is_live() ? bytes.live : bytes.history) += write.bytes() - in_the_url;
    entries += write.is_live() ? 0 : 1;
  }
  requests_.push_back({now, send.request, bytes});
  if (entries == 0) return;
  const std::uint64_t live = before.live + bytes.live;
  const std::uint64_t history = before.history + bytes.history;
  const bool fits = live + history <= limit_;
  const bool is_the_share = history <= limit_ / 10;
  const bool is_alone = entries == 1 && before.history == 0;  // larger than what is ever left
  shares_ += fits ? 0 : 1;
  if (!fits && !is_the_share && !is_alone)
    violation_ = "history exceeds the quota: " + std::to_string(history) + " bytes of it beside " +
                 std::to_string(live) + " in a minute";
}

void QuotaWatch::answered(const Answered& answered) {
  using Transport = Answer::Transport;
  const Transport transport = answered.answer.transport;
  if (transport != Transport::kConnect && transport != Transport::kDns && transport != Transport::kTls) return;
  std::erase_if(requests_, [&](const Request& request) { return request.id == answered.request; });
}

void QuotaWatch::restarted(SteadyTime now) {
  requests_.clear();
  excuse(now);
}

bool QuotaWatch::looks_starved(SteadyTime now) const {
  constexpr std::uint64_t kEntryBytesMax = 100;  // the next one may be that large, and not fit
  return limit_ > 0 && now - excused_until_ > kTwoWindows &&
         sent_since(now - kTwoWindows).history + kEntryBytesMax < limit_ / 10;
}

}  // namespace firebase_relay::sim
