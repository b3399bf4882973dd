#include "outbox/stored_tables.h"

#include <algorithm>

#include "outbox/schema.h"

namespace firebase_relay::outbox {
namespace {

void make_tables(Transaction& transaction, Totals& totals) {
  if (!has_stored_tables(transaction)) transaction.execute(kCreateStoredTables);
  note_schema(transaction, kSchemaOfStored, totals);
}

void save_day(Transaction& transaction, std::chrono::sys_days today, std::uint64_t added, std::uint64_t removed) {
  const std::int64_t day = today.time_since_epoch().count();
  transaction.run(
      "INSERT INTO stored_days VALUES(?1,?2,?3) ON CONFLICT(day) DO UPDATE SET added=added+?2, removed=removed+?3", day,
      added, removed);
  transaction.run("DELETE FROM stored_days WHERE day<=?1 OR day>?2", day - kStoredDaysMax.count(), day);
}

}  // namespace

bool has_stored_tables(Session& session) { return session.number("PRAGMA user_version") >= kSchemaOfStored; }

void save(Transaction& transaction, const StoredChange& change, Totals& totals) {
  make_tables(transaction, totals);
  for (const std::string& place : change.removed) transaction.run("DELETE FROM stored WHERE place=?1", place);
  std::uint64_t added = 0;
  for (const PlaceBytes& at : change.added) {
    transaction.run("INSERT INTO stored VALUES(?1,?2) ON CONFLICT(place) DO UPDATE SET bytes=bytes+?2", at.place,
                    at.bytes);
    added += at.bytes;
  }
  save_day(transaction, std::chrono::floor<std::chrono::days>(change.at), added, change.removed_bytes);
  transaction.run("INSERT OR IGNORE INTO meta VALUES('stored_since',?1)", change.at.time_since_epoch().count());
}

std::uint64_t stored_at(Session& session, std::string_view place) {
  if (!has_stored_tables(session)) return 0;
  return static_cast<std::uint64_t>(session.number("SELECT bytes FROM stored WHERE place=?1", place));
}

StoredSums stored_sums(Session& session) {
  StoredSums sums;
  if (!has_stored_tables(session)) return sums;
  sums.bytes = static_cast<std::uint64_t>(session.number("SELECT sum(bytes) FROM stored"));
  {
    Statement since = session.select("SELECT value FROM meta WHERE name='stored_since'");
    if (since.next()) sums.since = UtcMillis(std::chrono::milliseconds(since.integer(0)));
  }
  Statement days = session.select("SELECT day, added, removed FROM stored_days ORDER BY day");
  while (days.next()) {
    const std::chrono::sys_days day{std::chrono::days(days.integer(0))};
    sums.days.push_back({day, days.count(1), days.count(2)});
  }
  return sums;
}

}  // namespace firebase_relay::outbox
