#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <utility>

#include "rtdb_emulator/rules.h"
#include "rtdb_emulator/rules_expression.h"

namespace rtdb_emulator {
namespace {

RulesFault fault_at(std::string_view text, std::size_t offset, std::string what) {
  RulesFault fault{1, 1, std::move(what)};
  for (const char c : text.substr(0, offset)) {
    if (c == '\n') {
      ++fault.line;
      fault.column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {  // not inside a character
      ++fault.column;
    }
  }
  return fault;
}

/// As it may stand in a line for a person.
std::string printable(std::string text) {
  for (char& c : text) c = c >= ' ' && c < 0x7F ? c : '?';
  return text;
}

std::string named(const std::string& key) { return "'" + printable(key) + "'"; }

/// The bytes that JSON writes for the first `decoded` bytes of what stands in quotes at `quoted`.
std::size_t written_bytes(std::string_view quoted, std::size_t decoded) {
  std::size_t at = 1;
  for (std::size_t bytes = 0; bytes < decoded && at < quoted.size();) {
    if (quoted[at] != '\\') {
      ++at, ++bytes;
    } else if (quoted[at + 1] != 'u') {
      at += 2, ++bytes;
    } else {
      const auto point = std::stoul(std::string(quoted.substr(at + 2, 4)), nullptr, 16);
      const bool is_surrogate = point >= 0xD800 && point < 0xE000;  // one half of four bytes
      bytes += point < 0x80 ? 1 : point < 0x800 || is_surrogate ? 2 : 3;
      at += 6;
    }
  }
  return at;
}

/// Builds levels from nlohmann's events; the first fault ends it.
class RulesReader {
 public:
  using Json = nlohmann::json;

  explicit RulesReader(std::string_view text) : text_(text), in_(std::string(text)) {}

  std::variant<Rules, RulesFault> read() {
    constexpr bool kStrict = true;
    constexpr bool kIgnoreComments = true;
    const bool is_read = Json::sax_parse(in_, this, Json::input_format_t::json, kStrict, kIgnoreComments);
    if (!is_read) return fault_ ? *fault_ : fault_at(text_, text_.size(), "no JSON");
    if (!has_rules_) return fault_at(text_, 0, "Expected 'rules' property.");
    return Rules{std::string(text_), std::move(top_)};
  }

  bool null() { return unexpected(); }
  bool boolean(bool value) {
    if (place_ != Place::kRead && place_ != Place::kWrite) return unexpected();
    Expression expression;
    expression.literal = value;
    return take(std::move(expression));
  }
  bool number_integer(Json::number_integer_t) { return unexpected_at(end() - 2); }    // the parser looks ahead
  bool number_unsigned(Json::number_unsigned_t) { return unexpected_at(end() - 2); }  // the parser looks ahead
  bool number_float(Json::number_float_t, const std::string&) {
    return unexpected_at(end() - 2);
  }  // the parser looks ahead
  bool binary(Json::binary_t&) { return unexpected(); }
  bool string(std::string& value) {
    if (place_ == Place::kIndex || place_ == Place::kIndexes) return take_index(value);
    if (place_ != Place::kRead && place_ != Place::kWrite) return unexpected_at(begin_of_string());
    auto expression = parse_expression(value, variables(), place_ == Place::kWrite);
    if (const auto* fault = std::get_if<ExpressionFault>(&expression)) {
      const std::size_t begin = begin_of_string();
      return refuse(begin + written_bytes(text_.substr(begin, end() - begin), fault->offset), fault->text);
    }
    return take(std::move(std::get<Expression>(expression)));
  }
  bool start_object(std::size_t) {
    if (place_ == Place::kFile && !is_open_) return is_open_ = true;
    if (place_ != Place::kLevel) return unexpected();
    if (stack_.size() > kDepthMax) return refuse(end() - 1, "the rules are deeper than the database");
    return enter();
  }
  bool end_object() {
    if (!stack_.empty()) stack_.pop_back();
    place_ = Place::kFile;
    return true;
  }
  bool start_array(std::size_t) {
    if (place_ != Place::kIndex) return unexpected();
    place_ = Place::kIndexes;
    return true;
  }
  bool end_array() {
    place_ = Place::kFile;
    return true;
  }
  bool key(std::string& name) {
    key_ = std::move(name);
    const std::size_t at = begin_of_string();
    if (stack_.empty()) {
      if (key_ != "rules") return refuse(at, "Expected 'rules' property, found " + named(key_) + ".");
      if (std::exchange(has_rules_, true)) return refuse(at, "'rules' stands here for the second time");
      place_ = Place::kLevel;
      return true;
    }
    if (!stack_.back().keys.insert(key_).second) return refuse(at, named(key_) + " stands here for the second time");
    if (key_.starts_with('.')) return take_word(at);
    place_ = Place::kLevel;
    return key_.starts_with('$') ? check_variable(at) : check_key(at);
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& error) {
    std::string what = error.what();  // [json.exception.parse_error.101] parse error at line 1, column 2: WHAT
    if (const std::size_t colon = what.find(": "); colon != std::string::npos) what.erase(0, colon + 2);
    return refuse(position > 0 ? position - 1 : 0, "no JSON: " + printable(std::move(what)));
  }

 private:
  /// What the value that comes next is of.
  enum class Place : std::uint8_t { kFile, kLevel, kRead, kWrite, kIndex, kIndexes };
  struct Frame {
    RulesLevel* level;
    std::set<std::string> keys;
    std::string variable;  ///< that its key is
  };

  bool refuse(std::size_t offset, std::string what) {
    if (!fault_) fault_ = fault_at(text_, std::min(offset, text_.size()), std::move(what));
    return false;
  }
  /// A value that must not stand where it stands.
  bool unexpected() { return unexpected_at(end() - 1); }
  bool unexpected_at(std::size_t offset) {
    const char* expected = place_ == Place::kFile && !is_open_ ? "an object with 'rules'"
                           : place_ == Place::kLevel           ? "an object"
                           : place_ == Place::kIndex           ? "a text or an array of texts"
                           : place_ == Place::kIndexes         ? "a text"
                                                               : "true, false or a text";
    return refuse(offset, std::string("expected ") + expected);
  }
  /// Behind the token that was read last.
  std::size_t end() { return static_cast<std::size_t>(in_.rdbuf()->pubseekoff(0, std::ios::cur, std::ios::in)); }
  /// Of the text that was read last, at its quote.
  std::size_t begin_of_string() {
    for (std::size_t at = end() - 2;; --at) {
      if (text_[at] != '"') continue;
      std::size_t slashes = 0;
      while (slashes < at && text_[at - 1 - slashes] == '\\') ++slashes;
      if (slashes % 2 == 0) return at;
    }
  }
  [[nodiscard]] std::set<std::string> variables() const {
    std::set<std::string> all;
    for (const Frame& frame : stack_) all.insert(frame.variable);
    all.erase("");
    return all;
  }

  bool take_word(std::size_t at) {
    place_ = key_ == ".read" ? Place::kRead : key_ == ".write" ? Place::kWrite : Place::kIndex;
    if (key_ == ".validate")
      return refuse(at, ".validate is not evaluated by rtdb-emulator: take it out to use it here");
    if (place_ == Place::kIndex && key_ != ".indexOn")
      return refuse(at, named(key_) + " is none of .read, .write and .indexOn");
    return true;
  }
  bool check_variable(std::size_t at) {
    const bool is_name =
        key_.size() > 1 && std::all_of(key_.begin() + 1, key_.end(), [](char c) {
          return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        });
    if (!is_name) return refuse(at, named(key_) + " is no name of a variable: letters, digits and _");
    if (variables().contains(key_)) return refuse(at, named(key_) + " is already a key above this one");
    if (stack_.back().level->any) return refuse(at, "there can be one $variable beside each other: " + named(key_));
    return true;
  }
  bool check_key(std::size_t at) {
    const auto flaw = flaw_of_key(key_);
    return !flaw || refuse(at, *flaw);
  }
  bool enter() {
    if (stack_.empty()) {
      stack_.push_back({&top_, {}, {}});
    } else if (RulesLevel& above = *stack_.back().level; key_.starts_with('$')) {
      above.variable = key_;
      above.any = std::make_unique<RulesLevel>();
      stack_.push_back({above.any.get(), {}, key_});
    } else {
      stack_.push_back({&above.children[key_], {}, {}});
    }
    return true;
  }
  bool take(Expression expression) {
    RulesLevel& level = *stack_.back().level;
    (place_ == Place::kRead ? level.read : level.write) = std::move(expression);
    place_ = Place::kFile;
    return true;
  }
  bool take_index(const std::string& name) {
    const Path path = split_path(name);
    if (name != ".value" && (path.empty() || !is_place(path) || is_of_priority(path)))
      return refuse(begin_of_string(), named(name) + " is no path of a child, and not .value");
    stack_.back().level->indexes.push_back(name == ".value" ? name : join(path));
    if (place_ == Place::kIndex) place_ = Place::kFile;
    return true;
  }

  std::string_view text_;
  std::istringstream in_;  ///< tells where the parser is
  bool is_open_ = false;
  bool has_rules_ = false;
  RulesLevel top_;
  std::vector<Frame> stack_;
  std::string key_;
  Place place_ = Place::kFile;
  std::optional<RulesFault> fault_;
};

}  // namespace

std::variant<Rules, RulesFault> parse_rules(std::string_view text) { return RulesReader(text).read(); }

}  // namespace rtdb_emulator
