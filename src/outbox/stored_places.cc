#include "outbox/stored_places.h"

#include <utility>

#include "outbox/recovery.h"
#include "outbox/stored_tables.h"

namespace firebase_relay::outbox {

Result<StoredPlaces> StoredPlaces::open(const std::filesystem::path& file) {
  Result<std::unique_ptr<Database>> database = open_existing(file);
  if (!database) return error_of(database);
  return StoredPlaces(std::move(*database));
}

bool StoredPlaces::has_counted() {
  Session session(*database_);
  const auto counted = session.result(stored_sums(session).since.has_value());
  return counted && *counted;
}

Result<std::uint64_t> StoredPlaces::at(std::string_view place) {
  Session session(*database_);
  return session.result(stored_at(session, place));
}

Result<void> StoredPlaces::removed(const std::string& place, UtcMillis now) {
  Transaction transaction(*database_);
  const std::uint64_t stood = stored_at(transaction, place);
  if (!transaction.ok()) return transaction.status();
  if (stood == 0) return {};
  Totals totals;
  save(transaction, {now, {place}, stood, {}}, totals);
  return transaction.commit();
}

Result<UtcMillis> StoredPlaces::archived_since() {
  Session session(*database_);
  UtcMillis since = UtcMillis::max();
  {
    Statement row = session.select("SELECT value FROM meta WHERE name='archived_since'");
    if (row.next()) since = UtcMillis(std::chrono::milliseconds(row.integer(0)));
  }
  return session.result(since);
}

}  // namespace firebase_relay::outbox
