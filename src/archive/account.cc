#include "archive/account.h"

#include <algorithm>
#include <charconv>

namespace firebase_relay::archive {
namespace {

constexpr std::string_view kBeforeVersion = "{\"archive\":";
constexpr std::string_view kBeforeMade = "{\"made\":";
constexpr std::string_view kBeforeBegun = "{\"begun\":\"";
constexpr std::string_view kBeforeSealed = "{\"sealed\":\"";

/// What stands between `before` and `behind`, which is all of the line; nothing: it is another one.
std::optional<std::string_view> inside(std::string_view line, std::string_view before, std::string_view behind) {
  if (line.size() < before.size() + behind.size() || !line.starts_with(before) || !line.ends_with(behind))
    return std::nullopt;
  return line.substr(before.size(), line.size() - before.size() - behind.size());
}

/// A later version may say more in this line.
int version_in(std::string_view line) {
  int version = 0;
  if (!line.starts_with(kBeforeVersion)) return 0;
  std::from_chars(line.data() + kBeforeVersion.size(), line.data() + line.size(), version);
  return version;
}

std::optional<UtcMillis> time_in(std::string_view line) {
  const std::optional<std::string_view> digits = inside(line, kBeforeMade, "}");
  std::int64_t ms = 0;
  if (!digits) return std::nullopt;
  const auto [end, error] = std::from_chars(digits->data(), digits->data() + digits->size(), ms);
  if (error != std::errc() || end != digits->data() + digits->size()) return std::nullopt;
  return UtcMillis(std::chrono::milliseconds(ms));
}

std::optional<Day> day_in(std::string_view line, std::string_view before) {
  const std::optional<std::string_view> name = inside(line, before, "\"}");
  return name ? parse_day(*name) : std::nullopt;
}

}  // namespace

Account Account::of(std::string_view text) {
  Account account;
  for (bool is_first = true; !text.empty(); is_first = false) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (is_first) {
      account.version = version_in(line);
    } else if (const auto made = time_in(line)) {
      account.made_at = made;
    } else if (const auto begun = day_in(line, kBeforeBegun)) {
      account.plain.insert(*begun);
    } else if (const auto sealed = day_in(line, kBeforeSealed)) {
      account.plain.erase(*sealed);
    }
  }
  return account;
}

std::string version_line(int version) { return std::string(kBeforeVersion) + std::to_string(version) + "}\n"; }
std::string made_line(UtcMillis at) {
  return std::string(kBeforeMade) + std::to_string(at.time_since_epoch().count()) + "}\n";
}
std::string begun_line(Day day) { return std::string(kBeforeBegun) + name_of(day) + "\"}\n"; }
std::string sealed_line(Day day) { return std::string(kBeforeSealed) + name_of(day) + "\"}\n"; }

}  // namespace firebase_relay::archive
