#include "terminal/prune_report.h"

#include <fmt/format.h>

#include <cstdlib>
#include <utility>
#include <variant>

#include "firebase_relay/history_key.h"
#include "keep/day.h"
#include "observe/printable.h"
#include "terminal/commands.h"

namespace firebase_relay::terminal {
namespace {

constexpr std::uint64_t kEntryDownload = 28;  // of a list without what stands below: a key, its quotes and `:true,`

std::string size_text(std::uint64_t bytes) {
  const auto size = static_cast<double>(bytes);
  return bytes < 1'000'000 ? fmt::format("{:.1f} kB", size / 1e3) : fmt::format("{:.1f} MB", size / 1e6);
}

std::string count_text(std::uint64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string days_text(std::uint64_t count) { return count_text(count, "day", "days"); }
std::string entries_text(std::uint64_t count) { return count_text(count, "entry", "entries"); }

std::string day_text(const std::optional<UtcMillis>& time) {
  return time ? keep::name_of(keep::day_of(*time)) : "an unknown day";
}

/// The day that a removed node is of: its last key, mostly.
std::string day_in(const std::string& path) {
  for (std::size_t end = path.size(); end != std::string::npos;) {
    const std::size_t slash = path.rfind('/', end - 1);
    const std::string key = path.substr(slash == std::string::npos ? 0 : slash + 1, end - (slash + 1));
    if (keep::day_named(key)) return key;
    end = slash == 0 ? std::string::npos : slash;
  }
  return "";
}

}  // namespace

void PruneReport::take(const keep::Report& report) {
  std::visit([this](const auto& what) { on(what); }, report);
}

void PruneReport::say(const std::string& what, std::string_view text) {
  out_ << what << ' ' << observe::printable(text) << std::endl;
}

void PruneReport::on(const keep::DayRemoved& day) {
  ++all_days_;
  say("removed", day.path);
}

void PruneReport::on(const keep::DayFound& day) {
  const std::string name = day_in(day.path);
  const std::string place = day.path.substr(0, day.path.rfind('/' + name));
  if (place != days_.place) tell_days();
  if (days_.count++ == 0) days_ = {place, name, name, 1, 0};
  days_.last = name;
  days_.bytes += sources_.bytes_at(day.path);
}

void PruneReport::tell_days() {
  if (days_.count > 0) {
    std::string text = days_.place + ": " + days_text(days_.count) + ", " + days_.first;
    if (days_.count > 1) text += " to " + days_.last;
    if (days_.bytes > 0) text += ", about " + size_text(days_.bytes);
    say("would go", text);
    ++all_places_;
  }
  all_days_ += days_.count;
  all_bytes_ += days_.bytes;
  days_ = {};
}

void PruneReport::on(const keep::DayHeldBack& day) {
  stays_ = true;
  say("stays", day.path + '/' + day.day + ": " + std::string(sources_.archive_flaw(day.day)));
}

void PruneReport::on(const keep::DayRefused& day) {
  tell_entries();
  stays_ = true;
  say("stays", day.path + ": it is too large to be listed, or one of its entries to be removed");
}

void PruneReport::on(const keep::EntriesListed& entries) {
  const std::uint64_t missing = sources_.missing(entries.keys);
  all_missing_ += missing;
  say("unsealed", entries.path + ": " + std::to_string(missing) + " of " + entries_text(entries.keys.size()) +
                      " stand nowhere else");
}

/// One line for all that goes of a day, which may take many requests.
void PruneReport::on(const keep::EntriesRemoved& entries) {
  const std::string day = day_text(entries.newest);
  if (entries.path != flat_place_ || day != flat_day_) tell_entries();
  flat_place_ = entries.path;
  flat_day_ = day;
  flat_count_ += entries.count;
  all_entries_ += entries.count;
}

void PruneReport::tell_entries() {
  if (flat_count_ > 0)
    say("removed", flat_place_ + ": " + entries_text(flat_count_) + " of " + flat_day_ + " without a day");
  flat_count_ = 0;
}

void PruneReport::on(const keep::FlatFound& flat) {
  stays_ = true;
  if (time_of_key(flat.key)) {
    has_flat_ = true;
    say("stays", flat.path + ": entries of an earlier version stand there without a day, so its days are not listed");
  } else {
    has_strangers_ = true;
    say("stays", flat.path + ": its key '" + flat.key +
                     "' is neither a day nor an entry's, and stands in front of the days, so they are not listed");
  }
}

void PruneReport::on(const keep::StrangersLeft& left) {
  tell_entries();
  has_strangers_ = true;
  say("left", left.path + ": " +
                  count_text(left.count, "key that is no entry's: '", "keys that are no entries', such as '") +
                  left.key + '\'');
}

void PruneReport::on(const keep::FlatSeen& flat) {
  ++all_places_;
  const std::uint64_t bytes = sources_.bytes_at(flat.path);
  say("would go", flat.path + ": entries without a day, " +
                      (flat.oldest ? "of " + day_text(flat.oldest) + " to " : "up to ") + day_text(flat.newest) +
                      (bytes > 0 ? ", about " + size_text(bytes) : ""));
  has_flat_ = true;
}

void PruneReport::on(const keep::BrokenOff& why) {
  const std::string first = why.remedy.empty() ? "" : why.remedy + "; then ";
  error_ = {ErrorCode::kUnavailable, "prune: " + why.detail, first + "run it again: it goes on with what is left"};
}

void PruneReport::on(const keep::DayNotKnown& why) {
  const std::string skew =
      why.skew ? "this clock and the database's are " + std::to_string(std::abs(why.skew->count())) + " s apart"
               : "the database's answer does not say which day it is";
  error_ = {ErrorCode::kUnavailable, "prune: nothing more is removed: " + skew,
            why.skew ? "set this machine's clock" : ""};
}

void PruneReport::on(const keep::DateToCome& why) {
  error_ = {ErrorCode::kInvalid, "--before: expected a day up to " + keep::name_of(why.today) + ", which it is today",
            "nothing is removed"};
}

void PruneReport::tell_total(const flush::Pruner::Cost& cost) {
  const std::string entries = all_entries_ > 0 ? " and " + entries_text(all_entries_) + " without a day" : "";
  const std::string missing = all_missing_ > 0 ? "; " + entries_text(all_missing_) + " stood nowhere else" : "";
  if (removes_) {
    out_ << days_text(all_days_) << entries << " removed" << missing << std::endl;
    return;
  }
  out_ << days_text(all_days_) << " at " << count_text(all_places_, "place", "places") << " would go";
  if (all_bytes_ > 0) out_ << ", about " << size_text(all_bytes_) << " as far as this outbox has counted";
  out_ << "; nothing is removed without --yes\n";
  out_ << "this look took " << count_text(cost.requests, "request", "requests") << " and about "
       << size_text(cost.bytes) << " of the plan's download; --yes takes the same, an answer of 0.4 kB a day, and "
       << kEntryDownload << " bytes for each entry of a day that the database does not remove at once\n";
  if (has_flat_)
    out_ << "how many entries stand without a day is not told: a database lists them with all that stands below them. "
            "To "
            "remove them (--flat) each is downloaded once\n";
  out_.flush();
}

int PruneReport::finish(const flush::Pruner::Cost& cost, std::optional<Error>& error) {
  tell_days();
  tell_entries();
  error = error_;
  if (error_ && error_->code == ErrorCode::kInvalid) return kExitInvalid;
  tell_total(cost);
  if (has_strangers_)
    out_ << "no keep and no prune looks at days beside such keys: remove them by hand, or move them elsewhere"
         << std::endl;
  if (has_flat_ && stays_) out_ << "entries without a day go by prune --flat, or move: docs/data.md" << std::endl;
  return has_gone_through_ && !stays_ && !error_ ? kExitOk : kExitFailed;
}

}  // namespace firebase_relay::terminal
