// What has to hold between any two events: if it does not, something here is wrong, and not the world outside.
#include "deliver/delivery_impl.h"

namespace firebase_relay {

using deliver::Slice;

/// Costs next to nothing: looked at after every event, in every build.
std::string_view Delivery::Impl::broken_invariant() const {
  constexpr std::uint64_t kBelowZero = 1ull << 63;  // a count that was decreased once too often
  std::uint32_t history = 0;
  std::uint32_t main = 0;
  for (const auto& [id, request] : requests_) {
    ++(request.is_main ? main : history);
    if (!request.is_main && !request.live.empty()) return "live values are in a request beside the main one";
  }
  if (main > 1) return "two live requests are under way";
  if (main_is_out_ != (main == 1) || history_out_ != history) return "the requests under way are counted wrongly";
  if (history_out_ > options_.in_flight_max) return "more requests are under way than may be";
  if (saving_ && forgetting_) return "rows are saved and forgotten at the same time";
  if (!trouble_ && (unloaded_ > 0 || live_.rows_on_disk() > 0)) return "all is well, and the disk has something";
  if (loaded_upto_ > last_batch_) return "a batch was loaded that never was made";
  if (unloaded_ >= kBelowZero || accounts_.in_flight() >= kBelowZero) return "a count is below zero";
  return {};
}

std::string Delivery::Impl::flaw() const {
  if (const std::string_view broken = broken_invariant(); !broken.empty()) return std::string(broken);
  std::vector<LiveMap::Slot> live;
  std::vector<Slice> history;
  for (const auto& [id, request] : requests_) {
    for (const LiveMap::Sent& sent : request.live) live.push_back(sent.slot);
    history.insert(history.end(), request.history.begin(), request.history.end());
  }
  std::string found = live_.flaw(live);
  return found.empty() ? history_.flaw(history) : found;
}

}  // namespace firebase_relay
