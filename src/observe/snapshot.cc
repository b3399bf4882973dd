#include "observe/snapshot.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <map>
#include <numeric>

#include "observe/metric_table.h"
#include "observe/printable.h"

namespace firebase_relay::observe {
namespace {

constexpr std::string_view kLagBucket = "firebase_relay_relay_lag_seconds_bucket";

/// Series summed over their labels, and what else is needed of labels.
struct Reading {
  std::map<std::string, double, std::less<>> sums;
  std::string version;
  std::string held;
  std::array<std::uint64_t, LagBuckets::kCount> lag_cumulated{};
  std::size_t lag_count = 0;

  [[nodiscard]] std::uint64_t number(std::string_view name) const {
    const auto found = sums.find(name);
    return found == sums.end() ? 0 : static_cast<std::uint64_t>(std::max(0.0, std::round(found->second)));
  }
};

/// The first label's value: no metric of ours has two.
std::string_view label_of(std::string_view labels) {
  const std::size_t begin = labels.find('"');
  const std::size_t end = labels.rfind('"');
  return begin >= end ? std::string_view{} : labels.substr(begin + 1, end - begin - 1);
}

void read_line(std::string_view line, Reading& reading) {
  const std::size_t blank = line.rfind(' ');
  if (line.empty() || line.front() == '#' || blank == std::string_view::npos) return;
  const std::string_view series = line.substr(0, blank);
  const std::string_view name = series.substr(0, series.find('{'));
  const double value = std::strtod(std::string(line.substr(blank + 1)).c_str(), nullptr);
  if (!std::isfinite(value)) return;
  const std::string_view label = label_of(series.substr(name.size()));
  if (name == kLagBucket) {
    if (reading.lag_count < LagBuckets::kCount)
      reading.lag_cumulated[reading.lag_count] = static_cast<std::uint64_t>(value);
    ++reading.lag_count;
    return;
  }
  if (name == "process_start_time_seconds") reading.sums["started"] = value;
  if (!name.starts_with(kMetricPrefix)) return;
  const std::string_view own = name.substr(kMetricPrefix.size());
  if (own == "build_info") reading.version = label;
  if (own == "delivery_held" && value > 0) reading.held = label;
  reading.sums[std::string(own)] += value;
}

}  // namespace

std::optional<Snapshot> read_snapshot(std::string_view metrics_text) {
  Reading reading;
  while (!metrics_text.empty()) {
    const std::string_view line = metrics_text.substr(0, metrics_text.find('\n'));
    metrics_text.remove_prefix(std::min(line.size() + 1, metrics_text.size()));
    read_line(line, reading);
  }
  if (reading.version.empty() || reading.lag_count != LagBuckets::kCount) return std::nullopt;
  Snapshot snapshot;
  snapshot.version = reading.version;
  snapshot.held = reading.held;
  snapshot.started_at = UtcMillis(std::chrono::milliseconds(std::llround(reading.sums["started"] * 1000)));
  snapshot.received = reading.number("messages_received_total");
  snapshot.recovered = reading.number("messages_recovered_total");
  snapshot.delivered = reading.number("messages_delivered_total");
  snapshot.coalesced = reading.number("messages_coalesced_total");
  snapshot.dead_letters = reading.number("dead_letters_total");
  snapshot.shed = reading.number("messages_shed_total");
  snapshot.days_removed = reading.number("history_removed_total");
  snapshot.in_flight = reading.number("messages_in_flight");
  snapshot.redis_connected = reading.number("redis_connected") == 1;
  snapshot.database_reachable = reading.number("database_reachable") == 1;
  snapshot.gaps = reading.number("subscription_gaps_total");
  snapshot.reconnects = reading.number("redis_reconnects_total");
  snapshot.reads_streams = reading.sums.contains("stream_entries");
  snapshot.stream_entries = reading.number("stream_entries");
  snapshot.stream_entries_behind = reading.number("stream_entries_behind");
  snapshot.stream_entries_lost = reading.number("stream_entries_lost_total");
  snapshot.queue_depth = reading.number("queue_depth");
  snapshot.outbox_writable = !reading.sums.contains("outbox_writable") || reading.number("outbox_writable") == 1;
  snapshot.outbox_batches = reading.number("outbox_batches");
  snapshot.outbox_bytes = reading.number("outbox_bytes");
  snapshot.outbox_bytes_max = reading.number("outbox_limit_bytes");
  snapshot.outbox_oldest = std::chrono::seconds(reading.number("outbox_oldest_seconds"));
  snapshot.dead_letters_stored = reading.number("dead_letters_stored");
  snapshot.history_bytes = reading.number("history_stored_bytes");
  snapshot.history_bytes_a_day = reading.number("history_growth_bytes_per_day");
  snapshot.days_overdue = reading.number("keep_overdue");
  snapshot.archive_writable = !reading.sums.contains("archive_writable") || reading.number("archive_writable") == 1;
  snapshot.archive_bytes = reading.number("archive_bytes");
  snapshot.archive_days_unsealed = reading.number("archive_unsealed");
  snapshot.download_bytes_a_day = reading.number("download_bytes_per_day");
  snapshot.database_bytes_max = reading.number("database_size_max_bytes");
  snapshot.lag = reading.lag_cumulated;
  for (std::size_t i = snapshot.lag.size() - 1; i > 0; --i)
    snapshot.lag[i] = difference(snapshot.lag[i], snapshot.lag[i - 1]);
  return snapshot;
}

std::uint64_t difference(std::uint64_t now, std::uint64_t before) { return now >= before ? now - before : now; }

Snapshot::LagCounts difference(const Snapshot::LagCounts& now, const Snapshot::LagCounts& before) {
  Snapshot::LagCounts more{};
  for (std::size_t i = 0; i < more.size(); ++i) more[i] = difference(now[i], before[i]);
  return more;
}

std::string lag_text(const Snapshot::LagCounts& lag, double share) {
  const std::uint64_t all = std::accumulate(lag.begin(), lag.end(), std::uint64_t{0});
  if (all == 0) return "none";
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < LagBuckets::kBoundaries.size(); ++i) {
    seen += lag[i];
    if (static_cast<double>(seen) < share * static_cast<double>(all)) continue;
    return "<= " + duration_text(std::chrono::duration_cast<std::chrono::milliseconds>(LagBuckets::kBoundaries[i]));
  }
  return "> " + duration_text(std::chrono::duration_cast<std::chrono::milliseconds>(LagBuckets::kBoundaries.back()));
}

std::string outbox_text(const Snapshot& snapshot) {
  const std::string_view flaw = snapshot.outbox_writable ? "" : "CANNOT BE WRITTEN (the log says why), ";
  if (snapshot.outbox_batches == 0) return fmt::format("{}empty", flaw);
  constexpr double kMb = 1e6;
  return fmt::format("{}{} batches, {:.1f} of {:.1f} MB, oldest {}", flaw, snapshot.outbox_batches,
                     static_cast<double>(snapshot.outbox_bytes) / kMb,
                     static_cast<double>(snapshot.outbox_bytes_max) / kMb, duration_text(snapshot.outbox_oldest));
}

}  // namespace firebase_relay::observe
