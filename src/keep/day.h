#pragma once

#include <array>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include "firebase_relay/time.h"

namespace firebase_relay::keep {

/// The UTC day that a key names, as history's {DATE} writes it: `2026-11-28`. Nothing for any other key.
inline std::optional<std::chrono::sys_days> day_named(std::string_view key) {
  constexpr std::string_view kForm = "0000-00-00";
  if (key.size() != kForm.size()) return std::nullopt;
  int number[3] = {};
  int part = 0;
  for (std::size_t i = 0; i < key.size(); ++i) {
    const bool is_digit = key[i] >= '0' && key[i] <= '9';
    if (is_digit != (kForm[i] == '0') || (!is_digit && key[i] != '-')) return std::nullopt;
    if (is_digit)
      number[part] = number[part] * 10 + (key[i] - '0');
    else
      ++part;
  }
  const std::chrono::year_month_day date{std::chrono::year(number[0]),
                                         std::chrono::month(static_cast<unsigned>(number[1])),
                                         std::chrono::day(static_cast<unsigned>(number[2]))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date);
}

/// `2026-11-28`.
inline std::string name_of(std::chrono::sys_days day) {
  const std::chrono::year_month_day date(day);
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return text.data();
}

/// The UTC day of a time.
inline std::chrono::sys_days day_of(UtcMillis time) { return std::chrono::floor<std::chrono::days>(time); }

}  // namespace firebase_relay::keep
