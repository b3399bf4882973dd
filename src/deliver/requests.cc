#include "deliver/requests.h"

#include <algorithm>

#include "base/invariant.h"

namespace firebase_relay::deliver {

std::optional<Request> Requests::take(RequestId id) {
  const auto found = under_way_.find(id);
  if (found == under_way_.end()) return std::nullopt;
  Request request = std::move(found->second);
  under_way_.erase(found);
  if (request.is_main) main_is_out_ = false;
  if (!request.is_main) --history_out_;
  const bool none_is_counted = !main_is_out_ && history_out_ == 0;
  invariant(none_is_counted || !under_way_.empty(), "nothing is under way, and a request is counted");
  return request;
}

SteadyTime Requests::save_live_by() const {
  SteadyTime earliest = SteadyTime::max();
  for (const auto& [id, request] : under_way_) {
    invariant(request.is_main || request.live.empty(), "live values are under way beside the main request");
    if (request.is_main && !request.live.empty()) earliest = std::min(earliest, request.save_by);
  }
  return earliest;
}

std::vector<coalesce::LiveValues::Slot> Requests::live() const {
  std::vector<coalesce::LiveValues::Slot> slots;
  for (const auto& [id, request] : under_way_) {
    for (const coalesce::LiveValues::Sent& sent : request.live) slots.push_back(sent.slot);
  }
  return slots;
}

std::vector<Slice> Requests::history() const {
  std::vector<Slice> slices;
  for (const auto& [id, request] : under_way_) {
    invariant(request.is_main || !request.history.empty(), "a history request has no history");
    slices.insert(slices.end(), request.history.begin(), request.history.end());
  }
  return slices;
}

std::string_view Requests::broken_invariant() const {
  std::uint32_t history = 0;
  std::uint32_t main = 0;
  for (const auto& [id, request] : under_way_) {
    ++(request.is_main ? main : history);
    if (!request.is_main && !request.live.empty()) return "a request beside the main one has live values";
  }
  if (main > 1) return "two main requests are under way";
  if (main_is_out_ != (main == 1) || history_out_ != history) return "the requests under way are counted wrongly";
  return {};
}

}  // namespace firebase_relay::deliver
