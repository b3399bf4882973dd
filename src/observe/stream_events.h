#pragma once

#include <spdlog/logger.h>

#include <cstdint>
#include <optional>
#include <string_view>

#include "firebase_relay/result.h"
#include "firebase_relay/stream_id.h"
#include "firebase_relay/time.h"
#include "observe/metrics.h"
#include "observe/rate_limit.h"

namespace firebase_relay::observe {

/// As Events, for what happens to streams, and to the consumer groups in which Redis keeps how far they have been read.
/// Nothing is lost by any of it, but by a gap. `stream` is a key, and may hold any byte.
///
/// Threads: the subscriber's, and path_has_two_streams() the flusher's. Reads no clock: times are passed in.
class StreamEvents {
 public:
  /// Both must outlive it.
  StreamEvents(Metrics& metrics, spdlog::logger& logger) : metrics_(metrics), logger_(logger) {}

  /// Entries of the time between the two cannot be read any more; `entries`: how many, nothing: not known. `to` before
  /// `from`: a clock was set back in between.
  void gap(std::string_view stream, UtcMillis from, UtcMillis to, std::optional<std::uint64_t> entries,
           std::string_view cause, SteadyTime now);
  /// So many entries stand in the stream, and so many of them are not read; nothing: nobody can tell.
  void level(std::string_view stream, std::uint64_t entries, std::optional<std::uint64_t> behind);
  /// One live path was fed from two streams, whose entries have no order among each other. Told once a run.
  void path_has_two_streams(std::string_view path, std::string_view stream, std::string_view other);
  /// How far the stream was read could not be written down in Redis; it is tried again.
  void commit_failed(std::string_view stream, const Error& error, SteadyTime now);
  /// At the stop: Redis did not answer in time.
  void not_committed();
  /// At the start: nothing was ever added to it, nor read by this relay. A name that is misspelt looks so.
  void stream_is_new(std::string_view stream);
  /// At the start: the group stands further than this relay last committed, so what lies between is not read; or not as
  /// far, so it is read again. `ours` is nothing after a kill: nobody can tell which of the two.
  void group_was_moved(std::string_view stream, const std::optional<StreamId>& ours, const StreamId& theirs);
  /// While the relay ran somebody else has moved the group.
  void group_is_moved(std::string_view stream, const StreamId& ours, const StreamId& theirs, SteadyTime now);
  /// Somebody has destroyed the group; the stream itself is whole, and the group is there again.
  void group_made_again(std::string_view stream, SteadyTime now);

 private:
  Metrics& metrics_;
  spdlog::logger& logger_;
  RateLimit lines_;
  bool has_told_of_two_streams_ = false;
};

}  // namespace firebase_relay::observe
