#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "firebase_relay/delivery.h"
#include "firebase_relay/outbox.h"
#include "firebase_relay/stored_history.h"
#include "observe/events.h"
#include "observe/metrics.h"

namespace firebase_relay::flush {

/// Keeps count of how much history stands in the database, by place, and how much comes a day. What a place has is in
/// the outbox; here is the sum of all, and what has changed since that was written: once an hour while all is well
/// (guarantee 2), at the stop, a minute after something was removed, and when kPlacesMax places have changed. SIGKILL
/// costs what was counted since.
///
/// Threads: the flusher's. Errors: an outbox that cannot be written is told and counted. What has changed is kept then,
/// and tried again a minute later; beyond kPlacesMax places it counts for the sum alone.
class StoredHistory {
 public:
  /// Of 10,000 tickers with three kinds each: about 5 MB.
  static constexpr std::size_t kPlacesMax = 32'768;
  static constexpr std::chrono::hours kSaveEvery{1};
  static constexpr std::chrono::minutes kSaveSoon{1};

  /// What it works with; all of it must outlive this.
  struct Wiring {
    Delivery& delivery;
    Outbox& outbox;
    observe::Metrics& metrics;
    observe::Events& events;
  };
  /// `sums`: what the outbox held when it was opened.
  StoredHistory(StoredSums sums, const Now& now, Wiring wiring);

  /// Shows how much stands there, and saves it when that is due. To be called often; not before due() it has to be.
  void keep_up(const Now& now);
  [[nodiscard]] SteadyTime due() const { return save_due_; }
  /// Saves what has changed, at once: at the stop.
  void save(const Now& now);
  /// What stands at `place` (the path of entries without their key, as between quotes), as far as it is known: what its
  /// removal takes of the quota.
  [[nodiscard]] std::uint64_t at(std::string_view place, SteadyTime now);
  /// Somebody has removed all that stood at `place`. Returns how much that was.
  std::uint64_t removed(std::string_view place, SteadyTime now);

 private:
  void collect();
  void show_bytes();
  void show_growth(UtcMillis now);
  void saved(const StoredChange& change, SteadyTime now);
  [[nodiscard]] std::uint64_t saved_at(std::string_view place, SteadyTime now);
  [[nodiscard]] std::size_t places_changed() const;

  Wiring wiring_;
  StoredSums sums_;  ///< as the outbox has it
  std::map<std::string, std::uint64_t, std::less<>>
      changed_;                                 ///< bytes that came since; at "": those of no known place
  std::uint64_t changed_bytes_ = 0;             ///< of all of them
  std::set<std::string, std::less<>> removed_;  ///< places that are to leave the outbox
  std::uint64_t removed_bytes_ = 0;             ///< that it has for them
  SteadyTime save_due_;
  SteadyTime save_earliest_{};  ///< while the outbox cannot be written
};

}  // namespace firebase_relay::flush
