#pragma once

#include <cstdint>
#include <string_view>

#include "firebase_relay/outbox.h"
#include "outbox/database.h"

namespace firebase_relay::outbox {

/// Counts in memory of what the file holds. A transaction changes a copy, which counts once it has been committed.
struct Totals {
  std::uint64_t batches = 0;
  std::uint64_t live_rows = 0;
  BatchId last_batch = 0;
  Sequence last_sequence = 0;
  // The latter two as this run has put them into the table meta.
  BatchId noted_batch = 0;
  Sequence noted_sequence = 0;
  bool is_schema_noted = false;  ///< this run has put kSchemaVersion into the file
};

/// Puts a number into the table meta, over the one of that name.
void note_number(Transaction& transaction, std::string_view name, std::int64_t value);
/// Before there is something in the file that an earlier version cannot read: from now on it refuses the file.
void note_schema(Transaction& transaction, Totals& totals);
/// Before rows go that tell how far numbers have come: notes it beside them.
void note_last_numbers(Transaction& transaction, Totals& totals);

}  // namespace firebase_relay::outbox
