#include "archive/line.h"

#include <charconv>

#include "firebase_relay/history_key.h"

namespace firebase_relay::archive {
namespace {

constexpr std::string_view kBeforePath = "{\"";
constexpr std::string_view kBehindPath = "\":";
constexpr std::string_view kBeforeCount = "{\"sealed\":";

/// Where the quote is that ends the text which begins at `at`; npos: nowhere.
std::size_t end_of_text(std::string_view text, std::size_t at) {
  for (; at < text.size(); ++at) {
    if (text[at] == '"') return at;
    if (text[at] == '\\') ++at;
  }
  return std::string_view::npos;
}

}  // namespace

std::optional<Line> parse_line(std::string_view text) {
  if (!text.starts_with(kBeforePath) || !text.ends_with('}')) return std::nullopt;
  const std::size_t end = end_of_text(text, kBeforePath.size());
  if (end == std::string_view::npos || !text.substr(end).starts_with(kBehindPath)) return std::nullopt;
  Line line{text, text.substr(kBeforePath.size(), end - kBeforePath.size()), {}, text.substr(end + kBehindPath.size())};
  line.value.remove_suffix(1);
  if (line.value.empty() || line.path.size() <= kHistoryKeySize) return std::nullopt;
  line.key = line.path.substr(line.path.size() - kHistoryKeySize);
  const bool is_entry = line.path[line.path.size() - kHistoryKeySize - 1] == '/' && time_of_key(line.key);
  return is_entry ? std::optional(line) : std::nullopt;
}

std::optional<std::uint64_t> parse_count(std::string_view text) {
  if (!text.starts_with(kBeforeCount) || !text.ends_with('}')) return std::nullopt;
  const std::string_view digits = text.substr(kBeforeCount.size(), text.size() - kBeforeCount.size() - 1);
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  return error == std::errc() && end == digits.data() + digits.size() ? std::optional(count) : std::nullopt;
}

}  // namespace firebase_relay::archive
