#include "terminal/export_database.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>

#include "base/backoff.h"
#include "base/clock.h"
#include "flush/database_reader.h"
#include "observe/log.h"
#include "outbox/stored_places.h"
#include "relay/access.h"
#include "relay/database_history.h"
#include "relay/history_places.h"
#include "terminal/commands.h"
#include "terminal/complain.h"

namespace firebase_relay::terminal {
namespace {

using archive::Day;

constexpr double kMb = 1e6;

/// Somebody sees the question, and can answer it.
bool can_ask() { return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1; }

bool has_said_yes() {
  std::fputs("export: download it? (yes) ", stderr);
  std::string answer;
  return std::getline(std::cin, answer) && answer == "yes";
}

/// What the outbox beside this has counted at these places, of those without a day all that stands there.
std::optional<std::uint64_t> counted_bytes(const relay::HistoryPlaces& places, const std::string& outbox_file) {
  auto counted = outbox::StoredPlaces::open(outbox_file);
  if (!counted || !counted->has_counted()) return std::nullopt;
  std::uint64_t bytes = 0;
  const auto add = [&](std::string_view place) {
    const auto stands = counted->at(place);
    bytes += stands ? *stands : 0;
  };
  for (const relay::DatedPlace& place : places.dated) {
    for (const Day day : place.days) add(place.path_of(day));
  }
  for (const relay::FlatPlace& place : places.flat) add(place.path);
  return bytes;
}

void announce(const relay::HistoryPlaces& places, const CommandLine& line) {
  const std::set<Day> days = places.days();
  const std::string where = line.options.database->shown();
  const std::size_t count = places.dated.size() + places.flat.size();
  if (days.empty()) return say_of_export("nothing of that stands in " + where);
  say_of_export(fmt::format("{}: {} {} of history, {} {}, {} to {}", where, count, count == 1 ? "place" : "places",
                            days.size(), days.size() == 1 ? "day" : "days", archive::name_of(*days.begin()),
                            archive::name_of(*days.rbegin())));
  const auto bytes = counted_bytes(places, line.options.outbox_file);
  if (bytes) {
    say_of_export(fmt::format("to download: about {:.1f} MB, as the relay of {} has counted what it wrote there",
                              static_cast<double>(*bytes) / kMb, line.options.outbox_file));
  } else {
    say_of_export("to download: unknown, since no outbox here has counted it (--outbox)");
  }
}

relay::PlacesQuestion places_question(const CommandLine& line, const DatabaseExport& order) {
  relay::PlacesQuestion question;
  question.from = order.question.from;
  question.to = order.question.to;
  // A message's own time is a day ahead at most, or it counts as none.
  question.newest = std::chrono::floor<std::chrono::days>(utc_now()) + std::chrono::days(1);
  question.kind = order.kind;
  question.with_gaps = line.export_flags.ticker.empty() && !order.kind;
  return question;
}

int print_all(flush::DatabaseReader& database, const relay::HistoryPlaces& places, const DatabaseExport& order) {
  relay::DatabaseHistory history(database, temporary_folder());
  const auto summary = history.read(places, order.question);
  const bool is_taken = order.printer.flush();
  if (!summary) {
    EntryPrinter::clear_progress();
    Error error = summary.error();
    error.what = "export: ended at " + archive::name_of(history.day()) + ": " + error.what;
    error.remedy += (error.remedy.empty() ? "" : "; ") +
                    std::string("what was printed is whole up to that day: --from ") + archive::name_of(history.day()) +
                    " goes on";
    complain(error);
    return kExitFailed;
  }
  const int status = order.printer.report(*summary);
  if (is_taken) {
    say_of_export(fmt::format("{} {}, {:.1f} MB downloaded", summary->entries,
                              summary->entries == 1 ? "entry" : "entries",
                              static_cast<double>(database.bytes()) / kMb));
  }
  return status;
}

int failed(const Error& error) {
  complain({error.code, "export: " + error.what, error.remedy});
  return error.code == ErrorCode::kInvalid ? kExitInvalid : kExitFailed;
}

}  // namespace

int export_database(const CommandLine& line, const DatabaseExport& order) {
  if (!line.export_flags.yes && !can_ask()) {
    return complain({ErrorCode::kInvalid,
                     "export --from-database: a download that counts in the plan, and nobody to ask", "give --yes"});
  }
  observe::Log log({line.options.log_level, line.options.log_format});
  for (const std::string& warning : line.warnings) log.logger().warn("{}", warning);
  auto access = relay::read_access(line.options, false, log);
  if (!access) return failed(access.error());
  flush::SenderOptions sender{*line.options.database, nullptr, access->ca, line.options.request_timeout};
  sender.credentials =
      flush::open_source(std::move(access->credentials), {access->ca, random_seed(), [](const auto& /*news*/) {}});
  flush::DatabaseReader database(std::move(sender));
  relay::PlaceFinder finder(database, order.wanted, places_question(line, order));
  const auto places = finder.find(order.routes);
  if (!places) return failed(places.error());
  announce(*places, line);
  if (!line.export_flags.yes && !has_said_yes()) {
    say_of_export("nothing was downloaded");
    return kExitFailed;
  }
  return print_all(database, *places, order);
}

}  // namespace firebase_relay::terminal
