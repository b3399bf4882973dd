#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bus/block_desk.h"
#include "bus/entry_intake.h"
#include "bus/gap.h"
#include "bus/name_lookup.h"
#include "bus/read_count.h"
#include "bus/reading_pace.h"
#include "bus/reading_pause.h"
#include "bus/redis_url.h"
#include "bus/stream_connection.h"
#include "bus/stream_cursor.h"
#include "bus/stream_replies.h"
#include "firebase_relay/time.h"
#include "observe/stream_events.h"

namespace firebase_relay::bus {

/// Which Redis, and what of it.
struct StreamSourceOptions {
  RedisUrl url;
  std::shared_ptr<const TlsContext> tls;  ///< TlsContext::make()'s for `url`
  std::vector<std::string> streams;       ///< their keys, each once, at least one
  std::string group = "firebase-relay";
  std::vector<std::string> channels{"*"};  ///< as ChannelFilter takes them: what of the entries is taken
  /// By stream, what this relay committed in an earlier run, as it remembers itself; may be shorter, or empty. By it a
  /// group that is gone is told from a first start, and one that was moved from one that was not.
  std::vector<std::optional<RememberedPosition>> before;
  bool only_watches = false;   ///< reads what comes from now on, and writes nothing: there is no group
  Sequence last_sequence = 0;  ///< messages are numbered behind this
  std::uint64_t jitter_seed = 0;
  Resolver resolver = look_up_addresses;  ///< of the URL's host
};

/// How much a stream holds, and how much of it is not read.
struct StreamLevel {
  std::uint64_t entries = 0;            ///< that stand there
  std::optional<std::uint64_t> behind;  ///< not read; nothing: nobody can tell
};

/// The conversation over a StreamConnection: looks at the streams and their groups, makes groups that are missing,
/// reads, and looks again once a second. One question at a time, so that each look finds all that was read before it
/// counted, and nothing else.
///
/// Threads: the subscriber's. Reads no clock.
class StreamReader {
 public:
  /// Who is told what; each may be empty. By number, a stream is one of StreamSourceOptions::streams.
  struct Listeners {
    std::function<void(const Gap&)> gap;
    /// A stream was lost, or begun anew, behind this. Called after `gap`, and before its group is made or set.
    std::function<void(std::size_t stream, const StreamPosition&)> reset;
    /// A stream is read from its beginning again: live values are old ones, until caught_up is called.
    std::function<void()> falls_behind;
    /// All that stood in the streams has been read, up to this message.
    std::function<void(Sequence)> caught_up;
    /// Once a second.
    std::function<void(std::size_t stream, const StreamLevel&)> level;
    std::function<SteadyTime()> next_flush;  ///< for ReadingPace; empty: now
  };

  /// All references must outlive it.
  StreamReader(const StreamSourceOptions& options, Listeners& told, BlockDesk& desk, ReadingPause& pause,
               observe::StreamEvents& events);

  /// Asks for the first look, with the greeting of a new connection.
  void begin(StreamConnection& connection, const Now& now);
  /// The connection is lost. Nothing is asked over the next one before begin().
  void connection_lost() { has_looked_ = false; }
  /// Hears what has come, and asks what is due; while the queue is at its bound, that is looks only. True: something
  /// was heard. The connection is closed when Redis refuses.
  bool proceed(StreamConnection& connection, const Now& now);
  /// When proceed() is due, whatever poll() says; max(): an answer is awaited.
  [[nodiscard]] SteadyTime deadline(const StreamConnection& connection) const;

  [[nodiscard]] std::vector<StreamCursor>& cursors() { return cursors_; }
  [[nodiscard]] const std::vector<StreamCursor>& cursors() const { return cursors_; }
  /// Everything that was added up to then has been read, or can be read yet; nothing: it has never read.
  [[nodiscard]] std::optional<UtcMillis> read_until() const { return read_until_; }

 private:
  struct Stream {
    std::optional<StreamInfo> info;    ///< of the look that is under way
    std::optional<GroupAnswer> group;  ///< as well
    bool is_started = false;           ///< its cursor
    bool has_come = false;             ///< with the read that is under way
    UtcMillis read_at{};               ///< when its last entry came in this run
  };

  void ask_next(StreamConnection& connection, const Now& now);
  void ask_looks(StreamConnection& connection, const Now& now);
  void ask_read(StreamConnection& connection);
  void count_came(MessageBlock& block, const Now& now);
  void take(StreamConnection& connection, const StreamConnection::Answer& answer, const Now& now);
  void take_look(StreamConnection& connection, const StreamConnection::Answer& answer, const Now& now);
  static StreamPosition read_before(const Stream& stream, const StreamCursor& cursor,
                                    const std::optional<GroupInfo>& group,
                                    const std::optional<RememberedPosition>& before);
  static GroupInfo standing(const StreamCursor& cursor, const Stream& stream);
  void finish_look(StreamConnection& connection, std::size_t i, const Now& now);
  void finish_read(const Now& now);
  void refuse(StreamConnection& connection, std::size_t i, Error why);
  void tell_gap(std::size_t i, const StreamCursor::Loss& loss, const StreamPosition& behind, const Now& now);
  void tell_if_caught_up();
  [[nodiscard]] std::size_t index_of(std::string_view key) const;

  const StreamSourceOptions& options_;
  Listeners& told_;
  BlockDesk& desk_;
  ReadingPause& pause_;
  observe::StreamEvents& events_;
  std::shared_ptr<const std::vector<std::string>> keys_;
  EntryIntake intake_;
  std::vector<StreamCursor> cursors_;
  std::vector<Stream> streams_;
  ReadingPace pace_;
  ReadCount count_;
  std::unique_ptr<MessageBlock> block_;
  bool has_looked_ = false;  ///< over this connection
  SteadyTime next_look_{};
  SteadyTime rest_until_{};
  // Of the read that is under way.
  std::uint64_t entries_ = 0;
  std::uint64_t entry_bytes_ = 0;
  std::size_t messages_ = 0;
  std::size_t message_bytes_ = 0;
  bool is_caught_up_ = false;  ///< and was told
  std::optional<UtcMillis> read_until_;
};

}  // namespace firebase_relay::bus
