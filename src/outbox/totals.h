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
  std::int64_t schema = 0;  ///< of what this run knows that the file has it in its header
};

/// Puts a number into the table meta, over the one of that name.
void note_number(Transaction& transaction, std::string_view name, std::int64_t value);
/// Before there is something in the file that only `version` of the tables can hold: from now on earlier ones refuse
/// the file.
void note_schema(Transaction& transaction, std::int64_t version, Totals& totals);
/// Before rows go that tell how far numbers have come: notes it beside them.
void note_last_numbers(Transaction& transaction, Totals& totals);

}  // namespace firebase_relay::outbox
