#include "observe/metrics.h"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <stdexcept>

#include "observe/metric_table.h"
#include "observe/process_collector.h"

namespace firebase_relay::observe {
namespace {

using prometheus::Counter;
using prometheus::Gauge;
using prometheus::Histogram;
using prometheus::Labels;
using prometheus::Registry;

const MetricRow& row_of(std::string_view name, MetricType type) {
  const auto table = metric_table();
  const auto row = std::find_if(table.begin(), table.end(), [&](const MetricRow& each) {
    return each.type == type && each.name.starts_with(kMetricPrefix) && each.name.substr(kMetricPrefix.size()) == name;
  });
  if (row == table.end()) throw std::logic_error("no such metric in the table: " + std::string(name));
  return *row;
}

prometheus::Family<Counter>& counter_family(Registry& registry, std::string_view name) {
  const MetricRow& row = row_of(name, MetricType::kCounter);
  return prometheus::BuildCounter().Name(std::string(row.name)).Help(std::string(row.help)).Register(registry);
}

prometheus::Family<Gauge>& gauge_family(Registry& registry, std::string_view name) {
  const MetricRow& row = row_of(name, MetricType::kGauge);
  return prometheus::BuildGauge().Name(std::string(row.name)).Help(std::string(row.help)).Register(registry);
}

Labels label_of(std::string_view name, MetricType type, std::string_view value) {
  return {{std::string(row_of(name, type).label), std::string(value)}};
}

Counter& counter(Registry& registry, std::string_view name) { return counter_family(registry, name).Add({}); }
Gauge& gauge(Registry& registry, std::string_view name) { return gauge_family(registry, name).Add({}); }

Histogram& histogram(Registry& registry, std::string_view name, const Histogram::BucketBoundaries& boundaries) {
  const MetricRow& row = row_of(name, MetricType::kHistogram);
  return prometheus::BuildHistogram()
      .Name(std::string(row.name))
      .Help(std::string(row.help))
      .Register(registry)
      .Add({}, boundaries);
}

Histogram& seconds_histogram(Registry& registry, std::string_view name) {
  Histogram::BucketBoundaries boundaries;
  for (const auto boundary : LagBuckets::kBoundaries) {
    boundaries.push_back(std::chrono::duration<double>(boundary).count());
  }
  return histogram(registry, name, boundaries);
}

Histogram& size_histogram(Registry& registry, std::string_view name) {
  return histogram(registry, name, {kSizeBoundaries.begin(), kSizeBoundaries.end()});
}

template <std::size_t Count>
std::array<Counter*, Count> counters(Registry& registry, std::string_view name,
                                     const std::array<std::string_view, Count>& values) {
  auto& family = counter_family(registry, name);
  std::array<Counter*, Count> series{};
  for (std::size_t i = 0; i < Count; ++i) series[i] = &family.Add(label_of(name, MetricType::kCounter, values[i]));
  return series;
}

}  // namespace

Metrics::Metrics(std::string_view version)
    : registry_(std::make_unique<Registry>()),
      redis_connected(gauge(*registry_, "redis_connected")),
      redis_reconnects(counter(*registry_, "redis_reconnects_total")),
      subscription_gaps(counter(*registry_, "subscription_gaps_total")),
      stream_entries_lost(counter(*registry_, "stream_entries_lost_total")),
      reading_paused_seconds(counter(*registry_, "reading_paused_seconds_total")),
      received(counter(*registry_, "messages_received_total")),
      recovered(counter(*registry_, "messages_recovered_total")),
      queue_depth(gauge(*registry_, "queue_depth")),
      queue_wait_seconds(seconds_histogram(*registry_, "queue_wait_seconds")),
      classified(counters(*registry_, "messages_classified_total", kKindNames)),
      history_key_fallbacks(counter(*registry_, "history_key_fallbacks_total")),
      config_reloads(counters(*registry_, "config_reloads_total", kReloadNames)),
      messages_in_flight(gauge(*registry_, "messages_in_flight")),
      delivered(counters(*registry_, "messages_delivered_total", kKindNames)),
      coalesced(counters(*registry_, "messages_coalesced_total", kKindNames)),
      shed(counters(*registry_, "messages_shed_total", kKindNames)),
      updates_coalesced(counter(*registry_, "updates_coalesced_total")),
      patches(counters(*registry_, "patches_total", kPatchResultNames)),
      patch_bytes(counter(*registry_, "patch_bytes_total")),
      patch_paths(counter(*registry_, "patch_paths_total")),
      answer_bytes(counter(*registry_, "answer_bytes_total")),
      download_bytes_per_day(gauge(*registry_, "download_bytes_per_day")),
      history_removed(counters(*registry_, "history_removed_total", kKindNames)),
      keep_due_seconds(gauge(*registry_, "keep_due_seconds")),
      keep_overdue(gauge(*registry_, "keep_overdue")),
      quota_exceeded(counter(*registry_, "quota_exceeded_total")),
      invariants_broken(counter(*registry_, "invariants_broken_total")),
      flush_duration_seconds(seconds_histogram(*registry_, "flush_duration_seconds")),
      flush_paths(size_histogram(*registry_, "flush_paths")),
      flush_bytes(size_histogram(*registry_, "flush_bytes")),
      relay_lag_seconds(seconds_histogram(*registry_, "relay_lag_seconds")),
      event_lag_seconds(seconds_histogram(*registry_, "event_lag_seconds")),
      database_reachable(gauge(*registry_, "database_reachable")),
      history_stored_bytes(gauge(*registry_, "history_stored_bytes")),
      history_growth_bytes_per_day(gauge(*registry_, "history_growth_bytes_per_day")),
      database_size_max_bytes(gauge(*registry_, "database_size_max_bytes")),
      clock_skew_seconds(gauge(*registry_, "clock_skew_seconds")),
      dead_letters(counters(*registry_, "dead_letters_total", kDeadLetterReasonNames)),
      dead_letters_evicted(counter(*registry_, "dead_letters_evicted_total")),
      dead_letters_stored(gauge(*registry_, "dead_letters_stored")),
      outbox_batches(gauge(*registry_, "outbox_batches")),
      outbox_bytes(gauge(*registry_, "outbox_bytes")),
      outbox_limit_bytes(gauge(*registry_, "outbox_limit_bytes")),
      outbox_oldest_seconds(gauge(*registry_, "outbox_oldest_seconds")),
      outbox_writable(gauge(*registry_, "outbox_writable")),
      outbox_errors(counter(*registry_, "outbox_errors_total")),
      archive_bytes(gauge(*registry_, "archive_bytes")),
      archive_errors(counter(*registry_, "archive_errors_total")),
      archive_writable(gauge(*registry_, "archive_writable")),
      archive_unsealed(gauge(*registry_, "archive_unsealed")),
      process_(std::make_unique<ProcessCollector>()),
      retries_(counters(*registry_, "retries_total", kRetryReasonNames)) {
  auto& held_family = gauge_family(*registry_, "delivery_held");
  for (std::size_t i = 1; i < held_.size(); ++i) {
    held_[i] = &held_family.Add(label_of("delivery_held", MetricType::kGauge, kHoldReasonNames[i]));
  }
  outbox_writable.Set(1);  // until a write fails
  archive_writable.Set(1);
  gauge_family(*registry_, "build_info").Add(label_of("build_info", MetricType::kGauge, version)).Set(1);
}

Metrics::~Metrics() = default;

Counter& Metrics::retries(std::string_view reason) const {
  const auto* const name = std::ranges::find(kRetryReasonNames, reason);
  if (name == kRetryReasonNames.end()) throw std::logic_error("no such reason of retries: " + std::string(reason));
  return *retries_[static_cast<std::size_t>(name - kRetryReasonNames.begin())];
}

void Metrics::set_held(HoldReason reason) {
  for (std::size_t i = 1; i < held_.size(); ++i) held_[i]->Set(i == static_cast<std::size_t>(reason) ? 1 : 0);
}

void Metrics::set_stream(std::string_view stream, std::uint64_t entries, std::optional<std::uint64_t> behind) {
  gauge_family(*registry_, "stream_entries")
      .Add(label_of("stream_entries", MetricType::kGauge, stream))
      .Set(static_cast<double>(entries));
  auto& family = gauge_family(*registry_, "stream_entries_behind");
  Gauge& gauge = family.Add(label_of("stream_entries_behind", MetricType::kGauge, stream));
  if (behind) return gauge.Set(static_cast<double>(*behind));
  family.Remove(&gauge);
}

void Metrics::observe(Histogram& histogram, const LagBuckets& values) {
  if (values.empty()) return;
  histogram.ObserveMultiple({values.counts().begin(), values.counts().end()}, values.sum_seconds());
}

void Metrics::add(const CountersByKind& counters, const KindCounts& counts) {
  for (std::size_t i = 0; i < kKindCount; ++i) {
    if (counts[i] > 0) counters[static_cast<Kind>(i)].Increment(static_cast<double>(counts[i]));
  }
}

void Metrics::on_scrape(std::function<void(Metrics&)> set) {
  const std::lock_guard lock(scrape_mutex_);
  scrape_callbacks_.push_back(std::move(set));
}

std::string Metrics::serialize() {
  const std::lock_guard lock(scrape_mutex_);
  for (const auto& set : scrape_callbacks_) set(*this);
  std::vector<prometheus::MetricFamily> families = registry_->Collect();
  std::vector<prometheus::MetricFamily> process = process_->Collect();
  std::move(process.begin(), process.end(), std::back_inserter(families));
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace firebase_relay::observe
