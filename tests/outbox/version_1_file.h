#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <xxhash.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "outbox_fixture.h"

namespace firebase_relay::outbox {

// An outbox as version 1 of the tables had it, written by hand: it shares no code with src/outbox, and never changes.

/// The tables as they were created.
inline constexpr const char* kVersion1Tables = R"sql(
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

/// The lowest `count` bytes of `value`, the lowest first.
inline std::string little_endian(std::uint64_t value, int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xFF);
  return bytes;
}

/// The body of a batch, field by field.
inline std::string version_1_body(const Batch& batch) {
  std::string body = little_endian(batch.id, 8) + little_endian(static_cast<std::uint64_t>(batch.shed_class), 1) +
                     little_endian(batch.runs.size(), 4);
  for (const HistoryRun& run : batch.runs) {
    body += little_endian(run.first_sequence, 8);
    body += little_endian(static_cast<std::uint64_t>(run.arrived_at.time_since_epoch().count()), 8);
    body += little_endian(run.entries.size(), 4) + little_endian(run.channels.size(), 4);
    body += little_endian(run.text.size(), 4);
    for (const HistoryEntry& entry : run.entries) {
      body += little_endian(entry.offset, 4) + little_endian(entry.sequence_offset, 4);
      body += little_endian(static_cast<std::uint64_t>(entry.event_ms), 8);
      body += little_endian(entry.path_size, 2) + little_endian(entry.channel, 2);
      body += little_endian(static_cast<std::uint64_t>(entry.kind), 1);
    }
    for (const std::string& channel : run.channels) body += little_endian(channel.size(), 4) + channel;
    body += run.text;
  }
  return body;
}

/// The statements that store a batch of one run, whose messages are all of its class' kind.
inline std::string version_1_rows(const Batch& batch) {
  const std::string body = version_1_body(batch);
  std::string hex;
  for (const char byte : body) {
    hex += "0123456789ABCDEF"[static_cast<unsigned char>(byte) >> 4];
    hex += "0123456789ABCDEF"[static_cast<unsigned char>(byte) & 15];
  }
  const HistoryRun& run = batch.runs.at(0);
  std::string counts;
  for (std::size_t kind = 0; kind < kKindCount; ++kind)
    counts += "," + std::to_string(static_cast<Kind>(kind) == kind_of(batch.shed_class) ? run.entries.size() : 0);
  const auto checksum = static_cast<std::int64_t>(XXH3_64bits(body.data(), body.size()));
  const std::string id = std::to_string(batch.id);
  return "INSERT INTO bodies VALUES(" + id + ",X'" + hex + "');INSERT INTO batches VALUES(" +
         std::to_string(static_cast<int>(batch.shed_class)) + "," + id + ",1777777777000," +
         std::to_string(run.first_sequence + run.entries.size() - 1) + counts + "," + std::to_string(body.size()) +
         "," + std::to_string(checksum) + ");";
}

/// What the file below holds.
inline std::vector<Batch> version_1_batches() {
  return {batch_of(3, ShedClass::kPrices, 40, 150, Texts::kRepeated), batch_of(4, ShedClass::kOrders, 2, 1'200),
          batch_of(6, ShedClass::kRest)};
}

/// Writes an outbox of version 1: these batches, a live value, a live order and a dead letter, of a run that was
/// killed. Version 2 had the same tables, and took such batches, too.
inline void write_version_1(const std::filesystem::path& file, int version = 1) {
  std::string sql = "PRAGMA page_size=4096;PRAGMA auto_vacuum=INCREMENTAL;BEGIN;" + std::string(kVersion1Tables) +
                    "PRAGMA application_id=1179807608;PRAGMA user_version=" + std::to_string(version) +
                    ";COMMIT;PRAGMA journal_mode=WAL;";
  for (const Batch& batch : version_1_batches()) sql += version_1_rows(batch);
  sql += R"sql(
    INSERT INTO live VALUES('services/AAPL/price',3039,1,0,X'22312E3522');
    INSERT INTO live_orders VALUES('services/AAPL/orders/1',13,4001,0);
    INSERT INTO meta VALUES('dead_letters_version',1),('started_at',1777777770000);
    INSERT INTO dead_letters VALUES(1,'invalid_json',X'41',X'7B',1,1777777775000,1,0);
  )sql";
  sqlite3* connection = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &connection), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(connection, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(connection);
  sqlite3_close(connection);
}

/// The version that stands in the header of a file.
inline std::int64_t version_of(const std::filesystem::path& file) {
  sqlite3* connection = nullptr;
  std::int64_t version = -1;
  EXPECT_EQ(sqlite3_open(file.c_str(), &connection), SQLITE_OK);
  sqlite3_stmt* statement = nullptr;
  EXPECT_EQ(sqlite3_prepare_v2(connection, "PRAGMA user_version", -1, &statement, nullptr), SQLITE_OK);
  if (sqlite3_step(statement) == SQLITE_ROW) version = sqlite3_column_int64(statement, 0);
  sqlite3_finalize(statement);
  sqlite3_close(connection);
  return version;
}

}  // namespace firebase_relay::outbox
