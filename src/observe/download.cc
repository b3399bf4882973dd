#include "observe/download.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <numeric>

namespace firebase_relay::observe {
namespace {

using std::chrono::hours;

constexpr double kDaysOfMonth = 30;
constexpr double kGb = 1e9;

}  // namespace

void Download::answered(std::uint64_t bytes, SteadyTime now) {
  turn_to((now - begin_) / hours(1));
  by_hour_[static_cast<std::size_t>(hour_) % kHours] += static_cast<double>(bytes);
  metrics_.answer_bytes.Increment(static_cast<double>(bytes));
  metrics_.download_bytes_per_day.Set(bytes_a_day(now));
}

/// Hours that have passed since are empty, and what stood in their places is a day old.
void Download::turn_to(std::int64_t hour) {
  if (hour - hour_ >= static_cast<std::int64_t>(kHours)) by_hour_.fill(0);
  for (; hour_ < hour; ++hour_) by_hour_[static_cast<std::size_t>(hour_ + 1) % kHours] = 0;
}

double Download::bytes_a_day(SteadyTime now) const {
  const auto whole_hours = std::min<std::int64_t>(hour_, kHours - 1);
  if (whole_hours == 0) return 0;
  const auto known = now - begin_ - hours(hour_ - whole_hours);
  const double bytes = std::accumulate(by_hour_.begin(), by_hour_.end(), 0.0);
  return bytes / std::chrono::duration<double, std::chrono::days::period>(known).count();
}

double download_a_month(const Snapshot& snapshot) {
  return static_cast<double>(snapshot.download_bytes_a_day) * kDaysOfMonth;
}

std::string download_text(const Snapshot& snapshot) {
  const double month = download_a_month(snapshot);
  if (month == 0) return "known after an hour";
  return fmt::format("{:.2f} GB a month by answers, of the plan's {:.0f}{}", month / kGb, kPlanDownloadBytes / kGb,
                     month > kPlanDownloadBytes ? ": TOO MUCH" : "");
}

}  // namespace firebase_relay::observe
