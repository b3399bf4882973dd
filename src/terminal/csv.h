#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "archive/line.h"
#include "firebase_relay/result.h"

namespace firebase_relay::terminal {

/// The columns that --fields names, separated by commas; blanks around a name do not count. None for an empty text.
/// Errors: kInvalid (an empty name, or one that stands twice).
Result<std::vector<std::string>> parse_fields(std::string_view text);

/// Entries as comma-separated values (RFC 4180, lines end with LF): `entry` is the path, `entry_time` the time in its
/// key, and each field is a column, one within another by both names with a / between.
///
/// Threads: one.
class Csv {
 public:
  /// `columns`: by the names of their fields; none: those that the first entry has.
  explicit Csv(std::vector<std::string> columns);

  /// Appends the row of `line`, the first time with the names above it. A value that is no JSON: nothing is appended.
  void append(const archive::Line& line, std::string& out);
  /// Entries of which some field has no column, where columns were not chosen.
  [[nodiscard]] std::uint64_t cut() const { return cut_; }
  /// The first few fields of these that have no column.
  [[nodiscard]] const std::vector<std::string>& cut_fields() const { return cut_fields_; }
  /// Columns of which no entry had the field; none while there is no entry.
  [[nodiscard]] std::vector<std::string> never_found() const;
  /// Entries whose value is no JSON.
  [[nodiscard]] std::uint64_t unreadable() const { return unreadable_; }

 private:
  void note_cut(const std::string& field);

  std::vector<std::string> columns_;
  std::vector<bool> is_found_;  ///< by column
  std::vector<std::string> cut_fields_;
  bool is_chosen_;
  bool has_names_ = false;
  std::uint64_t cut_ = 0;
  std::uint64_t unreadable_ = 0;
};

}  // namespace firebase_relay::terminal
