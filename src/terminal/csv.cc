#include "terminal/csv.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "classify/message_line.h"
#include "firebase_relay/history_key.h"
#include "terminal/flag_setters.h"

namespace firebase_relay::terminal {
namespace {

constexpr std::string_view kEntry = "entry";
constexpr std::string_view kEntryTime = "entry_time";
constexpr std::string_view kWhole = "value";  // of an entry that is no object

constexpr std::size_t kCutNamed = 5;

/// A field, by all its names, and what stands there. Numbers keep their digits.
using Cells = std::vector<std::pair<std::string, std::string>>;

/// Flattens a value while nlohmann's parser walks it.
class Flattener final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Flattener(Cells& cells) : cells_(cells) {}

  bool null() override { return put({}); }
  bool boolean(bool value) override { return put(value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override { return put(std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) override { return put(std::to_string(value)); }
  bool number_float(number_float_t, const string_t& digits) override { return put(digits); }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return enter(std::nullopt); }
  bool start_array(std::size_t) override { return enter(0); }
  bool key(string_t& name) override {
    levels_.back().name = std::move(name);
    return true;
  }
  bool end_object() override { return leave(); }
  bool end_array() override { return leave(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) override { return false; }

 private:
  struct Level {
    std::string name;
    std::optional<std::size_t> index;  ///< in an array
  };
  bool enter(std::optional<std::size_t> index) {
    levels_.push_back({index ? "0" : "", index});
    return true;
  }
  bool leave() {
    levels_.pop_back();
    return next();
  }
  bool next() {
    if (!levels_.empty() && levels_.back().index) levels_.back().name = std::to_string(++*levels_.back().index);
    return true;
  }
  bool put(std::string text) {
    std::string name;
    for (const Level& level : levels_) name += (name.empty() ? "" : "/") + level.name;
    if (levels_.empty()) name = kWhole;
    if (name == kEntry || name == kEntryTime) name = std::string(kWhole) + "/" + name;  // those columns are ours
    cells_.emplace_back(std::move(name), std::move(text));
    return next();
  }

  Cells& cells_;
  std::vector<Level> levels_;
};

void append_cell(std::string_view text, std::string& out) {
  const bool is_plain = text.find_first_of(",\"\r\n") == std::string_view::npos;
  if (is_plain) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) out.append(c == '"' ? 2 : 1, c);
  out += '"';
}

void append_row(const std::vector<std::string>& cells, std::string& out) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) out += ',';
    append_cell(cells[i], out);
  }
  out += '\n';
}

}  // namespace

Result<std::vector<std::string>> parse_fields(std::string_view text) {
  std::vector<std::string> fields;
  for (bool has_more = !text.empty(); has_more;) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string field(trimmed(text.substr(0, comma)));
    if (field.empty())
      return fail(ErrorCode::kInvalid, "--fields: expected names separated by commas, none of them empty");
    if (std::find(fields.begin(), fields.end(), field) != fields.end())
      return fail(ErrorCode::kInvalid, "--fields: expected each name once, but " + field + " stands there twice");
    fields.push_back(field);
    has_more = comma < text.size();
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return fields;
}

Csv::Csv(std::vector<std::string> columns) : columns_(std::move(columns)), is_chosen_(!columns_.empty()) {}

void Csv::append(const archive::Line& line, std::string& out) {
  Cells cells;
  Flattener flattener(cells);
  if (!nlohmann::json::sax_parse(line.value.begin(), line.value.end(), &flattener)) {
    ++unreadable_;
    return;
  }
  std::string time;
  if (const auto of_key = time_of_key(line.key)) classify::append_iso_time(*of_key, time);
  cells.emplace_back(kEntry, line.path);
  cells.emplace_back(kEntryTime, time);
  if (!std::exchange(has_names_, true)) {
    if (!is_chosen_) {
      columns_ = {std::string(kEntry), std::string(kEntryTime)};
      for (std::size_t i = 0; i + 2 < cells.size(); ++i) columns_.push_back(cells[i].first);
    }
    is_found_.resize(columns_.size());
    append_row(columns_, out);
  }
  std::vector<std::string> row(columns_.size());
  bool is_cut = false;
  for (auto& [name, text] : cells) {
    const auto column = std::find(columns_.begin(), columns_.end(), name);
    if (column != columns_.end()) {
      const auto at = static_cast<std::size_t>(column - columns_.begin());
      row[at] = std::move(text);
      is_found_[at] = true;
    } else if (!is_chosen_ && name != kEntry && name != kEntryTime) {
      is_cut = true;
      note_cut(name);
    }
  }
  cut_ += is_cut ? 1 : 0;
  append_row(row, out);
}

void Csv::note_cut(const std::string& field) {
  if (cut_fields_.size() < kCutNamed && std::find(cut_fields_.begin(), cut_fields_.end(), field) == cut_fields_.end())
    cut_fields_.push_back(field);
}

std::vector<std::string> Csv::never_found() const {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < is_found_.size(); ++i) {
    if (!is_found_[i]) names.push_back(columns_[i]);
  }
  return names;
}

}  // namespace firebase_relay::terminal
