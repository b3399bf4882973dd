#include "rtdb_emulator/journal.h"

#include <utility>

namespace rtdb_emulator {

void Journal::add(Line line) {
  if (lines_.size() >= kLinesMax) {
    overflowed_ = true;
    return;
  }
  lines_.push_back(std::move(line));
}

}  // namespace rtdb_emulator
