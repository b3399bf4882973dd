// Of a world whose messages come from a stream with a cursor.
#include "sim/world.h"

#include <algorithm>
#include <chrono>

namespace firebase_relay::sim {

/// Delivery as one over streams is, and a disk that can say what was on it.
void World::switch_stream_on() {
  stream_.switch_on();
  disk_.remembers_gone = true;
  options_.can_replay = true;
  options_.syncs_for_commit = true;
  options_.is_behind = true;
  // Beside a quota, what is read over and over would take hours to be sent.
  begins_again_percent_ = options_.bytes_per_minute_max > 1'000'000 && random_.chance(30)
                              ? static_cast<unsigned>(random_.between(1, 3))
                              : 0;
}

/// Redis has lost its end and has it again, or is another one: what is read now was read before, or some of it.
void World::lose_place() {
  ++marks_[kBeganAgain];
  stream_.begins_again(random_.between(0, stream_.committed()), ledger_.messages().size(), last_sequence_);
  return_.fell_behind();
  handle(FellBehind{});
  if (stream_.handed_over(0)) handle(CaughtUp{});
}

/// The source's part: it reads what is there, some at a time, as long as the outbox takes more. In a hurry it reads all
/// of it.
void World::read_stream() {
  const std::uint64_t last = ledger_.messages().size();
  if (stream_.next() > last || !delivery_->takes_more()) return;
  const std::uint64_t most = std::min<std::uint64_t>(last + 1 - stream_.next(), 60);
  const auto count = static_cast<std::uint32_t>(random_.between(1, most));
  std::vector<FragmentBlock> blocks;
  blocks.push_back(ledger_.block_of(stream_.next(), count, last_sequence_ + 1, now_));
  stream_.read(count);
  marks_[kReplayed] = stream_.replayed();
  last_sequence_ += count;
  queue_up(std::move(blocks));
}

/// The source's part once more: it asks once a second, and what it tells Redis may get lost.
void World::commit_if_due() {
  if (!stream_.is_on()) return;
  stream_.store_letters(now_.steady);
  if (now_.steady < next_commit_) return;
  next_commit_ = now_.steady + std::chrono::seconds(1);
  stream_.synced();  // the flusher's part: letters that were stored
  judge_stream();
  if (!random_.chance(20)) stream_.commit();
}

void World::judge_stream() {
  if (stream_.is_on()) stream_.is_safe(delivery_->safe_upto(), ledger_, database_, disk_);
}

/// Is all read that was published?
bool World::stream_is_read() const { return !stream_.is_on() || stream_.next() > ledger_.messages().size(); }

}  // namespace firebase_relay::sim
