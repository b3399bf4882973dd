#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "firebase_relay/result.h"
#include "firebase_relay/stream_id.h"
#include "outbox/sqlite_outbox.h"

namespace firebase_relay::relay {

/// What the outbox remembers of the streams that a relay reads: where it had come to, by which the next start tells a
/// first one from a stream that was lost, and a group that was moved from one that was not.
///
/// How far the relay has come stands in Redis, once a second. The outbox is told when a run first notes it there, when
/// the stream was begun anew, when its places get or lose their count, and at the run's end, so nothing is written to
/// disk while all is well; after a kill it knows where the run began, and whether what it noted had a count.
///
/// Threads: noted() and reset() are the subscriber's; the others are called while that does not run.
class StreamMemory {
 public:
  /// `durable` may be null: then nothing is remembered. `failed` is told what went wrong, on the thread of the call.
  StreamMemory(std::vector<std::string> streams, std::string group, outbox::SqliteOutbox* durable,
               std::function<void(const Error&)> failed);

  /// For StreamSourceOptions::before.
  [[nodiscard]] std::vector<std::optional<RememberedPosition>> before() const;
  /// A stream's position is about to be noted in Redis.
  void noted(std::size_t stream, const StreamPosition& position);
  /// The stream was lost behind this: until a position in the one that stands there now is noted, the next start tells
  /// the gap once more, from the same place. Where this run dies first, nobody else may have heard of it.
  void reset(std::size_t stream, const StreamPosition& behind);
  /// The run ends, and this stands in Redis, by stream; where it is not the last, that or more.
  void ended(const std::vector<RememberedPosition>& positions);

 private:
  void save(std::size_t stream, const RememberedPosition& position);

  std::vector<std::string> streams_;
  std::string group_;
  outbox::SqliteOutbox* durable_;
  std::function<void(const Error&)> failed_;
  std::vector<std::optional<StreamPosition>> remembered_;  ///< by stream: what was saved in this run
};

}  // namespace firebase_relay::relay
