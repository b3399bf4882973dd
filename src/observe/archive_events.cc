#include "observe/archive_events.h"

#include <fmt/format.h>

#include <chrono>
#include <string>
#include <utility>

#include "observe/printable.h"

namespace firebase_relay::observe {
namespace {

std::string more_failures(std::uint64_t kept_back) {
  return kept_back == 0 ? std::string() : fmt::format(" (and {} more since the last such line)", kept_back);
}

}  // namespace

void ArchiveEvents::failed(const Error& error, SteadyTime now) {
  metrics_.archive_errors.Increment();
  metrics_.archive_writable.Set(0);
  has_failed_ = true;
  if (const auto more = lines_.admit("failed", now)) {
    logger_.error("archive: {}{}{}; until then history goes to the database alone{}", error.what,
                  error.remedy.empty() ? "" : "; ", error.remedy, more_failures(*more));
  }
}

void ArchiveEvents::day_waits(const Error& error, SteadyTime now) {
  metrics_.archive_errors.Increment();
  if (const auto more = lines_.admit("day waits", now)) {
    logger_.error("archive: {}{}{}; that day waits, and the others go on{}", error.what,
                  error.remedy.empty() ? "" : "; ", error.remedy, more_failures(*more));
  }
}

void ArchiveEvents::not_taken_in(const Error& error, SteadyTime now) {
  metrics_.archive_errors.Increment();
  if (const auto more = lines_.admit("not taken in", now)) {
    logger_.error(
        "archive: {}{}{}; what a replay has left there is not taken in until then, and its day is not whole{}",
        error.what, error.remedy.empty() ? "" : "; ", error.remedy, more_failures(*more));
  }
}

void ArchiveEvents::written() {
  if (!std::exchange(has_failed_, false)) return;
  metrics_.archive_writable.Set(1);
  lines_.forget("failed");
  logger_.info("archive: is written again");
}

void ArchiveEvents::lost(std::string_view day, std::uint64_t lines, SteadyTime now) {
  metrics_.archive_errors.Increment();
  if (const auto more = lines_.admit("lost " + std::string(day), now, 1, lines)) {
    logger_.error(
        "archive: {} has a hole and will not be sealed: {} lines of it are not written. Its file {}.hole says so; "
        "remove that to have the day sealed as it is",
        day, lines + *more, day);
  }
}

void ArchiveEvents::not_left(const Error& error) {
  metrics_.archive_errors.Increment();
  logger_.error(
      "archive: {}{}{}; nothing more is sent, since it would stand in the database alone: replay the file again then",
      error.what, error.remedy.empty() ? "" : "; ", error.remedy);
}

void ArchiveEvents::left_out(UtcMillis since) {
  logger_.warn(
      "archive: this start is without --archive, which every one since {} had: what comes now is not at home, and no "
      "day "
      "from before the next start with it counts as sealed whole, so that 'keep' leaves those days in the database "
      "then. "
      "Unless it is meant, start again with --archive now; docs/archive.md tells what is left to do",
      iso_utc(since));
}

void ArchiveEvents::not_marked(std::string_view days) {
  metrics_.archive_errors.Increment();
  logger_.error(
      "archive: the hole of {} could not be marked until the end, and the next start does not know of it: so no day "
      "from before that counts as whole, nor the day after it, and 'keep' leaves them in the database. See whether the "
      "archive's disk is full, failing or read-only (dmesg)",
      days);
}

void ArchiveEvents::missing(std::string_view day) {
  metrics_.archive_errors.Increment();
  logger_.error(
      "archive: {}.jsonl was removed before it was sealed: what stood in it is lost here, so {} has a hole and will "
      "not be sealed. Its file {}.hole says so; remove that to have the day sealed as it is",
      day, day, day);
}

void ArchiveEvents::late(SteadyTime::duration waited, SteadyTime now) {
  metrics_.archive_errors.Increment();
  if (const auto more = lines_.admit("late", now)) {
    logger_.warn("archive: a write took {} ms: history went on meanwhile; see whether its disk is busy or failing{}",
                 std::chrono::duration_cast<std::chrono::milliseconds>(waited).count(), more_failures(*more));
  }
}

void ArchiveEvents::power_cut(std::string_view days) {
  metrics_.archive_errors.Increment();
  logger_.warn(
      "archive: the last run did not end, and the system was started since: a power cut, mostly, which may have cost "
      "the last minute of {}. They are sealed as ever, but do not count as whole, so that 'keep' leaves them in the "
      "database; 'firebase-relay prune --unsealed' removes them there, and docs/archive.md tells what else to do",
      days);
}

void ArchiveEvents::dropped_end(std::string_view day, std::uint64_t bytes) {
  metrics_.archive_errors.Increment();
  logger_.warn("archive: the last line of {} has no end, after a power cut or on a full disk: {} bytes dropped", day,
               bytes);
}

void ArchiveEvents::sealed(std::string_view day, std::uint64_t lines, std::uint64_t bytes_before,
                           std::uint64_t bytes_after) {
  logger_.info("archive: {} is sealed: {} lines, {} bytes packed; its file has {} now", day, lines, bytes_before,
               bytes_after);
}

void ArchiveEvents::not_sealed(std::string_view day) {
  logger_.warn("archive: {} has a hole and stays plain; remove {}.hole to have it sealed as it is", day, day);
}

}  // namespace firebase_relay::observe
