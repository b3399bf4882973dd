#include "archive/account.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace firebase_relay::archive {
namespace {

constexpr std::string_view kBeforeVersion = "{\"archive\":";
constexpr std::string_view kBeforeMade = "{\"made\":";
constexpr std::string_view kBeforeBegun = "{\"begun\":\"";
constexpr std::string_view kBeforePacked = "{\"packed\":\"";
constexpr std::string_view kBeforeBytes = "\",\"bytes\":";
constexpr std::string_view kBeforeSealed = "{\"sealed\":\"";
constexpr std::string_view kBeforeBoot = "{\"boot\":\"";
constexpr std::string_view kBeforeEnded = "{\"ended\":\"";
constexpr std::string_view kBeforeCut = "{\"cut\":\"";
constexpr std::string_view kEnd = "\"}";

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

template <typename Number>
std::optional<Number> number_in(std::string_view digits) {
  Number number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

std::optional<UtcMillis> time_in(std::string_view line) {
  const std::optional<std::string_view> digits = inside(line, kBeforeMade, "}");
  const std::optional<std::int64_t> ms = digits ? number_in<std::int64_t>(*digits) : std::nullopt;
  if (!ms) return std::nullopt;
  return UtcMillis(std::chrono::milliseconds(*ms));
}

std::optional<Day> day_in(std::string_view line, std::string_view before) {
  const std::optional<std::string_view> name = inside(line, before, kEnd);
  return name ? parse_day(*name) : std::nullopt;
}

std::optional<std::pair<Day, std::uint64_t>> packed_in(std::string_view line) {
  const std::optional<std::string_view> both = inside(line, kBeforePacked, "}");
  const std::size_t end = both ? both->find(kBeforeBytes) : std::string_view::npos;
  if (end == std::string_view::npos) return std::nullopt;
  const std::optional<Day> day = parse_day(both->substr(0, end));
  const auto bytes = number_in<std::uint64_t>(both->substr(end + kBeforeBytes.size()));
  if (!day || !bytes) return std::nullopt;
  return std::pair(*day, *bytes);
}

std::string line_of(std::string_view before, std::string_view text) {
  return std::string(before).append(text).append(kEnd) + "\n";
}

void take_in(std::string_view line, Account& account) {
  if (const auto made = time_in(line)) {
    account.made_at = made;
  } else if (const auto begun = day_in(line, kBeforeBegun)) {
    account.plain.insert(*begun);
  } else if (const auto sealed = day_in(line, kBeforeSealed)) {
    account.plain.erase(*sealed);
  } else if (const auto packed = packed_in(line)) {
    account.packed[packed->first] = packed->second;
  } else if (const auto cut = day_in(line, kBeforeCut)) {
    account.cut.insert(*cut);
  } else if (const auto boot = inside(line, kBeforeBoot, kEnd)) {
    account.boot = *boot;
    account.has_ended = false;
  } else if (const auto ended = inside(line, kBeforeEnded, kEnd)) {
    account.has_ended = account.boot == *ended;
  }
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
    } else {
      take_in(line, account);
    }
  }
  return account;
}

std::string version_line(int version) { return std::string(kBeforeVersion) + std::to_string(version) + "}\n"; }
std::string made_line(UtcMillis at) {
  return std::string(kBeforeMade) + std::to_string(at.time_since_epoch().count()) + "}\n";
}
std::string begun_line(Day day) { return line_of(kBeforeBegun, name_of(day)); }
std::string packed_line(Day day, std::uint64_t bytes) {
  return std::string(kBeforePacked).append(name_of(day)).append(kBeforeBytes) + std::to_string(bytes) + "}\n";
}
std::string sealed_line(Day day) { return line_of(kBeforeSealed, name_of(day)); }
std::string boot_line(std::string_view boot) { return line_of(kBeforeBoot, boot); }
std::string ended_line(std::string_view boot) { return line_of(kBeforeEnded, boot); }
std::string cut_line(Day day) { return line_of(kBeforeCut, name_of(day)); }

}  // namespace firebase_relay::archive
