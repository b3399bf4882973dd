#include "outbox/live_tables.h"

#include <algorithm>

namespace firebase_relay::outbox {

void store(Transaction& transaction, const LiveRow& row, Totals& totals) {
  totals.last_sequence = std::max(totals.last_sequence, row.sequence);
  const std::uint64_t updated =
      transaction.run("UPDATE live SET sequence=?2, counts=?3, kind=?4, value=?5 WHERE path=?1", row.path, row.sequence,
                      row.counts, row.kind, Blob{row.value});
  if (updated > 0) return;
  totals.live_rows += transaction.run("INSERT INTO live(path, sequence, counts, kind, value) VALUES(?1,?2,?3,?4,?5)",
                                      row.path, row.sequence, row.counts, row.kind, Blob{row.value});
}

void forget(Transaction& transaction, const LiveAcknowledged& row, Totals& totals) {
  totals.live_rows -= transaction.run("DELETE FROM live WHERE path=?1 AND sequence<=?2", row.path, row.sequence);
}

void store(Transaction& transaction, const LiveOrdersChange& change, Totals& totals) {
  std::uint64_t removed = 0;
  for (const std::string& path : change.removed)
    removed += transaction.run("DELETE FROM live_orders WHERE path=?1", path);
  for (const LiveOrder& order : change.put) {
    transaction.run(
        "INSERT INTO live_orders VALUES(?1,?2,?3,?4) ON CONFLICT(path) DO UPDATE SET "
        "ticker_size=?2, sequence=?3, closed=?4 "
        "WHERE ticker_size<>?2 OR sequence<>?3 OR closed<>?4",
        order.path, order.ticker_size, order.sequence, order.closed);
    totals.last_sequence = std::max(totals.last_sequence, order.sequence);
  }
  if (removed > 0) note_last_numbers(transaction, totals);
}

}  // namespace firebase_relay::outbox
