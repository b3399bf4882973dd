#pragma once

#include <spdlog/logger.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "firebase_relay/result.h"
#include "firebase_relay/time.h"
#include "observe/metrics.h"
#include "observe/rate_limit.h"

namespace firebase_relay::observe {

/// As Events, for what happens to the archive. Threads: the archive's. Reads no clock: times are passed in.
class ArchiveEvents {
 public:
  /// Both must outlive it.
  ArchiveEvents(Metrics& metrics, spdlog::logger& logger) : metrics_(metrics), logger_(logger) {}

  /// The archive could not be written or synced. From now on it counts as stopped until written().
  void failed(const Error& error, SteadyTime now);
  /// A day that is over could not be opened, written, synced or sealed. The others are written.
  void day_waits(const Error& error, SteadyTime now);
  /// A file that a replay has left could not be taken in. The caller tells each file once.
  void not_taken_in(const Error& error, SteadyTime now);
  /// It could be written: if it could not be before, says that this is over.
  void written();
  /// `lines` of `day` were not written and never will be.
  void lost(std::string_view day, std::uint64_t lines, SteadyTime now);
  /// What was to be sent could not be left for whoever writes the archive: a replay ends by that.
  void not_left(const Error& error);
  /// This run goes without the archive that those since `since` have written. Once: the next one without finds nothing
  /// new in it.
  void left_out(UtcMillis since);
  /// These days, `2026-11-27, 2026-11-28`, have a hole whose mark could not be written until the end of the run.
  void not_marked(std::string_view days);
  /// The plain file of `day` is not there any more, and nobody has sealed it: the day has a hole.
  void missing(std::string_view day);
  /// Lines stood so long in the queue that their history went on without them. They are written all the same.
  void late(SteadyTime::duration waited, SteadyTime now);
  /// A power cut may have cost these days, `2026-11-27, 2026-11-28`, their last lines. Each is told once.
  void power_cut(std::string_view days);
  /// A last line without an end was dropped: `bytes` of it.
  void dropped_end(std::string_view day, std::uint64_t bytes);
  /// A day was sealed: how many lines, and what they took before and take now.
  void sealed(std::string_view day, std::uint64_t lines, std::uint64_t bytes_before, std::uint64_t bytes_after);
  /// A day that is over stays plain, since it has a hole. The caller tells each day once.
  void not_sealed(std::string_view day);
  /// So many days have a hole, or could not be sealed, or taken in from a replay.
  void unsealed(std::size_t days) { metrics_.archive_unsealed.Set(static_cast<double>(days)); }
  /// How much it takes on its disk.
  void holds(std::uint64_t bytes) { metrics_.archive_bytes.Set(static_cast<double>(bytes)); }

 private:
  Metrics& metrics_;
  spdlog::logger& logger_;
  RateLimit lines_;
  bool has_failed_ = false;
};

}  // namespace firebase_relay::observe
