#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace firebase_relay::observe {

/// What every name begins with.
inline constexpr std::string_view kMetricPrefix = "firebase_relay_";

/// What Prometheus takes it for.
enum class MetricType : std::uint8_t { kCounter, kGauge, kHistogram };

/// One metric: what it is called, how it is split, what it says. Units end the name.
struct MetricRow {
  std::string_view name;  ///< as scraped, prefix and all
  MetricType type;
  std::string_view label;  ///< name of its one label; empty: none
  std::string_view help;
};

/// Every metric of the program, in the order of the data. Metrics registers exactly these; docs and dashboards are
/// checked against it.
std::span<const MetricRow> metric_table();

}  // namespace firebase_relay::observe
