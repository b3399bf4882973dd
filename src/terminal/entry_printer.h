#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "archive/reader.h"
#include "terminal/csv.h"

namespace firebase_relay::terminal {

/// A line of `export` on stderr, made fit for a terminal: names stand in it as somebody published them.
void say_of_export(const std::string& text);

/// Writes entries on stdout, and on a terminal how far it is on stderr. Threads: one.
class EntryPrinter {
 public:
  /// `columns`: as Csv takes them.
  EntryPrinter(bool is_csv, std::vector<std::string> columns) : csv_(std::move(columns)), is_csv_(is_csv) {}

  /// False: nobody takes it.
  bool print(const archive::Line& line);
  /// Hands on what was printed so far. False: nobody takes it.
  bool flush();
  /// That `day` is read now, after `done` of `all`.
  void show_progress(archive::Day day, std::size_t done, std::size_t all) const;
  /// What is said at the end. Returns what to exit with.
  [[nodiscard]] int report(const archive::ReadSummary& summary) const;
  /// Takes away what show_progress() has written.
  static void clear_progress();
  [[nodiscard]] std::uint64_t entries() const { return entries_; }

 private:
  void report_columns() const;

  Csv csv_;
  bool is_csv_;
  std::string waiting_;
  std::uint64_t entries_ = 0;
  int error_ = 0;
};

}  // namespace firebase_relay::terminal
