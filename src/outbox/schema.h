#pragma once

#include <cstdint>

namespace firebase_relay::outbox {

/// In the file's header: how an outbox is told from other programs' SQLite files. "FRox".
inline constexpr std::int64_t kApplicationId = 0x46526F78;
/// Rises with every change of what may stand in the file; a file with a higher one is refused.
///
///   1  bodies as they are
///   2  bodies may be packed (outbox/batch_blob.h); the tables are the same
///   3  two tables more: how much history stands in the database (outbox/stored_tables.h)
///   4  two tables more: how far streams were read, and where dead letters come from (outbox/stream_tables.h)
///
/// A file of an earlier version is used as it is. It becomes one of version 2 in the transaction that stores the first
/// batch, one of version 3 in the one that first says what stands in the database, an hour after the start or at the
/// stop, and one of version 4 when a stream is first read, or a dead letter comes that has a history key. So to open it
/// takes no write, and until then an earlier relay that is put back still takes it.
inline constexpr std::int64_t kSchemaOfPackedBodies = 2;
inline constexpr std::int64_t kSchemaOfStored = 3;
inline constexpr std::int64_t kSchemaOfStreams = 4;
inline constexpr std::int64_t kSchemaVersion = kSchemaOfStreams;
/// 4 KiB: a flush writes every page that it touches whole, so larger pages wear the disk more. Of a batch that is
/// stored as 5 kB 22 kB go to the log, with 64 KiB pages 150 kB; of 50 kB 67 kB instead of 382 kB; of 500 kB it makes
/// no difference.
inline constexpr std::int64_t kPageBytes = 4096;

/// The tables of the outbox.
///
///   batches       one small row per batch: what counting, shedding and choosing need, so that none of them reads a
///   body.
///                 The entries by kind stand in the order of Kind, `bytes` is the size of the body in memory, and the
///                 checksum is of what stands in `bodies`. Shedding goes along the primary key.
///   bodies        the batches themselves (outbox/batch_blob.h), each with its row in `batches`.
///   damaged       bodies that did not match their checksum, and their messages have been counted as dead letters. For
///                 whoever wants to look into them; the first to go at the limit.
///   live          the newest unacknowledged value per path.
///   live_orders   which orders stand in the live tree.
///   meta          numbers that outlive the rows: last_batch, last_sequence, started_at, stopped_at, stored_since;
///                 tried_at means nothing.
///   dead_letters  outbox/dead_letters.h. Ids are never used twice, so that a person's `drop 17` drops what he saw.
///
/// Times are milliseconds since 1970, UTC.
inline constexpr const char* kCreateTables = R"sql(
CREATE TABLE batches(
  shed_class INTEGER NOT NULL, id INTEGER NOT NULL, stored_at INTEGER NOT NULL, last_sequence INTEGER NOT NULL,
  price INTEGER NOT NULL, "order" INTEGER NOT NULL, performance INTEGER NOT NULL, profit INTEGER NOT NULL,
  registration INTEGER NOT NULL, unrouted INTEGER NOT NULL,
  bytes INTEGER NOT NULL, checksum INTEGER NOT NULL,
  PRIMARY KEY(shed_class, id)) WITHOUT ROWID;
CREATE TABLE bodies(id INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE damaged(id INTEGER PRIMARY KEY, stored_at INTEGER NOT NULL, body BLOB);
CREATE TABLE live(
  path TEXT PRIMARY KEY NOT NULL, sequence INTEGER NOT NULL, counts INTEGER NOT NULL, kind INTEGER NOT NULL,
  value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE live_orders(
  path TEXT PRIMARY KEY NOT NULL, ticker_size INTEGER NOT NULL, sequence INTEGER NOT NULL,
  closed INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE meta(name TEXT PRIMARY KEY NOT NULL, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE dead_letters(
  id INTEGER PRIMARY KEY AUTOINCREMENT, reason TEXT NOT NULL, channel BLOB NOT NULL, payload BLOB NOT NULL,
  payload_size INTEGER NOT NULL, arrived_at INTEGER NOT NULL, count INTEGER NOT NULL, retry INTEGER NOT NULL);
CREATE INDEX dead_letters_by_source ON dead_letters(reason, channel, id);
CREATE INDEX dead_letters_marked ON dead_letters(id) WHERE retry > 0;
)sql";

/// Those of version 3: bytes of history by place (outbox/stored_tables.h), and what came and went by day, in days since
/// 1970. A row of a place takes some 50 bytes, and there is one for each ticker, kind and day that the database has.
inline constexpr const char* kCreateStoredTables = R"sql(
CREATE TABLE stored(place TEXT PRIMARY KEY NOT NULL, bytes INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE stored_days(day INTEGER PRIMARY KEY, added INTEGER NOT NULL, removed INTEGER NOT NULL);
)sql";

/// Those of version 4 (outbox/stream_tables.h). Ids of streams and counts of entries are unsigned numbers of 64 bits;
/// of those that are not known all bits are set. What is remembered of a letter goes with it, whoever drops it.
inline constexpr const char* kCreateStreamTables = R"sql(
CREATE TABLE stream_positions(
  consumer_group BLOB NOT NULL, stream BLOB NOT NULL, ms INTEGER NOT NULL, seq INTEGER NOT NULL,
  entries INTEGER NOT NULL, is_last INTEGER NOT NULL, PRIMARY KEY(consumer_group, stream)) WITHOUT ROWID;
CREATE TABLE letter_origins(
  letter INTEGER PRIMARY KEY, stream BLOB NOT NULL, ms INTEGER NOT NULL, seq INTEGER NOT NULL, key TEXT NOT NULL);
CREATE INDEX letter_origins_by_entry ON letter_origins(stream, ms, seq);
CREATE INDEX letter_origins_by_key ON letter_origins(key) WHERE key<>'';
CREATE TRIGGER letter_origin_goes AFTER DELETE ON dead_letters
  BEGIN DELETE FROM letter_origins WHERE letter=OLD.id; END;
)sql";

}  // namespace firebase_relay::outbox
