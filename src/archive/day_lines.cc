#include "archive/day_lines.h"

#include <algorithm>
#include <cstring>

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

/// Appends the entries [first, last) of `run`, whose text is copied in one piece for each: what a line has beside it is
/// where the comma was.
void append_entries(const HistoryRun& run, std::size_t first, std::size_t last, DayLines& lines) {
  char* to = lines.text.grow(run.text_of(first, last).size() + 2 * (last - first));
  for (std::size_t i = first; i < last; ++i) {
    const std::string_view text = run.text_of(i, i + 1);
    *to++ = '{';
    std::memcpy(to, text.data(), text.size());
    to += text.size();
    to[-1] = '}';
    *to++ = '\n';
  }
  lines.lines += last - first;
}

}  // namespace

std::uint64_t bytes_of(std::span<const DayLines> days) {
  std::uint64_t bytes = 0;
  for (const DayLines& lines : days) bytes += lines.text.size();
  return bytes;
}

void append_lines(const HistoryRun& run, std::vector<DayLines>& days) {
  for (std::size_t first = 0; first < run.entries.size();) {
    const std::string_view key = run.key_of(first);
    std::size_t last = first + 1;  // most have the span of the one before, and so its day
    while (last < run.entries.size() && run.key_of(last).starts_with(key.substr(0, kSpanSize))) ++last;
    DayLines& lines = lines_of(key, days);
    if (lines.text.empty()) lines.text.reserve(run.text.size() + 2 * run.entries.size());
    append_entries(run, first, last, lines);
    first = last;
  }
}

}  // namespace firebase_relay::archive
