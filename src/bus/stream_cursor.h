#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "firebase_relay/message.h"
#include "firebase_relay/stream_id.h"

namespace firebase_relay::bus {

/// What `XINFO STREAM` says of a stream. One that does not exist is an empty one.
struct StreamInfo {
  std::uint64_t length = 0;             ///< entries that stand there
  StreamId last_generated;              ///< of the newest that was ever added
  std::optional<StreamId> first;        ///< the oldest that stands there; nothing: none does
  std::optional<std::uint64_t> added;   ///< how many were ever added; nothing: Redis is older than 7
  std::optional<StreamId> max_deleted;  ///< the highest that XDEL took; nothing: as above
};

/// Who else uses a group: the relay claims nothing, so none of it is its own.
struct GroupUsers {
  std::uint64_t consumers = 0;
  std::uint64_t pending = 0;  ///< entries that a consumer was given and has not acknowledged
  [[nodiscard]] bool are_there() const { return consumers > 0 || pending > 0; }
};

/// What `XINFO GROUPS` says of our group.
struct GroupInfo {
  StreamId last_delivered;                    ///< how far we had come
  std::optional<std::uint64_t> entries_read;  ///< how many had been added up to there; nothing: Redis does not know
  GroupUsers users;
};

/// Remembers of one stream what was read and not yet committed, and judges by what Redis says whether something is
/// missing. It knows how many entries were ever added up to the one it has read last, and so does Redis of the
/// first that still stands there: what lies between was trimmed, and is counted exactly, once. That count goes with
/// each commit, or it would be counted again after the next start.
///
/// Pure: no socket, no clock. Threads: one.
class StreamCursor {
 public:
  /// Why entries are lost, or may be.
  enum class Cause : std::uint8_t {
    kTrimmed,    ///< before they were read
    kGroupGone,  ///< with the stream, probably: FLUSHALL, DEL, a Redis that has forgotten
    kMisfit,     ///< the stream holds less than was read of it: a tail that was cut, a failover, another server
  };
  /// Entries that cannot be read any more. `entries`: how many; nothing: not known.
  struct Loss {
    Cause cause;
    std::optional<std::uint64_t> entries;
  };
  /// What has to be done with the group for Redis to hold position().
  enum class Group : std::uint8_t { kStands, kCreate, kSet };
  /// Where the group stood at the start, against what this relay last committed. kSomewhere: it was moved, and nobody
  /// can tell from where, since the run before was killed.
  enum class Moved : std::uint8_t { kNo, kForwards, kBack, kSomewhere };
  /// What a look has found.
  struct Found {
    std::optional<Loss> loss;
    Group group = Group::kStands;
    Moved moved = Moved::kNo;
    bool goes_back = false;   ///< what was read already is read again: the stream is read from its beginning
    bool group_went = false;  ///< somebody has destroyed the group, and nothing else
  };

  /// The first look of a run. `group`: nothing: Redis has none of our name. `before`: what this relay committed in an
  /// earlier run, as the relay itself remembers it; nothing: it does not, and then a group that is not there is a first
  /// start.
  Found start(const StreamInfo& info, const std::optional<GroupInfo>& group,
              const std::optional<RememberedPosition>& before);
  /// A later look: now and then, and after each loss of the connection. No read is under way. `is_same_server`: it is
  /// certain that the one before was answered by the same.
  Found look(const StreamInfo& info, const std::optional<GroupInfo>& group, bool is_same_server = false);

  /// `entries` were read, passed-over ones too, the last of them `id`. It is safe to commit `id` once `upto` is safe;
  /// 0: at once.
  void took(const StreamId& id, std::uint64_t entries, Sequence upto);
  /// A read came back without an entry of this stream, so there was none behind read_upto().
  void found_nothing() {
    is_caught_up_ = true;
    nothing_upto_ = newest_;
  }

  /// Where to read on.
  [[nodiscard]] const StreamId& read_upto() const { return read_.id; }
  /// What was read, with its count.
  [[nodiscard]] const StreamPosition& read() const { return read_; }
  /// Has all been read that stood there at the start, or at the last look that went back?
  [[nodiscard]] bool is_caught_up() const { return is_caught_up_; }
  /// How many entries have not been read, as of `info`; nothing: nobody can tell.
  [[nodiscard]] std::optional<std::uint64_t> behind(const StreamInfo& info) const;

  /// What to commit when everything up to `safe_upto` is safe; nothing: what stands in Redis will do.
  std::optional<StreamPosition> due(Sequence safe_upto);
  /// May due() have something one day, though nothing more is read?
  [[nodiscard]] bool has_uncommitted() const { return !reads_.empty() || safe_ != committed_; }
  /// It stands in Redis.
  void committed(const StreamPosition& position) {
    committed_ = position;
    group_has_stood_ = true;
  }
  /// The group that was to be created stands. Before that nothing can be told from its absence.
  void group_made() { group_has_stood_ = true; }
  /// Another number: since then the stream has been begun again, and what was due before is no position of it.
  [[nodiscard]] std::uint64_t life() const { return life_; }
  /// What stands in Redis, as far as we know: where a group has to be created.
  [[nodiscard]] const StreamPosition& position() const { return committed_; }

  /// More reads than that are thinned out: commits become coarser, which costs a few entries read twice after a crash.
  static constexpr std::size_t kReadsMax = 8192;
  [[nodiscard]] std::size_t reads_remembered() const { return reads_.size(); }

 private:
  struct Read {
    Sequence upto;
    StreamPosition position;
  };

  [[nodiscard]] bool fits(const StreamInfo& info) const;
  [[nodiscard]] bool has_all(const StreamInfo& info) const;
  [[nodiscard]] bool is_surely_whole(const StreamInfo& info, bool is_same_server) const;
  Found begin_again(const StreamInfo& info, const std::optional<GroupInfo>& group, Cause cause);
  std::optional<Loss> count_missing(const StreamInfo& info);
  static std::optional<Loss> missing_behind(const StreamInfo& info, const RememberedPosition& before);
  std::optional<Loss> suspect_missing(const StreamInfo& info);
  void account(std::uint64_t entries);
  void thin_out();

  StreamPosition read_;
  StreamId looked_;        ///< where read_ stood at the last look
  StreamId checked_;       ///< up to here the count of read_ is known to be right
  StreamId lost_before_;   ///< a loss that could not be counted was told for what is older than this
  StreamId target_;        ///< the newest at the start
  StreamId newest_;        ///< at the last look
  StreamId nothing_upto_;  ///< up to here there is nothing more to be read
  bool is_caught_up_ = false;
  bool group_has_stood_ = false;  ///< since the stream began, as far as this relay knows
  std::deque<Read> reads_;        ///< not known to be safe, oldest first
  StreamPosition safe_;
  StreamPosition committed_;
  std::uint64_t life_ = 0;
};

}  // namespace firebase_relay::bus
