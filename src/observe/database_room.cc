#include "observe/database_room.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace firebase_relay::observe {

using std::chrono::days;

double bytes_a_day(const StoredSums& sums, UtcMillis now) {
  if (!sums.since) return 0;
  const auto today = std::chrono::floor<days>(now);
  const UtcMillis begin = std::max(*sums.since, UtcMillis(today - kStoredDaysMax + days(1)));
  if (now - begin < days(1)) return 0;
  const auto is_known = [&](const StoredDay& each) { return each.day > today - kStoredDaysMax && each.day <= today; };
  std::uint64_t busiest = 0;
  for (const StoredDay& each : sums.days) busiest = std::max(busiest, is_known(each) ? each.added : 0);
  double bytes = 0;
  for (const StoredDay& each : sums.days) {
    if (!is_known(each)) continue;
    bytes += static_cast<double>(each.added) - static_cast<double>(std::min(each.removed, busiest));
  }
  return std::max(0.0, bytes / std::chrono::duration<double, days::period>(now - begin).count());
}

std::optional<double> days_until_full(const Snapshot& snapshot) {
  if (snapshot.database_bytes_max == 0) return std::nullopt;
  if (snapshot.history_bytes >= snapshot.database_bytes_max) return 0;
  if (snapshot.history_bytes_a_day == 0) return std::nullopt;
  return static_cast<double>(snapshot.database_bytes_max - snapshot.history_bytes) /
         static_cast<double>(snapshot.history_bytes_a_day);
}

std::string room_text(const Snapshot& snapshot) {
  constexpr double kMb = 1e6;
  constexpr double kDaysInWords = 730;
  constexpr double kDaysTold = 36'500;
  std::string text = fmt::format("{:.1f}", static_cast<double>(snapshot.history_bytes) / kMb);
  if (snapshot.database_bytes_max > 0)
    text += fmt::format(" of {:.1f}", static_cast<double>(snapshot.database_bytes_max) / kMb);
  text += " MB";
  if (snapshot.history_bytes_a_day > 0)
    text += fmt::format(", {:.1f} MB a day", static_cast<double>(snapshot.history_bytes_a_day) / kMb);
  const std::optional<double> left = days_until_full(snapshot);
  if (!left || *left > kDaysTold) return text;
  if (*left == 0) return text + ": FULL";
  if (*left > kDaysInWords) return text + fmt::format(": full in {:.0f} years", *left / 365);
  const auto whole = static_cast<int>(*left);
  return text + (whole == 0 ? ": full today" : fmt::format(": full in {} day{}", whole, whole == 1 ? "" : "s"));
}

}  // namespace firebase_relay::observe
