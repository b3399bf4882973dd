#pragma once

#include "firebase_relay/outbox.h"
#include "outbox/database.h"
#include "outbox/totals.h"

namespace firebase_relay::outbox {

// The tables live (values that the database has not acknowledged) and live_orders (which orders stand in the live
// tree). A failure is the transaction's.

/// Over the value that its path had.
void store(Transaction& transaction, const LiveRow& row, Totals& totals);
/// Forgets it, unless the stored one is newer.
void forget(Transaction& transaction, const LiveAcknowledged& row, Totals& totals);
/// First what leaves the list, then what comes. A row that is there already costs no write.
void store(Transaction& transaction, const LiveOrdersChange& change, Totals& totals);

}  // namespace firebase_relay::outbox
