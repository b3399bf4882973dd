#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace firebase_relay {

/// One value as it is sent: `"path":value,`. The path is encoded and escaped, so that it may stand between quotes; the
/// value is finished JSON. Nobody else knows where the quotes and the colon stand: they are put down and stepped over
/// here only. The body of a request is such texts side by side, in braces; who ends it takes the last comma away.
///
/// Ownership: a view of somebody else's bytes, for as long as they stay where they are. Threads: any.
class FragmentText {
 public:
  /// `text`: all of it, from the first quote to the comma. `path_size`: of the path, in bytes.
  constexpr FragmentText(std::string_view text, std::size_t path_size) noexcept : text_(text), path_size_(path_size) {}

  /// What stands between the quotes, and what between colon and comma.
  [[nodiscard]] constexpr std::string_view path() const { return text_.substr(kBeforePath, path_size_); }
  [[nodiscard]] constexpr std::string_view value() const {
    const std::size_t begin = value_begin(path_size_);
    return text_.substr(begin, text_.size() - begin - kBehindValue);
  }

  /// How long the text of such a path and value is.
  static constexpr std::size_t size_of(std::size_t path_size, std::size_t value_size) {
    return value_begin(path_size) + value_size + kBehindValue;
  }
  /// Where in the text the path begins, and where the value does.
  static constexpr std::size_t path_begin() { return kBeforePath; }
  static constexpr std::size_t value_begin(std::size_t path_size) { return kBeforePath + path_size + kBetween.size(); }

  /// Appends the text of `path` and `value`.
  static void append(std::string_view path, std::string_view value, std::string& out) {
    append_path(path, out);
    append_value(value, out);
  }
  /// The first half, `"path":`, behind which the value comes.
  static void append_path(std::string_view path, std::string& out) {
    out += kQuote;
    out += path;
    out += kBetween;
  }
  /// The same of a path whose last `end_size` bytes are yet to be written. Returns where in `out`.
  static std::size_t append_path(std::string_view beginning, std::size_t end_size, std::string& out) {
    out += kQuote;
    out += beginning;
    const std::size_t end_at = out.size();
    out.resize(end_at + end_size);
    out += kBetween;
    return end_at;
  }
  static void append_value(std::string_view value, std::string& out) {
    out += value;
    out += kComma;
  }

  /// Appends what stands for `text` in a request to the location of which its path has the first `base_size` bytes: the
  /// same without them and the slash behind them. 0: the root. Returns the bytes of what was appended, which views
  /// `text`.
  static std::size_t append_below(std::size_t base_size, std::string_view text, std::vector<std::string_view>& parts) {
    if (base_size == 0) {
      parts.push_back(text);
      return text.size();
    }
    const std::string_view rest = text.substr(kBeforePath + base_size + 1);
    parts.emplace_back(kOpening);
    parts.push_back(rest);
    return kOpening.size() + rest.size();
  }

 private:
  static constexpr char kQuote = '"';
  static constexpr std::string_view kOpening = "\"";
  static constexpr std::string_view kBetween = "\":";
  static constexpr char kComma = ',';
  static constexpr std::size_t kBeforePath = 1;
  static constexpr std::size_t kBehindValue = 1;

  std::string_view text_;
  std::size_t path_size_;
};

}  // namespace firebase_relay
