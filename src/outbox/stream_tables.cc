#include "outbox/stream_tables.h"

#include <cstdint>
#include <string>

#include "outbox/letter_room.h"
#include "outbox/schema.h"

namespace firebase_relay::outbox {
namespace {

bool has_tables(Session& session) { return session.number("PRAGMA user_version") >= kSchemaOfStreams; }

// The joins begin at the origin, of which there is one as a rule, or two.
constexpr std::string_view kSelectByEntry =
    "SELECT id FROM letter_origins CROSS JOIN dead_letters ON id=letter "
    "WHERE stream=?1 AND ms=?2 AND seq=?3 AND channel=?4 AND payload=?5 AND payload_size=?6";
constexpr std::string_view kSelectByKey =
    "SELECT id FROM letter_origins CROSS JOIN dead_letters ON id=letter "
    "WHERE key=?1 AND key<>'' AND channel=?2 AND payload=?3 AND payload_size=?4";  // as its index has it

/// A version has what those before it have, too.
void make_tables(Transaction& transaction) {
  const std::int64_t version = transaction.number("PRAGMA user_version");
  if (version >= kSchemaOfStreams) return;
  if (version < kSchemaOfStored) transaction.execute(kCreateStoredTables);
  transaction.execute(kCreateStreamTables);
  transaction.execute("PRAGMA user_version=" + std::to_string(kSchemaOfStreams));
}

}  // namespace

void remember(Transaction& transaction, std::string_view group, std::string_view stream,
              const RememberedPosition& position) {
  make_tables(transaction);
  // Unsigned numbers come back as they went in; -1: not known, which no stream ever counts up to.
  transaction.run("INSERT OR REPLACE INTO stream_positions VALUES(?1,?2,?3,?4,?5,?6)", Blob{group}, Blob{stream},
                  position.position.id.ms, position.position.id.seq, position.position.entries.value_or(UINT64_MAX),
                  position.is_last);
}

std::optional<RememberedPosition> remembered(Session& session, std::string_view group, std::string_view stream) {
  if (!has_tables(session)) return std::nullopt;
  Statement row =
      session.select("SELECT ms, seq, entries, is_last FROM stream_positions WHERE consumer_group=?1 AND stream=?2",
                     Blob{group}, Blob{stream});
  if (!row.next()) return std::nullopt;
  RememberedPosition position{{{row.count(0), row.count(1)}, row.count(2)}, row.integer(3) != 0};
  if (position.position.entries == UINT64_MAX) position.position.entries.reset();
  return position;
}

bool has_come_again(Session& session, const DeadLetter& letter) {
  const bool has_origin = !letter.stream.empty() || !letter.key.empty();
  if (!has_origin || letter.count > 1 || !has_tables(session)) return false;
  const Blob channel{letter.channel};
  const Blob payload{kept_of(letter.payload)};
  const std::uint64_t size = letter.payload.size();
  if (letter.stream.empty()) return session.select(kSelectByKey, letter.key, channel, payload, size).next();
  return session.select(kSelectByEntry, Blob{letter.stream}, letter.entry.ms, letter.entry.seq, channel, payload, size)
      .next();
}

void remember_origin(Transaction& transaction, const DeadLetter& letter) {
  if (letter.stream.empty() && letter.key.empty()) return;
  const std::int64_t id = transaction.number("SELECT last_insert_rowid()");
  make_tables(transaction);
  transaction.run("INSERT INTO letter_origins VALUES(?1,?2,?3,?4,?5)", id, Blob{letter.stream}, letter.entry.ms,
                  letter.entry.seq, letter.key);
}

void add_origin(Session& session, std::int64_t id, DeadLetter& letter) {
  if (!has_tables(session)) return;
  Statement row = session.select("SELECT stream, ms, seq, key FROM letter_origins WHERE letter=?1", id);
  if (!row.next()) return;
  letter.stream = row.bytes(0);
  letter.entry = {row.count(1), row.count(2)};
  letter.key = row.bytes(3);
}

}  // namespace firebase_relay::outbox
