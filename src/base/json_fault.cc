#include "base/json_fault.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "base/terminal_text.h"

namespace firebase_relay {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::size_t kStepsMax = 64;  // of a path, whose text is short anyway
constexpr std::size_t kFoundBytesMax = 24;
constexpr std::size_t kExponentDigitsMax = 19;
constexpr std::size_t kPathBytesMax = 200;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
/// What ends a word that is no JSON: `NaN`, `None`, `1e400`.
bool ends_word(char c) {
  return is_blank(c) || (c != '\0' && std::string_view(",:[]{}\"'").find(c) != std::string_view::npos);
}

std::string found_escaped(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    char escaped[5];
    std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned char>(byte));
    text += escaped;
  }
  return text;
}

/// `text` as a terminal may show it, at most `bytes_max` bytes of it.
std::string shown(std::string_view text, std::size_t bytes_max) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t valid = utf8_length(text.substr(at));
    const std::string_view character = text.substr(at, std::max<std::size_t>(valid, 1));
    if (at + character.size() > bytes_max) return out + "…";
    out += valid == 0 || is_control(character) ? found_escaped(character) : std::string(character);
    at += character.size();
  }
  return out;
}

/// The number of the first character of `text`, which is one of UTF-8 beyond ASCII: `U+00A0`. Many of them look like
/// nothing, or like what would be right there.
std::string code_point(std::string_view text) {
  const auto byte_at = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::size_t length = utf8_length(text);
  std::uint32_t point = byte_at(0) & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) point = point << 6 | (byte_at(i) & 0x3F);
  char number[16];
  std::snprintf(number, sizeof number, "U+%04X", static_cast<unsigned>(point));
  return number;
}

/// Reads as RFC 8259 has it, up to the first fault. Every function stands at what it reads, and leaves at_ behind it;
/// false: there is the fault. Objects and lists cost a bit a level and no stack: a hostile payload may nest a million.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  std::optional<JsonFault> first_fault() {
    if (text_.starts_with(kByteOrderMark)) at_ = kByteOrderMark.size();
    skip_blanks();
    return value() && at_end() ? std::nullopt : std::optional(std::move(fault_));
  }

 private:
  bool fault(std::string_view what, std::string found) {
    fault_.at = at_;
    fault_.what = what;
    fault_.found = std::move(found);
    for (const Step& step : steps_) {
      if (fault_.path.size() > kPathBytesMax) break;
      if (!fault_.path.empty()) fault_.path += '/';
      fault_.path += step.is_position ? std::to_string(step.position) : std::string(step.key.substr(0, kPathBytesMax));
    }
    return false;
  }
  bool ends_here() { return fault("the payload ends there, before it is complete", ""); }
  bool word(std::string_view what) { return fault(what, shown(word_here(), kFoundBytesMax)); }
  /// Something where JSON has nothing of the kind.
  bool stranger(std::string_view what) {
    if (at_ == text_.size()) return ends_here();
    const std::string_view rest = text_.substr(at_);
    if (rest.starts_with(kByteOrderMark))
      return fault("is a byte order mark, which may only stand in front", code_point(rest));
    if (rest.starts_with("\xFF\xFE") || rest.starts_with("\xFE\xFF"))
      return fault("is a byte order mark of UTF-16: publish UTF-8", found_escaped(rest.substr(0, 2)));
    const std::size_t length = utf8_length(rest);
    if (length == 0) return fault("is no UTF-8", found_escaped(rest.substr(0, 1)));
    return length > 1 ? fault(what, code_point(rest)) : fault(what, shown(rest.substr(0, 1), kFoundBytesMax));
  }
  [[nodiscard]] std::string_view word_here() const {
    const std::string_view rest = text_.substr(at_, 4 * kFoundBytesMax);
    const auto end = std::find_if(rest.begin() + 1, rest.end(), ends_word);
    return rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
  }

  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }
  [[nodiscard]] bool is_at(char c) const { return at_ < text_.size() && text_[at_] == c; }
  bool at_end() {
    skip_blanks();
    return at_ == text_.size() || stranger("stands behind the end of the JSON");
  }

  /// The whole value, with all that it holds.
  bool value() {
    for (;;) {
      if (is_at('{') || is_at('[')) {
        enter(is_at('['));
        if (!is_at(closing())) {
          if (!child()) return false;
          continue;
        }
      } else if (!scalar()) {
        return false;
      } else {
        leave_child();
      }
      while (is_inside() && is_at(closing())) leave();
      if (!is_inside()) return true;
      if (!comma() || !child()) return false;
    }
  }

  bool scalar() {
    if (at_ == text_.size()) return ends_here();
    const char c = text_[at_];
    if (c == '"') return string();
    if (is_digit(c) || (c == '-' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1]))) return number();
    return literal();
  }

  bool literal() {
    const std::string_view word_found = word_here();
    for (const std::string_view known : {"null", "true", "false"}) {
      if (word_found == known) {
        at_ += known.size();
        return true;
      }
      // Cut off by the end of the payload, not misspelt.
      if (known.starts_with(word_found) && at_ + word_found.size() == text_.size()) {
        at_ = text_.size();
        return ends_here();
      }
    }
    const char c = text_[at_];
    if (c == '\'') return fault("is no quote of JSON's: texts stand in double ones", "'");
    const bool is_word =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '+' || c == '.' || c == '_';
    return is_word ? word("is no JSON value") : stranger("stands where a value is expected");
  }

  bool digits() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
    return at_ > begin;
  }

  bool number() {
    const std::size_t begin = at_;
    if (is_at('-')) ++at_;
    const bool has_zero_in_front = is_at('0') && at_ + 1 < text_.size() && is_digit(text_[at_ + 1]);
    bool is_number = digits() && !has_zero_in_front;
    if (is_number && is_at('.')) {
      ++at_;
      is_number = digits();
    }
    std::size_t exponent_digits = 0;
    if (is_number && (is_at('e') || is_at('E'))) {
      ++at_;
      if (is_at('+') || is_at('-')) ++at_;
      const std::size_t exponent = at_;
      is_number = digits();
      exponent_digits = at_ - exponent;
    }
    if (!is_number && at_ == text_.size() && !has_zero_in_front) return ends_here();
    const std::size_t end = at_;
    at_ = begin;
    const bool goes_on = end < text_.size() && !ends_word(text_[end]) && static_cast<unsigned char>(text_[end]) > 0x20;
    if (!is_number || goes_on) return word("is no JSON number");
    // Readers count an exponent in 64 bits. simdjson, which reads payloads here, takes 19 digits, zeros included, also
    // behind a 0.
    if (exponent_digits > kExponentDigitsMax) return word("has an exponent that no reader takes");
    if (std::isinf(std::strtod(std::string(text_.substr(begin, end - begin)).c_str(), nullptr)))
      return word("is beyond a double's range");
    at_ = end;
    return true;
  }

  /// From its opening quote on.
  bool string() {
    for (++at_; at_ < text_.size();) {
      const auto byte = static_cast<unsigned char>(text_[at_]);
      if (byte == '"') {
        ++at_;
        return true;
      }
      if (byte == '\\') {
        if (!escape()) return false;
        continue;
      }
      if (byte < 0x20)
        return fault("is a control byte, which a text has only escaped", found_escaped(text_.substr(at_, 1)));
      const std::size_t length = utf8_length(text_.substr(at_));
      if (length == 0) return fault("is no UTF-8", found_escaped(text_.substr(at_, 1)));
      at_ += length;
    }
    return ends_here();
  }

  /// The value of the `\uXXXX` at `at`; negative: there is none.
  [[nodiscard]] int unit_at(std::size_t at) const {
    const std::string_view escape = text_.substr(std::min(at, text_.size()), 6);
    if (escape.size() < 6 || !escape.starts_with("\\u") || !std::all_of(escape.begin() + 2, escape.end(), is_hex))
      return -1;
    return static_cast<int>(std::strtol(std::string(escape.substr(2)).c_str(), nullptr, 16));
  }

  bool escape() {
    if (at_ + 1 == text_.size()) {
      ++at_;
      return ends_here();
    }
    if (text_[at_ + 1] != 'u') {
      const bool is_known = std::string_view("\"\\/bfnrt").find(text_[at_ + 1]) != std::string_view::npos;
      if (!is_known) return fault("is no escape of JSON's", shown(text_.substr(at_, 2), 2));
      at_ += 2;
      return true;
    }
    const int unit = unit_at(at_);
    if (unit < 0) return fault("is no escape of JSON's", shown(text_.substr(at_, 6), 6));
    const bool is_pair = unit >= 0xD800 && unit < 0xDC00 && unit_at(at_ + 6) >= 0xDC00 && unit_at(at_ + 6) < 0xE000;
    if (unit >= 0xD800 && unit < 0xE000 && !is_pair)
      return fault("is half of a character (a lone surrogate)", std::string(text_.substr(at_, 6)));
    at_ += is_pair ? 12 : 6;
    return true;
  }

  [[nodiscard]] bool is_inside() const { return !is_list_.empty(); }
  [[nodiscard]] bool is_in_list() const { return is_list_.back(); }
  [[nodiscard]] char closing() const { return is_in_list() ? ']' : '}'; }

  void enter(bool is_list) {
    is_list_.push_back(is_list);
    if (is_list_.size() <= kStepsMax) next_positions_.push_back(0);
    ++at_;
    skip_blanks();
  }
  void leave() {
    if (is_list_.size() <= kStepsMax) next_positions_.pop_back();
    is_list_.pop_back();
    ++at_;
    leave_child();
  }

  /// Up to the value of the next child, whose key or position is a step of the path from there on.
  bool child() {
    Step step{is_in_list(), 0, {}};
    if (!step.is_position && !key(step.key)) return false;
    if (is_list_.size() > kStepsMax) return true;
    if (step.is_position) step.position = next_positions_.back()++;
    steps_.push_back(step);
    return true;
  }
  /// Behind a value: it is no longer on the path.
  void leave_child() {
    if (is_inside() && is_list_.size() <= kStepsMax) steps_.pop_back();
    skip_blanks();
  }

  bool key(std::string_view& found) {
    if (is_at('\'')) return fault("is no quote of JSON's: keys stand in double ones", "'");
    if (!is_at('"')) return stranger("stands where a key in double quotes is expected");
    const std::size_t begin = at_ + 1;
    if (!string()) return false;
    found = text_.substr(begin, at_ - 1 - begin);
    skip_blanks();
    if (!is_at(':')) return stranger("stands where : is expected");
    ++at_;
    skip_blanks();
    return true;
  }

  /// Steps over a comma with something behind it.
  bool comma() {
    if (!is_at(','))
      return stranger(is_in_list() ? "stands where , or ] is expected" : "stands where , or } is expected");
    const std::size_t begin = at_++;
    skip_blanks();
    if (!is_at(closing())) return true;
    at_ = begin;
    return fault("is a comma with nothing behind it", ",");
  }

  struct Step {
    bool is_position;
    std::size_t position;  ///< in a list
    std::string_view key;  ///< in an object
  };

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<bool> is_list_;                ///< what it stands in, from the outermost on; the others are objects
  std::vector<std::size_t> next_positions_;  ///< of the first kStepsMax of them
  std::vector<Step> steps_;
  JsonFault fault_;
};

}  // namespace

std::optional<JsonFault> find_json_fault(std::string_view text) { return Scanner(text).first_fault(); }

std::string json_fault_text(std::string_view text) {
  const std::optional<JsonFault> fault = find_json_fault(text);
  if (!fault) return {};
  std::string line = "byte " + std::to_string(fault->at);
  if (!fault->path.empty()) line += ", " + shown(fault->path, kPathBytesMax);
  line += ": ";
  if (text.empty()) return line + "the payload is empty";
  if (!fault->found.empty()) line += fault->found + ' ';
  return line.append(fault->what);
}

}  // namespace firebase_relay
