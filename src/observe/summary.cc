#include "observe/summary.h"

#include <fmt/format.h>

#include "observe/printable.h"

namespace firebase_relay::observe {
namespace {

void add_if_any(std::string& text, std::uint64_t count, std::string_view what, std::string_view plural = "") {
  if (count > 0) text += fmt::format(", {} {}{}", count, what, count > 1 ? plural : "");
}

/// From `before` to `now`.
std::string text_between(const Snapshot& before, const Snapshot& now) {
  std::string text = fmt::format("{} messages received, {} delivered, lag p99 {}, outbox {}",
                                 difference(now.received, before.received), difference(now.delivered, before.delivered),
                                 lag_text(difference(now.lag, before.lag), 0.99), outbox_text(now));
  add_if_any(text, now.in_flight, "in flight");
  add_if_any(text, difference(now.recovered, before.recovered), "recovered");
  add_if_any(text, difference(now.coalesced, before.coalesced), "coalesced");
  add_if_any(text, difference(now.dead_letters, before.dead_letters), "dead letter", "s");
  add_if_any(text, difference(now.shed, before.shed), "shed");
  add_if_any(text, difference(now.gaps, before.gaps), "gap", "s");
  return text;
}

std::string duration_between(SteadyTime from, SteadyTime to) {
  return duration_text(std::chrono::duration_cast<std::chrono::milliseconds>(to - from));
}

}  // namespace

std::string Summary::line(const Snapshot& now, SteadyTime at) {
  std::string text = "last " + duration_between(last_at_, at) + ": " + text_between(last_, now);
  if (!now.redis_connected) text += ", Redis not connected";
  if (!now.held.empty()) {
    text += ", delivery held: " + now.held;
  } else if (!now.database_reachable) {
    text += ", database not reachable";
  }
  last_ = now;
  last_at_ = at;
  return text;
}

std::string Summary::total(const Snapshot& now, SteadyTime at) const {
  return text_between({}, now) + ", in " + duration_between(started_, at);
}

}  // namespace firebase_relay::observe
