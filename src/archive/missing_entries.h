#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "archive/calendar.h"
#include "archive/line.h"

namespace firebase_relay::archive {

/// Gives the lines of `day` that stand in any of its files, as far as those can be read; some twice.
void read_lines_of(const std::filesystem::path& folder, Day day, const std::function<void(const Line&)>& give);

/// How many of the entries that have these keys, all of `day`, stand in no file of the archive in `folder`, as far as
/// those can be read. An entry counts as there by its key alone, which its message makes, wherever its path leads.
std::uint64_t count_missing(const std::filesystem::path& folder, Day day, const std::vector<std::string>& keys);

}  // namespace firebase_relay::archive
