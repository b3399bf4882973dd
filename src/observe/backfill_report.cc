#include "observe/backfill_report.h"

#include <chrono>
#include <cstdio>
#include <utility>

#include "observe/printable.h"

namespace firebase_relay::observe {
namespace {

constexpr std::chrono::seconds kEvery{5};
/// The quota is one of bytes a minute and may let history go in bursts, so a shorter time says nothing about the rate.
constexpr std::chrono::minutes kTold{1};

std::string megabytes(double bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f MB", bytes / 1e6);
  return text;
}

}  // namespace

std::optional<std::string> BackfillReport::line(std::uint64_t batches, std::uint64_t bytes, bool database_reachable,
                                                SteadyTime now) {
  if (batches == 0) {
    stretch_.reset();
    minute_.reset();
    if (std::exchange(lines_, 0) == 0) return std::nullopt;
    return "backfill done: the outbox is empty";
  }
  const Stretch from_now{now, bytes};
  if (!database_reachable || !stretch_) {
    stretch_ = minute_ = from_now;
    return std::nullopt;
  }
  std::string text =
      "backfill: " + std::to_string(batches) + " batches, " + megabytes(static_cast<double>(bytes)) + " left, ";
  if (now - minute_->since >= kTold) {
    const Stretch minute = *std::exchange(minute_, from_now);
    if (bytes >= minute.bytes) {
      stretch_ = from_now;
      ++lines_;
      return text + "and not getting less: as much comes as goes; see RelayOutboxGrowing in docs/alerts.md";
    }
  }
  if (now - stretch_->since < kEvery) return std::nullopt;
  const Stretch stretch = *std::exchange(stretch_, from_now);
  if (bytes > stretch.bytes) return std::nullopt;  // more came than went: begin to measure anew
  const double seconds = std::chrono::duration<double>(now - stretch.since).count();
  const double bytes_per_second = static_cast<double>(stretch.bytes - bytes) / seconds;
  text += megabytes(bytes_per_second) + "/s";
  if (bytes_per_second >= 1) {
    const auto left =
        std::chrono::milliseconds(static_cast<std::int64_t>(static_cast<double>(bytes) / bytes_per_second * 1000));
    text += ", done in about " + duration_text(left);
  }
  ++lines_;
  return text;
}

}  // namespace firebase_relay::observe
