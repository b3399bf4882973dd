#pragma once

#include <filesystem>
#include <string_view>

#include "firebase_relay/time.h"

namespace firebase_relay::archive {

/// Which days an archive has whole, as far as that can be known: those may leave the database. In doubt it has not.
///
/// A sealed file alone says little: one late line makes one for a day on which nobody archived. So a day counts that
/// began when the archive was there for a day, since a message's own time may be so far ahead, and every run of that
/// time wrote it; that has no hole, no power cut and no line that is not sealed; and whose sealed file has the size
/// with which it was sealed, or else is made of whole frames to its end. What stands in these is read by `export` and
/// `prune` alone, which know their checksums.
///
/// Looks at the disk each time. Threads: any.
class WholeDays {
 public:
  /// `since`: from when on no run went without this archive. UtcMillis::max(): nobody knows.
  WholeDays(std::filesystem::path folder, UtcMillis since) : folder_(std::move(folder)), since_(since) {}

  /// `day`: `2026-11-28`.
  [[nodiscard]] bool has(std::string_view day) const { return flaw_of(day).empty(); }
  /// Why it has not, in words for a person; empty: it has.
  [[nodiscard]] std::string_view flaw_of(std::string_view day) const;

 private:
  std::filesystem::path folder_;
  UtcMillis since_;
};

}  // namespace firebase_relay::archive
