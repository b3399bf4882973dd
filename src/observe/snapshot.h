#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "firebase_relay/lag_buckets.h"
#include "firebase_relay/time.h"

namespace firebase_relay::observe {

/// What a person asks of a relay, at one moment. Read from the text of /metrics, so that `status`, which stands
/// outside, and the relay's own summary say the same.
struct Snapshot {
  /// Messages in each bucket of LagBuckets, not cumulated.
  using LagCounts = std::array<std::uint64_t, LagBuckets::kCount>;

  std::string version;
  UtcMillis started_at{};
  // Every message has one end: received + recovered = the other five.
  std::uint64_t received = 0, recovered = 0;
  std::uint64_t delivered = 0, coalesced = 0, dead_letters = 0, shed = 0, in_flight = 0;
  LagCounts lag{};  ///< messages by relay lag, each bucket's own count as in LagBuckets::counts()
  bool redis_connected = false;
  bool database_reachable = false;
  std::string held;  ///< why delivery waits for a person; empty: it does not
  std::uint64_t gaps = 0, reconnects = 0;
  bool reads_streams = false;                                   ///< else it is subscribed to channels
  std::uint64_t stream_entries = 0, stream_entries_behind = 0;  ///< of all streams; not read yet
  std::uint64_t stream_entries_lost = 0;                        ///< as far as they can be counted
  std::uint64_t queue_depth = 0;
  bool outbox_writable = true;
  std::uint64_t outbox_batches = 0, outbox_bytes = 0, outbox_bytes_max = 0;
  std::chrono::seconds outbox_oldest{0};
  std::uint64_t dead_letters_stored = 0;
  std::uint64_t days_removed = 0;                            ///< of history, of a ticker or channel each
  std::uint64_t history_bytes = 0, history_bytes_a_day = 0;  ///< in the database, and what comes on balance
  std::uint64_t days_overdue = 0;                            ///< of history, that could not be removed
  bool archive_writable = true;
  std::uint64_t archive_bytes = 0, archive_days_unsealed = 0;
  std::uint64_t download_bytes_a_day = 0;  ///< by answers; 0: not known yet
  std::uint64_t database_bytes_max = 0;    ///< 0: no limit
};

/// Nothing when `metrics_text` is not what a relay's /metrics says.
std::optional<Snapshot> read_snapshot(std::string_view metrics_text);

/// What `now` has more than `before`; a relay that was started anew in between counts from 0.
Snapshot::LagCounts difference(const Snapshot::LagCounts& now, const Snapshot::LagCounts& before);
std::uint64_t difference(std::uint64_t now, std::uint64_t before);

/// An upper bound of the lag that `share` (0…1) of the messages had, for people: `<= 500 ms`, `> 60.0 s`, `none`.
std::string lag_text(const Snapshot::LagCounts& lag, double share);

/// `empty`, `CANNOT BE WRITTEN` and how much waits in it, or `12 batches, 1.2 of 2147.5 MB, oldest 3 min 20 s`.
std::string outbox_text(const Snapshot& snapshot);

}  // namespace firebase_relay::observe
