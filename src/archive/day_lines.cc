#include "archive/day_lines.h"

#include <algorithm>

namespace firebase_relay::archive {
namespace {

/// So many of a key's characters are a span of 64 ms, of which a day has a whole number.
constexpr std::size_t kSpanSize = 7;

/// Which lines the entry of `key` belongs to.
DayLines& lines_of(std::string_view key, std::vector<DayLines>& days) {
  const Day day = day_of_key(key).value_or(Day{});
  const auto found = std::find_if(days.rbegin(), days.rend(), [day](const DayLines& each) { return each.day == day; });
  if (found != days.rend()) return *found;
  return days.emplace_back(DayLines{day, {}, 0});
}

}  // namespace

void append_lines(const HistoryRun& run, std::vector<DayLines>& days) {
  DayLines* same = nullptr;
  std::string_view span;  // most entries have that of the one before, and so its day
  for (std::size_t i = 0; i < run.entries.size(); ++i) {
    const std::string_view path = run.path_of(i);
    const std::string_view key = path.substr(path.size() - kHistoryKeySize);
    if (same == nullptr || key.substr(0, kSpanSize) != span) same = &lines_of(key, days);
    span = key.substr(0, kSpanSize);
    DayLines& lines = *same;
    std::string_view text = run.text_of(i, i + 1);
    text.remove_suffix(1);  // the comma
    if (lines.text.empty()) lines.text.reserve(run.text.size() + 3 * run.entries.size());
    lines.text += '{';
    lines.text += text;
    lines.text += "}\n";
    ++lines.lines;
  }
}

}  // namespace firebase_relay::archive
