#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include "coalesce/live_values.h"
#include "deliver/accounts.h"
#include "deliver/arrivals.h"
#include "deliver/history_queue.h"
#include "deliver/history_store.h"
#include "deliver/requests.h"
#include "firebase_relay/delivery.h"

namespace firebase_relay::deliver {

/// What Delivery holds, and what of it has to happen when: its parts (Disk, Dispatch, FollowUp) work on this together.
/// Nothing here decides.
struct State {
  /// `last_batch`: the highest id of a batch in the outbox.
  State(const DeliveryOptions& delivery_options, BatchId last_batch)
      : options(delivery_options), arrivals(last_batch) {}

  DeliveryOptions options;
  coalesce::LiveValues live;
  HistoryStore store;
  HistoryQueue history{store};
  Accounts accounts;
  Arrivals arrivals;
  Requests requests;

  SteadyTime next_flush{};  ///< not before this time (guarantee 7)
  /// When the live values that are in no request and on no disk have to be there; nothing: there are none.
  std::optional<SteadyTime> save_live_by;
  std::optional<SteadyTime> drain_until;  ///< since a Stop came

  // Of the call of handle() that is under way.
  Now now{};
  Decisions* out = nullptr;

  /// Decides something, in the call of handle() that is under way.
  void act(Action action) const { out->actions.push_back(std::move(action)); }

  /// Has Stop come, is the drain's time over, may what has arrived be flushed (at once, when stopping)?
  [[nodiscard]] bool is_stopping() const { return drain_until.has_value(); }
  [[nodiscard]] bool drain_is_over() const { return drain_until && now.steady >= *drain_until; }
  [[nodiscard]] bool flush_is_due() const { return is_stopping() || now.steady >= next_flush; }
  /// History in memory that no request has taken, suspects left out.
  [[nodiscard]] std::uint64_t unsent_history_bytes() const { return arrivals.bytes() + history.waiting_bytes(); }
  /// Is there anything that only memory has?
  [[nodiscard]] bool must_save() const { return arrivals.bytes() > 0 || live.has_unsaved() || store.has_unsaved(); }

  /// Half of what guarantee 2 allows: acknowledged or on disk within two flush intervals, and never less than 500 ms. A
  /// flush comes in one half, and the other may pass before an answer; what waited in its queue besides has less left.
  [[nodiscard]] std::chrono::milliseconds half_window() const;
  /// How long a block may wait before it is handed over, and how long a value may wait before it is sent.
  [[nodiscard]] std::chrono::milliseconds queue_wait_max() const { return half_window() / 2; }
  [[nodiscard]] std::chrono::milliseconds send_within() const { return queue_wait_max() + half_window(); }
  /// Until when a value that came at `since`, and is sent now, has to be acknowledged or on disk.
  [[nodiscard]] SteadyTime window_end(SteadyTime since) const;
  /// How much history memory keeps while a backlog is on disk, in bytes: enough for all requests that may be under way
  /// at a time, and for those that follow them.
  [[nodiscard]] std::uint64_t memory_kept_max() const;
};

}  // namespace firebase_relay::deliver
