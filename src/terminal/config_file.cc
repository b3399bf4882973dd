#include "terminal/config_file.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "observe/printable.h"

namespace firebase_relay::terminal {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{1} << 20;

bool is_bare(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto byte = [&](std::uint32_t value) { out += static_cast<char>(value); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xC0 | code >> 6);
    byte(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    byte(0xE0 | code >> 12);
    byte(0x80 | (code >> 6 & 0x3F));
    byte(0x80 | (code & 0x3F));
  } else {
    byte(0xF0 | code >> 18);
    byte(0x80 | (code >> 12 & 0x3F));
    byte(0x80 | (code >> 6 & 0x3F));
    byte(0x80 | (code & 0x3F));
  }
}

/// Walks through the text once; every function takes its part off the front or says what it expected.
class Reader {
 public:
  explicit Reader(std::string_view toml) : rest_(toml) {}

  Result<std::vector<ConfigEntry>> read() {
    std::vector<ConfigEntry> entries;
    if (rest_.starts_with("\xEF\xBB\xBF") || rest_.starts_with("\xFF\xFE"))
      return flaw("begins with a byte order mark: save the file as UTF-8 without one");
    for (skip_blank_lines(); !rest_.empty(); skip_blank_lines()) {
      auto entry = take_entry();
      if (!entry) return error_of(entry);
      const auto same = [&](const ConfigEntry& each) { return each.key == entry->key; };
      if (std::any_of(entries.begin(), entries.end(), same)) return flaw(entry->key + ": expected once, found twice");
      entries.push_back(std::move(*entry));
      skip_blanks();
      skip_comment();
      if (!rest_.empty() && !take('\n') && !take('\r'))
        return flaw(entries.back().key + ": expected the end of the line behind its value");
    }
    return entries;
  }

 private:
  [[nodiscard]] tl::unexpected<Error> flaw(const std::string& what) const {
    return fail(ErrorCode::kInvalid, std::to_string(line_) + ": " + observe::printable(what, 200));
  }
  [[nodiscard]] char front() const { return rest_.empty() ? '\0' : rest_.front(); }
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    if (c == '\n') ++line_;
    return true;
  }
  void skip_blanks() {
    while (take(' ') || take('\t')) {
    }
  }
  void skip_comment() {
    if (front() == '#') rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size()));
  }
  void skip_blank_lines() {
    do {
      skip_blanks();
      skip_comment();
    } while (take('\n') || take('\r'));
  }

  Result<ConfigEntry> take_entry() {
    if (front() == '[') return flaw("expected key = value; [tables] are not used here");
    const std::size_t line = line_;
    auto key = is_quote() ? take_string() : Result<std::string>(take_bare());
    if (!key) return error_of(key);
    skip_blanks();
    if (key->empty() || !take('=')) return flaw(*key + (key->empty() ? "" : ": ") + "expected key = value");
    skip_blanks();
    auto text = front() == '[' ? take_array() : take_scalar();
    if (!text) return flaw(*key + ": " + text.error().what);
    return ConfigEntry{std::move(*key), std::move(*text), line};
  }

  std::string take_bare() {
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_bare);
    const auto size = static_cast<std::size_t>(end - rest_.begin());
    std::string bare(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return bare;
  }

  Result<std::string> take_array() {
    std::string joined;
    take('[');
    for (skip_blank_lines(); !take(']'); skip_blank_lines()) {
      auto element = take_scalar();
      if (!element) return element;
      joined += (joined.empty() ? "" : ",") + *element;
      skip_blank_lines();
      if (!take(',') && front() != ']') return expected("`,` or `]` behind an element of the array");
    }
    return joined;
  }

  Result<std::string> take_scalar() {
    if (is_quote()) return take_string();
    if (rest_.starts_with("\xE2\x80\x9C") || rest_.starts_with("\xE2\x80\x9D"))
      return expected("a text in straight quotes, found a typographic one");
    const auto end =
        std::find_if_not(rest_.begin(), rest_.end(), [](char c) { return is_bare(c) || c == '+' || c == '.'; });
    std::string text(rest_.begin(), end);
    const bool is_number = !text.empty() && (text[0] == '+' || text[0] == '-' || (text[0] >= '0' && text[0] <= '9'));
    if (text != "true" && text != "false" && !is_number) return expected("a number, true, false, or a text in quotes");
    rest_.remove_prefix(text.size());
    return text;
  }

  [[nodiscard]] bool is_quote() const { return front() == '"' || front() == '\''; }

  Result<std::string> take_string() {
    const char quote = front();
    if (rest_.starts_with(std::string(3, quote))) return expected("a string on one line");
    take(quote);
    std::string text;
    while (!take(quote)) {
      if (rest_.empty() || front() == '\n') return expected("the string's closing quote on the same line");
      const char c = front();
      rest_.remove_prefix(1);
      if (quote == '"' && c == '\\') {
        if (auto taken = take_escape(text); !taken) return error_of(taken);
      } else {
        text += c;
      }
    }
    return text;
  }

  /// What stands behind a backslash.
  Result<void> take_escape(std::string& text) {
    constexpr std::string_view kNames = "btnfr\"\\";
    constexpr std::string_view kValues = "\b\t\n\f\r\"\\";
    const char name = front();
    rest_.remove_prefix(std::min<std::size_t>(1, rest_.size()));
    if (const auto index = kNames.find(name); index != std::string_view::npos) {
      text += kValues[index];
      return {};
    }
    const std::size_t size = name == 'u' ? 4 : name == 'U' ? 8 : 0;
    const std::string_view digits = rest_.substr(0, size);
    std::uint32_t code = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
    const bool is_scalar_value = code < 0xD800 || (code > 0xDFFF && code < 0x110000);
    if (size == 0 || digits.size() != size || error != std::errc() || end != digits.data() + size || !is_scalar_value) {
      return expected("one of TOML's escapes behind a backslash, or 'single quotes' around the text");
    }
    rest_.remove_prefix(size);
    append_utf8(text, code);
    return {};
  }

  static tl::unexpected<Error> expected(const std::string& what) {
    return fail(ErrorCode::kInvalid, "expected " + what);
  }

  std::string_view rest_;
  std::size_t line_ = 1;
};

}  // namespace

Result<std::vector<ConfigEntry>> parse_config(std::string_view toml) { return Reader(toml).read(); }

Result<std::string> read_small_file(const std::string& file, const std::string& shown) {
  const auto failed = [&](const std::string& why) {
    return fail(ErrorCode::kIo, "cannot read " + observe::printable(shown) + ": " + why);
  };
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> stream(std::fopen(file.c_str(), "re"), &std::fclose);
  if (!stream) return failed(std::generic_category().message(errno));
  std::string text(kFileBytesMax + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), stream.get()));
  if (std::ferror(stream.get()) != 0) return failed(std::generic_category().message(errno));
  if (text.size() > kFileBytesMax) return failed("it is larger than 1 MiB");
  return text;
}

Result<std::vector<ConfigEntry>> read_config_file(const std::string& file) {
  const auto text = read_small_file(file, file);
  if (!text) return error_of(text);
  auto entries = parse_config(*text);
  if (!entries) return fail(entries.error().code, observe::printable(file) + ":" + entries.error().what);
  return entries;
}

}  // namespace firebase_relay::terminal
