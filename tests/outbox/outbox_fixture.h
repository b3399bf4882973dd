#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "outbox/sqlite_outbox.h"
#include "support/random_text.h"
#include "support/temp_dir.h"

namespace firebase_relay::outbox {

inline constexpr std::size_t kPrice = static_cast<std::size_t>(Kind::kPrice);
inline constexpr std::size_t kOrder = static_cast<std::size_t>(Kind::kOrder);

/// A kind of this shedding class.
inline Kind kind_of(ShedClass shed_class) {
  if (shed_class == ShedClass::kPrices) return Kind::kPrice;
  return shed_class == ShedClass::kOrders ? Kind::kOrder : Kind::kProfit;
}

/// The texts of a batch's messages: as large on disk as in memory, or hardly anything there.
enum class Texts : std::uint8_t { kRandom, kRepeated };

/// A batch of one run with `entries` messages, whose texts are `bytes` long each and tell the batches apart.
inline Batch batch_of(BatchId id, ShedClass shed_class, std::size_t entries = 1, std::size_t bytes = 100,
                      Texts texts = Texts::kRandom) {
  Batch batch{id, shed_class, {}};
  HistoryRun run;
  run.first_sequence = id * 1000;
  run.arrived_at = UtcMillis(std::chrono::milliseconds(1'777'777'777'000 + static_cast<std::int64_t>(id)));
  run.channels = {"TICKER_UPDATES_AAPL"};
  const Kind kind = kind_of(shed_class);
  for (std::uint32_t i = 0; i < entries; ++i) {
    const std::string path = "history/AAPL/" + std::to_string(id) + "/" + std::to_string(i);
    const std::string text = texts == Texts::kRandom ? test_support::random_text(id * 1000 + i, bytes)
                                                     : std::string(bytes, static_cast<char>('a' + id % 26));
    run.add(path, '"' + text + '"', {.sequence_offset = i, .event_ms = 1'777'000'000'000, .kind = kind});
  }
  batch.runs.push_back(std::move(run));
  return batch;
}

/// All that has to come back, as text: what tests compare.
inline std::string text_of(const Batch& batch) {
  std::string text = std::to_string(batch.id) + " " + std::string(name_of(kind_of(batch.shed_class)));
  for (const HistoryRun& run : batch.runs) {
    text +=
        " run " + std::to_string(run.first_sequence) + " " + std::to_string(run.arrived_at.time_since_epoch().count());
    for (const std::string& channel : run.channels) text += " channel " + channel;
    for (const HistoryEntry& entry : run.entries) {
      text += " entry " + std::to_string(entry.offset) + "," + std::to_string(entry.sequence_offset) + "," +
              std::to_string(entry.event_ms) + "," + std::to_string(entry.path_size) + "," +
              std::to_string(entry.channel) + "," + std::string(name_of(entry.kind));
    }
    text += " text " + run.text;
  }
  return text;
}

inline std::string text_of(const LiveRow& row) {
  return row.path + "=" + row.value + " @" + std::to_string(row.sequence) + (row.counts ? " counts " : " ") +
         std::string(name_of(row.kind));
}

/// A file in a folder of its own, opened again as often as a test wants.
class OutboxTest : public testing::Test {
 protected:
  OutboxTest() { options.file = dir.file("outbox.db"); }

  /// Opens it (again); `restored` and `last_run` are what was found.
  void open() {
    close();
    Result<OpenedOutbox> result = SqliteOutbox::open(options);
    ASSERT_TRUE(result) << result.error().what;
    opened = std::move(*result);
    outbox = std::move(opened.outbox);
  }
  void close() { outbox.reset(); }
  void append(const Batch& batch) { ASSERT_TRUE(outbox->append({&batch}, {})); }
  /// The ids of all batches that can be loaded.
  std::vector<BatchId> stored() {
    std::vector<BatchId> ids;
    Result<LoadedBatches> loaded = outbox->load(0, UINT64_MAX);
    EXPECT_TRUE(loaded) << loaded.error().what;
    for (const Batch& batch : loaded->batches) ids.push_back(batch.id);
    return ids;
  }
  [[nodiscard]] std::uint64_t bytes_on_disk() const {
    std::uint64_t bytes = 0;
    for (const char* part : {"", "-wal"}) {
      std::error_code missing;
      const std::uintmax_t size = std::filesystem::file_size(options.file.string() + part, missing);
      if (!missing) bytes += size;
    }
    return bytes;
  }

  test_support::TempDir dir;
  SqliteOutboxOptions options;
  OpenedOutbox opened;  ///< without its outbox
  std::unique_ptr<SqliteOutbox> outbox;
};

}  // namespace firebase_relay::outbox
