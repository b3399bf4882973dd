#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "archive/calendar.h"
#include "archive/raw_text.h"
#include "firebase_relay/history_run.h"

namespace firebase_relay::archive {

/// Lines of one day's file, each an entry: `{"history/AAPL/prices/-O…":{…}}` and a line end. A line is the body of a
/// PATCH by itself.
struct DayLines {
  Day day;
  RawText text;
  std::uint64_t lines = 0;
};

/// Of all their text.
[[nodiscard]] std::uint64_t bytes_of(std::span<const DayLines> days);

/// Appends the entries of `run`, whose keys are settled, as lines of the days of their keys.
void append_lines(const HistoryRun& run, std::vector<DayLines>& days);

}  // namespace firebase_relay::archive
