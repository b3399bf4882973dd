#include "observe/backfill_report.h"

#include <chrono>
#include <cstdio>
#include <utility>

#include "observe/printable.h"

namespace firebase_relay::observe {
namespace {

constexpr std::chrono::seconds kEvery{5};

std::string megabytes(double bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f MB", bytes / 1e6);
  return text;
}

}  // namespace

std::optional<std::string> BackfillReport::line(std::uint64_t batches, std::uint64_t bytes, bool database_reachable,
                                                SteadyTime now) {
  if (batches == 0) {
    since_.reset();
    if (std::exchange(lines_, 0) == 0) return std::nullopt;
    return "backfill done: the outbox is empty";
  }
  if (!database_reachable || !since_ || bytes > bytes_) {  // more came than went: begin to measure anew
    if (database_reachable && since_ && now - *since_ < kEvery) return std::nullopt;
    since_ = now;
    bytes_ = bytes;
    return std::nullopt;
  }
  if (now - *since_ < kEvery) return std::nullopt;
  const double seconds = std::chrono::duration<double>(now - *since_).count();
  const double bytes_per_second = static_cast<double>(bytes_ - bytes) / seconds;
  std::string text = "backfill: " + std::to_string(batches) + " batches, " + megabytes(static_cast<double>(bytes)) +
                     " left, " + megabytes(bytes_per_second) + "/s";
  if (bytes_per_second >= 1) {
    const auto left =
        std::chrono::milliseconds(static_cast<std::int64_t>(static_cast<double>(bytes) / bytes_per_second * 1000));
    text += ", done in about " + duration_text(left);
  }
  since_ = now;
  bytes_ = bytes;
  ++lines_;
  return text;
}

}  // namespace firebase_relay::observe
