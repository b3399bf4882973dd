// What has to hold between any two calls.
#include "coalesce/live_values.h"

namespace firebase_relay::coalesce {

std::string_view LiveValues::flaw(const std::vector<Slot>& under_way) const {
  struct Found {
    unsigned queued = 0;
    unsigned sent = 0;
    unsigned suspected = 0;
  };
  std::vector<Found> all(table_.end());
  const auto count_queued = [&](Slot slot) { ++all[slot].queued; };
  queue_.for_each(count_queued);
  queue_.for_each_parked(count_queued);
  for (const Slot slot : under_way) ++all[slot].sent;
  for (const Bisection<Slot>::Group& group : suspects_.groups()) {
    for (const Slot slot : group) ++all[slot].suspected;
  }
  std::uint64_t rows = 0;
  for (Slot slot = 0; slot < table_.end(); ++slot) {
    const LivePath& entry = table_[slot];
    const Found& found = all[slot];
    rows += entry.row.is_there() ? 1 : 0;
    const auto is = [&](Status status) { return entry.status == status ? 1u : 0u; };
    if (found.queued > 1) return "a live value is queued twice";
    if (found.queued < is(Status::kWaiting)) return "a live value waits, and nothing will send it";
    if (found.queued > is(Status::kWaiting)) return "a live value is queued that does not wait";
    if (found.sent != is(Status::kInFlight)) return "a live value is under way in no request, or in two";
    if (entry.owed_since != 0 && !entry.is_owed()) return "a live value is owed to the source, and nobody sends it";
    if (found.suspected != is(Status::kApart)) return "a live value is suspected in no group, or in two";
  }
  if (const std::string_view flaw = stragglers_.flaw(); !flaw.empty()) return flaw;
  return rows == rows_on_disk_ ? "" : "the rows on disk are counted wrongly";
}

}  // namespace firebase_relay::coalesce
