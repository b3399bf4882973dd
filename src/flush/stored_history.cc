#include "flush/stored_history.h"

#include <algorithm>
#include <utility>

#include "observe/database_room.h"

namespace firebase_relay::flush {
namespace {

/// Takes a change into the days, as the outbox does.
void count_day(std::vector<StoredDay>& days, const StoredChange& change, std::uint64_t added) {
  const auto today = std::chrono::floor<std::chrono::days>(change.at);
  std::erase_if(days, [&](const StoredDay& each) { return each.day <= today - kStoredDaysMax || each.day > today; });
  if (days.empty() || days.back().day != today) days.push_back({today});
  days.back().added += added;
  days.back().removed += change.removed_bytes;
}

}  // namespace

StoredHistory::StoredHistory(StoredSums sums, const Now& now, Wiring wiring)
    : wiring_(wiring), sums_(std::move(sums)), save_due_(now.steady + kSaveEvery) {
  show_bytes();
  show_growth(now.utc);
}

void StoredHistory::keep_up(const Now& now) {
  if (wiring_.delivery.acknowledged_places() >= kPlacesMax) collect();
  const bool is_full = places_changed() >= kPlacesMax;
  if ((now.steady >= save_due_ || is_full) && now.steady >= save_earliest_) save(now);
  show_bytes();
}

std::size_t StoredHistory::places_changed() const {
  return wiring_.delivery.acknowledged_places() + changed_.size() + removed_.size();
}

void StoredHistory::collect() {
  for (PlaceBytes& at : wiring_.delivery.take_acknowledged()) {
    changed_bytes_ += at.bytes;
    const auto known = changed_.find(at.place);
    if (known != changed_.end()) {
      known->second += at.bytes;
    } else {
      changed_[changed_.size() < kPlacesMax ? std::move(at.place) : std::string()] += at.bytes;
    }
  }
}

void StoredHistory::save(const Now& now) {
  collect();
  save_due_ = now.steady + kSaveEvery;
  save_earliest_ = {};
  if (!changed_.empty() || !removed_.empty()) {
    StoredChange change{now.utc, {removed_.begin(), removed_.end()}, removed_bytes_, {}};
    for (const auto& [place, bytes] : changed_) change.added.push_back({place, bytes});
    if (const Result<void> done = wiring_.outbox.save_stored(change); !done) {
      save_due_ = save_earliest_ = now.steady + kSaveSoon;
      return wiring_.events.outbox_failed("save what stands in the database", done.error(), now.steady);
    }
    saved(change, now.steady);
  }
  show_growth(now.utc);
}

void StoredHistory::saved(const StoredChange& change, SteadyTime now) {
  if (wiring_.outbox.is_on_disk()) wiring_.events.outbox_written(now);
  if (!sums_.since) sums_.since = change.at;
  count_day(sums_.days, change, changed_bytes_);
  sums_.bytes += changed_bytes_;
  sums_.bytes -= std::min(removed_bytes_, sums_.bytes);
  changed_.clear();
  removed_.clear();
  changed_bytes_ = removed_bytes_ = 0;
}

void StoredHistory::show_bytes() {
  const std::uint64_t unsaved = changed_bytes_ + wiring_.delivery.acknowledged_bytes();
  wiring_.metrics.history_stored_bytes.Set(static_cast<double>(sums_.bytes + unsaved - removed_bytes_));
}

void StoredHistory::show_growth(UtcMillis now) {
  wiring_.metrics.history_growth_bytes_per_day.Set(observe::bytes_a_day(sums_, now));
}

std::uint64_t StoredHistory::saved_at(std::string_view place, SteadyTime now) {
  if (removed_.contains(place)) return 0;
  const Result<std::uint64_t> bytes = wiring_.outbox.stored_at(place);
  if (bytes) return *bytes;
  wiring_.events.outbox_not_read("read what stands in the database", bytes.error(), now);
  return 0;
}

std::uint64_t StoredHistory::at(std::string_view place, SteadyTime now) {
  collect();
  const auto changed = changed_.find(place);
  return saved_at(place, now) + (changed == changed_.end() ? 0 : changed->second);
}

std::uint64_t StoredHistory::removed(std::string_view place, SteadyTime now) {
  const std::uint64_t stood = at(place, now);
  const auto changed = changed_.find(place);
  std::uint64_t unsaved = 0;
  if (changed != changed_.end()) {
    unsaved = changed->second;
    changed_.erase(changed);
    changed_bytes_ -= unsaved;
  }
  if (removed_.size() < kPlacesMax && removed_.emplace(place).second) removed_bytes_ += stood - unsaved;
  save_due_ = std::max(std::min(save_due_, now + kSaveSoon), save_earliest_);
  return stood;
}

}  // namespace firebase_relay::flush
