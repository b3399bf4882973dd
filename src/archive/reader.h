#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "archive/calendar.h"
#include "archive/line.h"
#include "firebase_relay/result.h"

namespace firebase_relay::archive {

/// What is asked of an archive, and who is told.
struct Question {
  std::optional<Day> from;                 ///< the first day, that one too; nothing: the oldest
  std::optional<Day> to;                   ///< the last day, that one too; nothing: the newest
  std::function<bool(const Line&)> wants;  ///< empty: all
  std::function<bool(const Line&)> give;   ///< false: no more is wanted
  std::function<void(Day, std::size_t done, std::size_t all)> progress;  ///< before each day; may be empty
};

/// What was read.
struct ReadSummary {
  std::uint64_t entries = 0;
  std::uint64_t lines = 0;         ///< some stand twice
  std::vector<std::string> flaws;  ///< files that are damaged, by name, and what is wrong; the rest was given
  /// Days that were asked for, and of which the archive itself says that it has not all: all it has was given.
  std::vector<std::string> losses;
};

/// Of lines in memory at a time; with what sorting them takes, read_archive() stays below 256 MiB.
inline constexpr std::uint64_t kSortBytesMax = 64ull << 20;

/// Gives the entries of the archive in `folder`, in the order of their keys, each once, also while a relay writes it.
/// Days do not overlap by their keys, so it goes day by day; one that is too large for memory is sorted in runs, in
/// `temporary`.
/// Errors: kInvalid (no such folder, or one that is no archive), kTooNew, kIo (the folder cannot be read, or
/// `temporary` is full, or does not give back what was put there).
Result<ReadSummary> read_archive(const std::filesystem::path& folder, const std::filesystem::path& temporary,
                                 const Question& question, std::uint64_t sort_bytes_max = kSortBytesMax);

}  // namespace firebase_relay::archive
