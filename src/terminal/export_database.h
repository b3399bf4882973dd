#pragma once

#include <filesystem>
#include <optional>

#include "archive/reader.h"
#include "classify/routes.h"
#include "firebase_relay/kind.h"
#include "relay/entry_filter.h"
#include "terminal/entry_printer.h"
#include "terminal/flags.h"

namespace firebase_relay::terminal {

/// What is to be exported. All of it outlives the call.
struct DatabaseExport {
  const classify::RouteTable& routes;
  const relay::EntryFilter& wanted;
  std::optional<Kind> kind;
  const archive::Question& question;
  EntryPrinter& printer;
};

/// `export --from-database`: says what it will download, asks whether it may, and prints it. Returns what to exit with.
int export_database(const CommandLine& line, const DatabaseExport& order);

/// Where a day that is too large for memory is sorted: /tmp may be memory itself.
std::filesystem::path temporary_folder();

}  // namespace firebase_relay::terminal
