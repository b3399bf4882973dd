#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "firebase_relay/result.h"
#include "flush/pruner.h"
#include "keep/keeper.h"

namespace firebase_relay::terminal {

/// What a person reads of `prune`, line by line as it comes, and what it exits with.
///
/// Threads: one.
class PruneReport {
 public:
  /// Whom it asks.
  struct Sources {
    std::function<std::uint64_t(const std::string& day)> bytes_at;       ///< as Pruner has it
    std::function<std::string_view(std::string_view day)> archive_flaw;  ///< why the archive has a day not whole
    /// How many of the entries of these keys the archive does not have.
    std::function<std::uint64_t(const std::vector<std::string>& keys)> missing;
  };
  /// `removes`: else it is only looked. Both `out` and what `sources` call outlive it.
  PruneReport(bool removes, Sources sources, std::ostream& out)
      : removes_(removes), sources_(std::move(sources)), out_(out) {}

  /// To be called with each report, in their order.
  void take(const keep::Report& report);
  /// The last lines, once the round is over. Returns what to exit with; `error` is what stderr is to say.
  int finish(const flush::Pruner::Cost& cost, std::optional<Error>& error);

 private:
  /// The days of a place, of which one line is made.
  struct Days {
    std::string place;
    std::string first;
    std::string last;
    std::uint64_t count = 0;
    std::uint64_t bytes = 0;
  };
  void on(const keep::DayRemoved& day);
  void on(const keep::DayFound& day);
  void on(const keep::DayHeldBack& day);
  void on(const keep::DayRefused& day);
  void on(const keep::EntriesListed& entries);
  void on(const keep::EntriesRemoved& entries);
  void on(const keep::FlatFound& flat);
  void on(const keep::FlatSeen& flat);
  void on(const keep::StrangersLeft& left);
  void on(const keep::RoundEnded& /*round*/) { has_gone_through_ = true; }
  void on(const keep::BrokenOff& why);
  void on(const keep::DayNotKnown& why);
  void on(const keep::DateToCome& why);
  void say(const std::string& what, std::string_view text);
  void tell_days();
  void tell_entries();
  void tell_total(const flush::Pruner::Cost& cost);

  bool removes_;
  Sources sources_;
  std::ostream& out_;
  Days days_;               ///< of the place that is being looked at
  std::string flat_place_;  ///< where entries are being removed, and of which day the last ones are
  std::string flat_day_;
  std::uint64_t flat_count_ = 0;
  std::uint64_t all_days_ = 0;
  std::uint64_t all_places_ = 0;
  std::uint64_t all_bytes_ = 0;
  std::uint64_t all_entries_ = 0;  ///< without a day
  std::uint64_t all_missing_ = 0;  ///< that stand nowhere else
  bool stays_ = false;             ///< something that is old enough
  bool has_flat_ = false;
  bool has_strangers_ = false;
  bool has_gone_through_ = false;
  std::optional<Error> error_;
};

}  // namespace firebase_relay::terminal
