#include "terminal/status_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "observe/printable.h"

namespace firebase_relay::terminal {
namespace {

using observe::Snapshot;

std::string bad(std::string_view text, bool colour) {
  return colour ? fmt::format("\033[31;1m{}\033[0m", text) : std::string(text);
}
std::string good(std::string_view text, bool colour) {
  return colour ? fmt::format("\033[32m{}\033[0m", text) : std::string(text);
}

void add_line(std::string& out, std::string_view name, std::string_view text) {
  out += fmt::format("{:<11} {}\n", name, text);
}

/// Red when there is any of what should not be.
void add_loss(std::string& out, std::string_view name, std::uint64_t count, bool colour) {
  const std::string text = fmt::format("{:>10}", count);
  add_line(out, name, count > 0 ? bad(text, colour) : text);
}

std::string database_text(const Snapshot& now, bool colour) {
  if (!now.held.empty()) return bad("held: " + now.held, colour) + " (the log says what to do)";
  if (!now.database_reachable) return bad("not reachable", colour);
  return good("reachable", colour);
}

std::string lag_line(const Snapshot::LagCounts& lag) {
  return fmt::format("p50 {}   p99 {}", observe::lag_text(lag, 0.5), observe::lag_text(lag, 0.99));
}

}  // namespace

std::string status_text(const Snapshot& now, const std::optional<EarlierSnapshot>& earlier, UtcMillis at, bool colour) {
  const auto up = std::max(at - now.started_at, std::chrono::milliseconds(0));
  const Snapshot before = earlier ? earlier->snapshot : Snapshot{};
  const double seconds = std::max(0.001, (earlier ? earlier->ago : std::chrono::duration<double>(up)).count());
  const auto add_flow = [&](std::string& out, std::string_view name, std::uint64_t total, std::uint64_t past) {
    const double rate = static_cast<double>(observe::difference(total, past)) / seconds;
    add_line(out, name, fmt::format("{:>10}   {:.1f}/s", total, rate));
  };

  std::string out = fmt::format("firebase-relay {}, up {}\n", now.version, observe::duration_text(up));
  add_line(out, "since", observe::iso_utc(now.started_at));
  add_line(out, "redis", now.redis_connected ? good("connected", colour) : bad("not connected", colour));
  add_line(out, "database", database_text(now, colour));
  add_flow(out, "received", now.received, before.received);
  if (now.recovered > 0) add_line(out, "recovered", fmt::format("{:>10}", now.recovered));
  add_flow(out, "delivered", now.delivered, before.delivered);
  add_line(out, "coalesced", fmt::format("{:>10}", now.coalesced));
  add_loss(out, "dead", now.dead_letters, colour);
  add_loss(out, "shed", now.shed, colour);
  add_line(out, "in flight", fmt::format("{:>10}", now.in_flight));
  add_line(out, "lag", lag_line(now.lag));
  if (earlier) add_line(out, "  just now", lag_line(observe::difference(now.lag, before.lag)));
  add_line(out, "queue", fmt::format("{} messages", now.queue_depth));
  add_line(out, "outbox", observe::outbox_text(now));
  add_line(out, "gaps", now.gaps > 0 ? bad(fmt::format("{}", now.gaps), colour) : "none");
  return out;
}

}  // namespace firebase_relay::terminal
