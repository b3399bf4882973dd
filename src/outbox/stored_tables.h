#pragma once

#include <cstdint>
#include <string_view>

#include "firebase_relay/stored_history.h"
#include "outbox/database.h"
#include "outbox/totals.h"

namespace firebase_relay::outbox {

// The tables stored (how much history stands at each place of the database) and stored_days (what came and went in the
// last week). A file of an earlier version has neither: save() makes them. A failure is the transaction's.

/// Takes the change in. Days older than a week go, and those that are yet to come: then the clock had been wrong.
void save(Transaction& transaction, const StoredChange& change, Totals& totals);
/// What stands at a place; 0: nothing that is known of.
std::uint64_t stored_at(Session& session, std::string_view place);
/// What all places have together.
StoredSums stored_sums(Session& session);
/// Does the file have these tables?
bool has_stored_tables(Session& session);

}  // namespace firebase_relay::outbox
