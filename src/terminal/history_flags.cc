#include "terminal/history_flags.h"

namespace firebase_relay::terminal {

Result<std::optional<archive::Day>> day_given(const char* flag, const std::string& text) {
  if (text.empty()) return std::optional<archive::Day>();
  const std::optional<archive::Day> day = archive::parse_day(text);
  if (day) return day;
  return fail(ErrorCode::kInvalid, std::string(flag) + ": expected a day such as 2026-11-28, in UTC");
}

Result<std::optional<Kind>> kind_given(const std::string& text) {
  if (text.empty()) return std::optional<Kind>();
  if (const std::optional<Kind> kind = kind_named(text)) return kind;
  std::string names;
  for (std::size_t i = 0; i < kKindCount; ++i) {
    names += (i == 0 ? "" : i + 1 == kKindCount ? " or " : ", ") + std::string(kKindNames[i]);
  }
  return fail(ErrorCode::kInvalid, "--kind: expected " + names);
}

}  // namespace firebase_relay::terminal
