#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "firebase_relay/dead_letter.h"
#include "firebase_relay/delivery.h"
#include "firebase_relay/kind.h"
#include "firebase_relay/lag_buckets.h"

namespace firebase_relay::observe {

class ProcessCollector;

/// The series of one metric, one per value of an enum, looked up once.
template <class Metric, class Enum, std::size_t Count>
class PerValue {
 public:
  /// `series`: in the order of the enumeration; they must outlive this.
  explicit PerValue(const std::array<Metric*, Count>& series) : series_(series) {}
  [[nodiscard]] Metric& operator[](Enum value) const { return *series_[static_cast<std::size_t>(value)]; }

 private:
  std::array<Metric*, Count> series_;
};

/// How a request ended: the label of patches_total.
using PatchResult = RequestEnded::Result;
/// Values of patches_total{result}, in the order of PatchResult.
inline constexpr std::array<std::string_view, 4> kPatchResultNames = {"ok", "refused", "held", "failed"};

/// How reading the routes again ended.
enum class Reload : std::uint8_t { kOk, kRefused };
/// Values of config_reloads_total{result}, in the order of Reload.
inline constexpr std::array<std::string_view, 2> kReloadNames = {"ok", "refused"};

/// Counters with a label, by its value.
using CountersByReload = PerValue<prometheus::Counter, Reload, kReloadNames.size()>;
using CountersByKind = PerValue<prometheus::Counter, Kind, kKindCount>;
using CountersByDeadLetter = PerValue<prometheus::Counter, DeadLetterReason, kDeadLetterReasonCount>;
using CountersByPatchResult = PerValue<prometheus::Counter, PatchResult, kPatchResultNames.size()>;

/// Every metric of the contract (observe/metric_table.h has names and help), each looked up once, here: counting is one
/// atomic addition. All series of a known label stand at 0 from the start, so that a rate over them is never missing.
///
/// Threads: any, for everything. Add sums once per batch rather than once per message, and histograms by observe().
/// Errors:  none; a mistake in the table ends the program at its start.
class Metrics {
 public:
  /// What all metrics are made from and scraped out of.
  using Registry = prometheus::Registry;

 private:
  std::unique_ptr<Registry> registry_;  // first: the members below are made from it

 public:
  /// `version`: of the program, for the label of build_info.
  explicit Metrics(std::string_view version);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // Redis
  prometheus::Gauge& redis_connected;
  prometheus::Counter& redis_reconnects;
  prometheus::Counter& subscription_gaps;
  prometheus::Counter& stream_entries_lost;
  prometheus::Counter& reading_paused_seconds;
  prometheus::Counter& received;
  prometheus::Counter& recovered;
  // Classification
  prometheus::Gauge& queue_depth;
  prometheus::Histogram& queue_wait_seconds;
  CountersByKind classified;
  prometheus::Counter& history_key_fallbacks;
  CountersByReload config_reloads;
  // Delivery
  prometheus::Gauge& messages_in_flight;
  CountersByKind delivered;
  CountersByKind coalesced;
  CountersByKind shed;
  prometheus::Counter& updates_coalesced;
  CountersByPatchResult patches;
  prometheus::Counter& patch_bytes;
  prometheus::Counter& patch_paths;
  prometheus::Counter& answer_bytes;
  prometheus::Gauge& download_bytes_per_day;
  CountersByKind history_removed;
  prometheus::Gauge& keep_due_seconds;
  prometheus::Gauge& keep_overdue;
  prometheus::Counter& quota_exceeded;
  prometheus::Counter& invariants_broken;
  prometheus::Histogram& flush_duration_seconds;
  prometheus::Histogram& flush_paths;
  prometheus::Histogram& flush_bytes;
  prometheus::Histogram& relay_lag_seconds;
  prometheus::Histogram& event_lag_seconds;
  prometheus::Gauge& database_reachable;
  prometheus::Gauge& history_stored_bytes;
  prometheus::Gauge& history_growth_bytes_per_day;
  prometheus::Gauge& database_size_max_bytes;
  prometheus::Gauge& clock_skew_seconds;
  // Disk
  CountersByDeadLetter dead_letters;
  prometheus::Counter& dead_letters_evicted;
  prometheus::Gauge& dead_letters_stored;
  prometheus::Gauge& outbox_batches;
  prometheus::Gauge& outbox_bytes;
  prometheus::Gauge& outbox_limit_bytes;
  prometheus::Gauge& outbox_oldest_seconds;
  prometheus::Gauge& outbox_writable;
  prometheus::Counter& outbox_errors;
  prometheus::Gauge& archive_bytes;
  prometheus::Counter& archive_errors;
  prometheus::Gauge& archive_writable;
  prometheus::Gauge& archive_unsealed;

  /// retries_total{reason}. `reason` is one of kRetryReasonNames; another one is a mistake, and std::logic_error.
  [[nodiscard]] prometheus::Counter& retries(std::string_view reason) const;
  /// delivery_held: 1 for `reason`, 0 for all others; kNone: 0 for all.
  void set_held(HoldReason reason);

  /// stream_entries and stream_entries_behind of `stream`, which is valid UTF-8. `behind`: nothing: not known, and then
  /// the stream has no such series.
  void set_stream(std::string_view stream, std::uint64_t entries, std::optional<std::uint64_t> behind);

  /// Adds many values under one lock. Nothing when `values` is empty.
  static void observe(prometheus::Histogram& histogram, const LagBuckets& values);
  /// Adds to each kind's counter what `counts` has of it.
  static void add(const CountersByKind& counters, const KindCounts& counts);

  /// `set` is called before each scrape, to set gauges that somebody else keeps the number of. On a thread of the HTTP
  /// server, one scrape at a time; it must not call serialize(), and what it refers to must outlive the last scrape.
  void on_scrape(std::function<void(Metrics&)> set);
  /// All metrics in Prometheus' text format (version 0.0.4).
  [[nodiscard]] std::string serialize();

 private:
  std::unique_ptr<ProcessCollector> process_;
  std::array<prometheus::Gauge*, kHoldReasonNames.size()> held_{};  // that of kNone is null
  const std::array<prometheus::Counter*, kRetryReasonNames.size()> retries_;

  std::mutex scrape_mutex_;
  std::vector<std::function<void(Metrics&)>> scrape_callbacks_;  // guarded by scrape_mutex_
};

/// Upper boundaries of flush_paths and flush_bytes: powers of four from 1 to 4^12 (16 MiB).
inline constexpr std::array<double, 13> kSizeBoundaries = {1,     4,     16,     64,      256,     1024,    4096,
                                                           16384, 65536, 262144, 1048576, 4194304, 16777216};

}  // namespace firebase_relay::observe
