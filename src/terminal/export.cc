#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "archive/reader.h"
#include "firebase_relay/kind.h"
#include "relay/entry_filter.h"
#include "relay/routes_file.h"
#include "terminal/commands.h"
#include "terminal/complain.h"
#include "terminal/csv.h"
#include "terminal/entry_printer.h"
#include "terminal/export_database.h"
#include "terminal/history_flags.h"

namespace firebase_relay::terminal {
namespace {

/// What was asked for, read and checked.
struct Order {
  std::optional<archive::Day> from, to;
  std::optional<Kind> kind;
  std::vector<std::string> fields;
  classify::RouteTable routes;
};

Result<Order> order_of(const CommandLine& line) {
  const ExportFlags& flags = line.export_flags;
  if (line.options.archive.empty() && !flags.from_database) {
    return fail(ErrorCode::kInvalid, "export: no archive is named",
                "name its folder with --archive, or read the database with --from-database");
  }
  if (flags.yes && !flags.from_database) return fail(ErrorCode::kInvalid, "--yes: expected --from-database with it");
  if (flags.format != "jsonl" && flags.format != "csv")
    return fail(ErrorCode::kInvalid, "--format: expected jsonl or csv");
  if (!flags.fields.empty() && flags.format != "csv")
    return fail(ErrorCode::kInvalid, "--fields: expected --format csv with it");
  const auto from = day_given("--from", flags.from);
  const auto to = day_given("--to", flags.to);
  const auto kind = kind_given(flags.kind);
  auto fields = parse_fields(flags.fields);
  if (!from) return error_of(from);
  if (!to) return error_of(to);
  if (!kind) return error_of(kind);
  if (!fields) return error_of(fields);
  if (*from && *to && **from > **to)
    return fail(ErrorCode::kInvalid, "--from " + flags.from + " is after --to " + flags.to, "swap them");
  auto routes = relay::load_routes(line.options);
  if (!routes) return error_of(routes);
  return Order{*from, *to, *kind, std::move(*fields), std::move(*routes)};
}

}  // namespace

int export_history(const CommandLine& line) {
  const ExportFlags& flags = line.export_flags;
  auto order = order_of(line);
  if (!order) return complain(order.error());
  relay::EntryFilter filter(order->routes, flags.ticker, order->kind);
  EntryPrinter printer(flags.format == "csv", std::move(order->fields));
  archive::Question question;
  question.from = order->from;
  question.to = order->to;
  question.give = [&](const archive::Line& entry) { return printer.print(entry); };
  question.progress = [&](archive::Day day, std::size_t done, std::size_t all) {
    printer.show_progress(day, done, all);
  };
  if (flags.from_database) return export_database(line, {order->routes, filter, order->kind, question, printer});
  const bool has_filter = !flags.ticker.empty() || order->kind;
  if (has_filter) question.wants = [&](const archive::Line& entry) { return filter.wants(entry); };
  const auto summary = archive::read_archive(line.options.archive, temporary_folder(), question);
  printer.flush();
  if (summary) return printer.report(*summary);
  complain(summary.error());
  return summary.error().code == ErrorCode::kInvalid ? kExitInvalid : kExitFailed;
}

std::filesystem::path temporary_folder() {
  if (const char* named = std::getenv("TMPDIR"); named != nullptr && *named != '\0') return named;
  std::error_code error;
  return std::filesystem::is_directory("/var/tmp", error) ? "/var/tmp" : "/tmp";
}

}  // namespace firebase_relay::terminal
