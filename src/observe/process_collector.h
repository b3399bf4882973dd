#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <vector>

namespace firebase_relay::observe {

/// The process_* metrics every Prometheus client has, read from /proc at each scrape. A value that cannot be read is
/// left out. Threads: any. Source:  prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics, proc(5).
class ProcessCollector : public prometheus::Collectable {
 public:
  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override;
};

}  // namespace firebase_relay::observe
