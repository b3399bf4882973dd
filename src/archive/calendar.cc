#include "archive/calendar.h"

#include <array>
#include <charconv>
#include <cstdio>

#include "firebase_relay/history_key.h"

namespace firebase_relay::archive {
namespace {

constexpr std::array<std::string_view, 5> kEndings = {".jsonl", ".jsonl.zst", ".jsonl.zst.new", ".hole", ".replayed."};

/// A number of `size` decimal digits at `at`; -1: there is none.
int number_at(std::string_view text, std::size_t at, std::size_t size) {
  int number = 0;
  for (const char c : text.substr(at, size)) {
    if (c < '0' || c > '9') return -1;
    number = number * 10 + (c - '0');
  }
  return number;
}

/// The key of that time whose hash is `rest` alone.
std::string key_of(UtcMillis time, char rest) {
  std::string key(kHistoryKeySize, rest);
  auto ms = static_cast<std::uint64_t>(time.time_since_epoch().count());
  for (std::size_t i = kHistoryKeyTimeSize; i-- > 0; ms >>= 6) key[i] = kHistoryKeyAlphabet[ms & 63];
  return key;
}

}  // namespace

std::optional<Day> day_of_key(std::string_view key) noexcept {
  const std::optional<UtcMillis> time = time_of_key(key);
  return time ? std::optional(std::chrono::floor<std::chrono::days>(*time)) : std::nullopt;
}

std::string first_key_of(Day day) { return key_of(UtcMillis(day), kHistoryKeyAlphabet.front()); }

std::string last_key_of(Day day) {
  return key_of(UtcMillis(day + std::chrono::days(1)) - std::chrono::milliseconds(1), kHistoryKeyAlphabet.back());
}

std::string name_of(Day day) {
  const std::chrono::year_month_day date(day);
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return text.data();
}

std::optional<Day> parse_day(std::string_view name) {
  if (name.size() != 10 || name[4] != '-' || name[7] != '-') return std::nullopt;
  const int year = number_at(name, 0, 4);
  const int month = number_at(name, 5, 2);
  const int day = number_at(name, 8, 2);
  if (year < 0 || month < 0 || day < 0) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  return date.ok() ? std::optional(Day(date)) : std::nullopt;
}

std::string FileName::text() const {
  return name_of(day) + std::string(kEndings[static_cast<std::size_t>(kind)]) +
         (kind == Kind::kReplayed ? std::to_string(number) : "");
}

std::optional<FileName> parse_file_name(std::string_view name) {
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const std::optional<Day> day = parse_day(name.substr(0, dot));
  if (!day) return std::nullopt;
  constexpr std::string_view kReplayed = kEndings.back();
  if (const std::string_view ending = name.substr(dot); ending.starts_with(kReplayed)) {
    FileName file{*day, FileName::Kind::kReplayed};
    const std::string_view digits = ending.substr(kReplayed.size());
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), file.number);
    const bool is_number = error == std::errc() && end == digits.data() + digits.size() && file.number > 0;
    return is_number ? std::optional(file) : std::nullopt;
  }
  for (std::size_t i = 0; i < kEndings.size(); ++i) {
    if (name.substr(dot) == kEndings[i]) return FileName{*day, static_cast<FileName::Kind>(i)};
  }
  return std::nullopt;
}

}  // namespace firebase_relay::archive
