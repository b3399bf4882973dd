#include "terminal/status_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "observe/database_room.h"
#include "observe/download.h"
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

/// Red when the database is full within a month.
std::string stored_text(const Snapshot& now, bool colour) {
  constexpr double kDaysFewest = 30;
  const bool is_soon = observe::days_until_full(now).value_or(kDaysFewest) < kDaysFewest;
  return is_soon ? bad(observe::room_text(now), colour) : observe::room_text(now);
}

/// Red when the plan's month does not last a month.
std::string download_text(const Snapshot& now, bool colour) {
  const std::string text = observe::download_text(now);
  return observe::download_a_month(now) > observe::kPlanDownloadBytes ? bad(text, colour) : text;
}

std::string days_text(std::uint64_t count) { return fmt::format("{} {}", count, count == 1 ? "day" : "days"); }

std::string archive_text(const Snapshot& now, bool colour) {
  constexpr double kMb = 1e6;
  std::string text = fmt::format("{:.1f} MB", static_cast<double>(now.archive_bytes) / kMb);
  if (!now.archive_writable) text += ", " + bad("STOPPED", colour) + " (the log says why)";
  if (now.archive_days_unsealed > 0)
    text += ", " + bad(days_text(now.archive_days_unsealed) + " unsealed or with a hole", colour);
  return text;
}

/// Red when half of what the streams hold is unread, or some of it was lost.
std::string streams_text(const Snapshot& now, bool colour) {
  const std::string behind = fmt::format("{} of {} entries not read", now.stream_entries_behind, now.stream_entries);
  std::string text = 2 * now.stream_entries_behind > now.stream_entries ? bad(behind, colour) : behind;
  if (now.stream_entries_lost > 0)
    text += ", " + bad(fmt::format("{} trimmed before they were read", now.stream_entries_lost), colour);
  return text;
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
  if (now.reads_streams) add_line(out, "streams", streams_text(now, colour));
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
  if (now.archive_bytes > 0 || !now.archive_writable || now.archive_days_unsealed > 0)
    add_line(out, "archive", archive_text(now, colour));
  if (now.days_removed > 0)
    add_line(out, "removed", days_text(now.days_removed) + " of history, as routes keep no more");
  if (now.days_overdue > 0)
    add_line(out, "overdue", bad(days_text(now.days_overdue) + " that routes keep no more", colour));
  add_line(out, "stored", stored_text(now, colour));
  add_line(out, "download", download_text(now, colour));
  add_line(out, "gaps", now.gaps > 0 ? bad(fmt::format("{}", now.gaps), colour) : "none");
  return out;
}

}  // namespace firebase_relay::terminal
