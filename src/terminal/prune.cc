#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "archive/missing_entries.h"
#include "archive/reader.h"
#include "archive/whole_days.h"
#include "base/backoff.h"
#include "base/clock.h"
#include "classify/kept_places.h"
#include "flush/pruner.h"
#include "observe/events.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "outbox/stored_places.h"
#include "relay/routes_file.h"
#include "relay/stage_options.h"
#include "terminal/commands.h"
#include "terminal/complain.h"
#include "terminal/export_database.h"
#include "terminal/history_flags.h"
#include "terminal/prune_report.h"

namespace firebase_relay::terminal {
namespace {

/// What this machine's disk knows of the history in the database: how much stands where, by the outbox, and what the
/// archive has. Where there is no outbox nothing is known, and no day counts as archived.
class KnownHere {
 public:
  KnownHere(const relay::Options& options, std::optional<outbox::StoredPlaces> stored)
      : archive_(options.archive),
        stored_(std::move(stored)),
        whole_days_(options.archive,
                    stored_ ? stored_->archived_since().value_or(UtcMillis::max()) : UtcMillis::max()) {}

  std::uint64_t bytes_at(const std::string& place) { return stored_ ? stored_->at(place).value_or(0) : 0; }
  /// A relay that runs finds this at its next start.
  void removed(const std::string& place) {
    if (stored_) told_ = stored_->removed(place, utc_now()) && told_;
  }
  [[nodiscard]] bool has_whole(std::string_view day) { return archive_.empty() || flaw_of(day).empty(); }
  /// Reads what is to be the only copy, once: `keep` has no time for that.
  [[nodiscard]] std::string_view flaw_of(std::string_view day) {
    const std::string_view flaw = whole_days_.flaw_of(day);
    if (!flaw.empty()) return flaw;
    const auto [known, is_new] = can_be_read_.try_emplace(std::string(day), false);
    if (is_new) known->second = can_be_read(*archive::parse_day(day));
    return known->second ? "" : "its sealed file is damaged";
  }
  [[nodiscard]] std::uint64_t missing(const std::vector<std::string>& keys) const {
    std::map<archive::Day, std::vector<std::string>> by_day;
    std::uint64_t count = 0;
    for (const std::string& key : keys) {
      const std::optional<archive::Day> day = archive::day_of_key(key);
      if (day) by_day[*day].push_back(key);
      if (!day) ++count;  // no key that a relay has made, so in no archive
    }
    for (const auto& [day, of_day] : by_day) count += archive::count_missing(archive_, day, of_day);
    return count;
  }
  /// Was all that was removed subtracted from what the outbox knows?
  [[nodiscard]] bool told() const { return told_; }

 private:
  [[nodiscard]] bool can_be_read(archive::Day day) const {
    archive::Question question;
    question.from = question.to = day;
    question.wants = [](const archive::Line&) { return false; };
    const auto summary = archive::read_archive(archive_, temporary_folder(), question);
    return summary && summary->flaws.empty();
  }

  std::string archive_;
  std::optional<outbox::StoredPlaces> stored_;
  archive::WholeDays whole_days_;
  std::map<std::string, bool, std::less<>> can_be_read_;  ///< by day
  bool told_ = true;
};

/// The flags, read: what is to go.
Result<classify::WhatIsOld> what_is_old(const CommandLine& line) {
  const PruneFlags& flags = line.prune_flags;
  const auto before = day_given("--before", flags.before);
  const auto kind = kind_given(flags.kind);
  if (!before) return error_of(before);
  if (!kind) return error_of(kind);
  if (!*before)
    return fail(ErrorCode::kInvalid, "prune: expected --before with a day",
                "give the first day that is to stay, such as --before 2026-11-28");
  if (flags.unsealed && line.options.archive.empty())
    return fail(ErrorCode::kInvalid, "--unsealed: expected --archive with it", "");
  return classify::WhatIsOld{**before, flags.ticker, *kind, flags.flat};
}

int remove_or_look(const CommandLine& line, std::vector<KeptPlace> places) {
  const relay::Options& options = line.options;
  observe::Log log({options.log_level, options.log_format});
  for (const std::string& warning : line.warnings) log.logger().warn("{}", warning);
  auto access = relay::read_access(options, false, log);
  if (!access) return complain(access.error());
  auto stored = outbox::StoredPlaces::open(options.outbox_file);
  const bool is_unreadable = !stored && stored.error().code != ErrorCode::kUnavailable;
  // Which days are archived could not be known; without an archive it only tells how much stands there.
  if (is_unreadable && !options.archive.empty()) return complain(stored.error());
  if (is_unreadable) log.logger().warn("{}; how much stands in the database is not told", stored.error().what);
  KnownHere known(options, stored ? std::optional(std::move(*stored)) : std::nullopt);

  observe::Metrics metrics(FIREBASE_RELAY_VERSION);
  observe::Events events(metrics, log.logger());
  flush::PatchSender sender(relay::sender_options(options, std::move(*access), metrics, events, random_seed()));
  PruneReport report(line.prune_flags.yes,
                     {[&](const std::string& place) { return known.bytes_at(place); },
                      [&](std::string_view day) { return known.flaw_of(day); },
                      [&](const std::vector<std::string>& keys) { return known.missing(keys); }},
                     std::cout);
  keep::Manner manner;
  manner.may_go = [&](std::string_view day) { return known.has_whole(day); };
  manner.overrides_may_go = line.prune_flags.unsealed;
  manner.only_looks = !line.prune_flags.yes;
  flush::Pruner pruner(std::move(manner), options.bytes_per_minute_max,
                       {sender, [&](const std::string& day) { return known.bytes_at(day); },
                        [&](const keep::Report& what) {
                          report.take(what);
                          if (const auto* day = std::get_if<keep::DayRemoved>(&what)) known.removed(day->path);
                        }});
  pruner.run(std::move(places));
  std::optional<Error> error;
  const int status = report.finish(pruner.cost(), error);
  if (error) complain(*error);
  if (!std::cout.flush()) {
    complain({ErrorCode::kIo, "prune: stdout cannot be written, so what was done is not told", "see where it goes"});
    return kExitFailed;
  }
  if (!known.told())
    log.logger().warn("outbox {} cannot be written: what was removed is still counted there", options.outbox_file);
  return status;
}

}  // namespace

int prune(const CommandLine& line) {
  const auto old = what_is_old(line);
  if (!old) return complain(old.error());
  const auto routes = relay::load_routes(line.options);
  if (!routes) return complain(routes.error());
  auto places = classify::places_of(*routes, *old);
  if (!places) return complain({places.error().code, "prune: " + places.error().what, places.error().remedy});
  return remove_or_look(line, std::move(*places));
}

}  // namespace firebase_relay::terminal
