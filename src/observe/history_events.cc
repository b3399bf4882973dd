#include "observe/history_events.h"

#include <string>

#include "observe/printable.h"

namespace firebase_relay::observe {
namespace {

/// What a line ends with when `kept_back` like it came since the last one.
std::string as_many(std::uint64_t kept_back) {
  return kept_back == 0 ? "" : " (and at " + std::to_string(kept_back) + " more places)";
}

std::string days_text(std::uint64_t count) { return std::to_string(count) + (count == 1 ? " day" : " days"); }

}  // namespace

void HistoryEvents::day_removed(Kind kind, std::string_view path) {
  metrics_.history_removed[kind].Increment();
  logger_.info("history removed: {}, as its route's 'keep' says", printable(path));
}

void HistoryEvents::entries_without_day(std::string_view path, SteadyTime now) {
  if (const auto kept_back = lines_.admit("entries without a day", now))
    logger_.warn(
        "history: nothing is removed at {}: entries of an earlier version stand there without a day. Remove "
        "them once by 'firebase-relay prune --flat', or move them: docs/data.md tells how{}",
        printable(path), as_many(*kept_back));
}

void HistoryEvents::stranger_before_days(std::string_view path, std::string_view key, SteadyTime now) {
  if (const auto kept_back = lines_.admit("stranger before days", now))
    logger_.warn(
        "history: nothing is removed at {}: its key '{}' is neither a day nor an entry's, and stands in front of the "
        "days, which are not listed beside it. Remove that key, or move it elsewhere (Firebase console){}",
        printable(path), printable(key), as_many(*kept_back));
}

void HistoryEvents::day_refused(std::string_view path, SteadyTime now) {
  if (const auto kept_back = lines_.admit("day refused", now))
    logger_.warn("history: {} stays: it is too large to be listed, or one of its entries to be removed{}",
                 printable(path), as_many(*kept_back));
}

void HistoryEvents::day_not_known(std::optional<std::chrono::seconds> skew, SteadyTime now) {
  if (!lines_.admit("day not known", now)) return;
  if (!skew) return logger_.warn("history: nothing is removed: the database's answer does not say which day it is");
  logger_.warn(
      "history: nothing is removed: this clock is {} s {} the database's, so which day it is is not known. Set the "
      "clock",
      std::chrono::abs(*skew).count(), skew->count() > 0 ? "ahead of" : "behind");
}

void HistoryEvents::removal_broken_off(std::string_view detail, std::string_view remedy, std::chrono::seconds again_in,
                                       SteadyTime now) {
  if (lines_.admit("removal broken off", now))
    logger_.warn("history: removing what is too old has stopped: {}; begins again in {} s{}{}", printable(detail),
                 again_in.count(), remedy.empty() ? "" : ". ", remedy);
}

void HistoryEvents::removal_ended(std::uint64_t count, std::uint64_t held_back, std::uint64_t waiting) {
  if (count > 0)
    logger_.info("history: {} removed, since routes keep no more{}", days_text(count),
                 waiting > 0 ? "" : "; next look tomorrow");
  if (waiting > 0)
    logger_.info("history: {} will go once the archive has sealed {}; next look within two hours", days_text(waiting),
                 waiting == 1 ? "it" : "them");
  if (held_back > 0)
    logger_.warn(
        "history: {} older than routes keep, and {}: the archive does not have {} whole. Which, and why, says "
        "'firebase-relay prune --before DAY' with the relay's --archive and --outbox",
        held_back == 1 ? "1 day is" : std::to_string(held_back) + " days are", held_back == 1 ? "stays" : "stay",
        held_back == 1 ? "it" : "them");
}

void HistoryEvents::removal_stands(SteadyTime::duration due_for, std::uint64_t overdue) {
  metrics_.keep_due_seconds.Set(std::chrono::duration<double>(due_for).count());
  metrics_.keep_overdue.Set(static_cast<double>(overdue));
}

}  // namespace firebase_relay::observe
