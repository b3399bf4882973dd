#include "outbox/totals.h"

#include <algorithm>
#include <string>

namespace firebase_relay::outbox {

void note_number(Transaction& transaction, std::string_view name, std::int64_t value) {
  transaction.run("INSERT OR REPLACE INTO meta VALUES(?1,?2)", name, value);
}

void note_schema(Transaction& transaction, std::int64_t version, Totals& totals) {
  if (totals.schema >= version) return;
  totals.schema = std::max(transaction.number("PRAGMA user_version"), version);
  transaction.execute("PRAGMA user_version=" + std::to_string(totals.schema));
}

void note_last_numbers(Transaction& transaction, Totals& totals) {
  if (totals.noted_batch != totals.last_batch)
    note_number(transaction, "last_batch", static_cast<std::int64_t>(totals.last_batch));
  if (totals.noted_sequence != totals.last_sequence)
    note_number(transaction, "last_sequence", static_cast<std::int64_t>(totals.last_sequence));
  totals.noted_batch = totals.last_batch;
  totals.noted_sequence = totals.last_sequence;
}

}  // namespace firebase_relay::outbox
