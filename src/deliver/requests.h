#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/invariant.h"
#include "coalesce/live_values.h"
#include "deliver/quota.h"
#include "deliver/slice.h"
#include "firebase_relay/delivery.h"

namespace firebase_relay::deliver {

/// What one request has taken.
struct Request {
  std::vector<coalesce::LiveValues::Sent> live;
  std::vector<Slice> history;
  std::string base;
  std::vector<std::string_view> live_parts;  ///< for Send::parts
  std::uint64_t live_bytes = 0;              ///< of them
  SteadyTime sent_at;
  SteadyTime save_by;  ///< its live values, if it has not been answered
  Quota::Sent bytes;
  std::uint64_t probe = 0;  ///< as Circuit::sent() has it
  bool is_main = false;     ///< it is the one that may hold live values
  bool is_suspect = false;

  /// Puts in what the live map has given for it.
  void take(coalesce::LiveValues::Taken&& taken) {
    live = std::move(taken.sent);
    base = std::move(taken.base);
    live_parts = std::move(taken.parts);
    live_bytes = taken.bytes;
  }
  /// How many values and entries it has.
  [[nodiscard]] std::uint64_t parts() const {
    std::uint64_t parts = live.size();
    for (const Slice& slice : history) parts += slice.size();
    return parts;
  }
};

/// The requests under way: at most one main one, and those of history beside it.
///
/// Pure; one thread.
class Requests {
 public:
  /// A request goes out. The reference is valid until take().
  std::pair<RequestId, Request&> add(Request&& request) {
    invariant(!request.live.empty() || !request.history.empty(), "a request is empty");
    invariant(!request.is_main || !main_is_out_, "two live requests are under way");
    invariant(request.is_main || request.live.empty(), "live values are in a request beside the main one");
    (request.is_main ? main_is_out_ = true : ++history_out_);
    const RequestId id = ++last_;
    return {id, under_way_[id] = std::move(request)};
  }
  /// Its answer has come: it is no longer under way. Nothing: there is no such request.
  std::optional<Request> take(RequestId id);

  /// What is under way.
  [[nodiscard]] bool main_is_out() const { return main_is_out_; }
  [[nodiscard]] std::uint32_t history_out() const { return history_out_; }
  [[nodiscard]] bool empty() const { return under_way_.empty(); }
  /// When the live values of the main request have to be on disk if no answer has come; SteadyTime::max(): it has none.
  [[nodiscard]] SteadyTime save_live_by() const;
  /// All live values, and all history entries, that are under way.
  [[nodiscard]] std::vector<coalesce::LiveValues::Slot> live() const;
  [[nodiscard]] std::vector<Slice> history() const;

  /// What does not add up; empty: nothing. Costs little.
  [[nodiscard]] std::string_view broken_invariant() const;

 private:
  std::map<RequestId, Request> under_way_;
  RequestId last_ = 0;
  bool main_is_out_ = false;
  std::uint32_t history_out_ = 0;
};

}  // namespace firebase_relay::deliver
