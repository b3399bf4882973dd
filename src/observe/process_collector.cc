#include "observe/process_collector.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>

#include "observe/metric_table.h"

namespace firebase_relay::observe {
namespace {

struct ProcessStat {
  double cpu_seconds;
  double start_after_boot_seconds;
  double resident_bytes;
};

std::optional<std::string> text_of(const char* path) {
  std::ifstream file(path);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (text.empty()) return std::nullopt;
  return text;
}

/// Fields 14, 15, 22 and 24 of /proc/self/stat; the second is the program's name, which may hold blanks and
/// parentheses.
std::optional<ProcessStat> read_stat() {
  const auto text = text_of("/proc/self/stat");
  const auto name_end = text ? text->rfind(')') : std::string::npos;
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(text->substr(name_end + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  double user_ticks = 0;
  double system_ticks = 0;
  double start_ticks = 0;
  double resident_pages = 0;
  fields >> user_ticks >> system_ticks;
  for (int field = 16; field < 22; ++field) fields >> skipped;
  fields >> start_ticks >> skipped >> resident_pages;
  if (!fields) return std::nullopt;
  const auto ticks_per_second = static_cast<double>(::sysconf(_SC_CLK_TCK));
  return ProcessStat{(user_ticks + system_ticks) / ticks_per_second, start_ticks / ticks_per_second,
                     resident_pages * static_cast<double>(::sysconf(_SC_PAGESIZE))};
}

std::optional<double> read_boot_time_seconds() {
  std::ifstream file("/proc/stat");
  for (std::string key, rest; file >> key; std::getline(file, rest)) {
    double seconds = 0;
    if (key == "btime" && file >> seconds) return seconds;
  }
  return std::nullopt;
}

prometheus::MetricFamily family_of(std::string_view name, double value) {
  const auto table = metric_table();
  const auto row = std::find_if(table.begin(), table.end(), [&](const MetricRow& each) { return each.name == name; });
  prometheus::MetricFamily family;
  family.name = name;
  family.help = row->help;
  prometheus::ClientMetric metric;
  if (row->type == MetricType::kCounter) {
    family.type = prometheus::MetricType::Counter;
    metric.counter.value = value;
  } else {
    family.type = prometheus::MetricType::Gauge;
    metric.gauge.value = value;
  }
  family.metric.push_back(std::move(metric));
  return family;
}

}  // namespace

std::vector<prometheus::MetricFamily> ProcessCollector::Collect() const {
  std::vector<prometheus::MetricFamily> families;
  const auto stat = read_stat();
  if (!stat) return families;
  if (const auto boot = read_boot_time_seconds()) {
    families.push_back(family_of("process_start_time_seconds", *boot + stat->start_after_boot_seconds));
  }
  families.push_back(family_of("process_cpu_seconds_total", stat->cpu_seconds));
  families.push_back(family_of("process_resident_memory_bytes", stat->resident_bytes));
  return families;
}

}  // namespace firebase_relay::observe
