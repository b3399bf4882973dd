#include "flush/letter_box.h"

#include <algorithm>
#include <utility>

#include "firebase_relay/message.h"

namespace firebase_relay::flush {
namespace {

using std::chrono::milliseconds;

// Letters are collected so long, and then written together: each write costs some pages, however little is in it. The
// block that they came with may have waited for a flush interval before; with this time on top of it they are still
// within guarantee 2's window.
constexpr milliseconds kStoreWithin{200};
constexpr milliseconds kLookEvery{1000};
constexpr milliseconds kTryAgainAfter{5000};
constexpr std::size_t kWaitingMax = 1000;               // letters that are written at once, not when they are due
constexpr std::uint64_t kWaitingBytesMax = 8ull << 20;  // what memory holds while the disk fails
constexpr std::uint64_t kRetryBytesMax = 1ull << 20;    // of payloads in one helping

classify::WriterOptions with_live(classify::WriterOptions options, bool live) {
  options.live = live;
  options.console = classify::LineFormat::kNone;
  return options;
}

}  // namespace

LetterBox::LetterBox(outbox::DeadLetters store, const classify::WriterOptions& options, Wiring wiring)
    : store_(std::move(store)),
      wiring_(wiring),
      writers_{classify::CurrentWriter(wiring.routes, with_live(options, false)),
               classify::CurrentWriter(wiring.routes, with_live(options, true))} {
  count_stored(std::chrono::steady_clock::now());
}

/// How many letters the file has is counted anew at the start: limits that are lower than in the run before drop some,
/// and so may a person.
void LetterBox::count_stored(SteadyTime now) {
  const auto stored = store_.add({});
  if (!stored) return wiring_.events.outbox_failed("count dead letters", stored.error(), now);
  wiring_.metrics.dead_letters_stored.Set(static_cast<double>(stored->stored));
  if (stored->evicted > 0) wiring_.events.dead_letters_evicted(stored->evicted, now);
}

void LetterBox::add(DeadLetter letter, SteadyTime now) {
  wiring_.events.dead_letter(letter, now);
  waiting_bytes_ += letter.payload.size() + letter.channel.size();
  unsafe_.add(letter.sequence);
  waiting_.push_back(std::move(letter));
  if (store_due_ == SteadyTime::max()) store_due_ = now + kStoreWithin;
  if (waiting_.size() >= kWaitingMax || waiting_bytes_ >= kWaitingBytesMax) store(now, true);
}

SteadyTime LetterBox::due() const { return waiting_.empty() ? look_due_ : std::min(store_due_, look_due_); }

void LetterBox::store(SteadyTime now, bool at_once) {
  if (waiting_.empty() || (!at_once && now < store_due_)) return;
  const auto added = store_.add(waiting_);
  if (!added) {
    wiring_.events.outbox_failed("add dead letters", added.error(), now);
    store_due_ = now + kTryAgainAfter;
    if (waiting_.size() < kWaitingMax && waiting_bytes_ < kWaitingBytesMax) return;
    wiring_.events.dead_letters_evicted(waiting_.size(), now);  // counted and logged each; memory has its bound
  } else {
    store_due_ = SteadyTime::max();
    if (added->written) wiring_.events.outbox_written(now);
    wiring_.metrics.dead_letters_stored.Set(static_cast<double>(added->stored));
    if (added->evicted > 0) wiring_.events.dead_letters_evicted(added->evicted, now);
  }
  waiting_.clear();
  waiting_bytes_ = 0;
  unsafe_.stored();
}

std::optional<LetterBox::Retry> LetterBox::take_marked(Sequence newest, SteadyTime now) {
  if (now < look_due_) return std::nullopt;
  look_due_ = now + kLookEvery;
  const auto changed = store_.has_changed();
  if (!has_more_ && changed && !*changed) return std::nullopt;
  const auto marked = store_.marked(kRetryBytesMax);
  if (!marked) {
    wiring_.events.outbox_not_read("read dead letters", marked.error(), now);
    look_due_ = now + kTryAgainAfter;
    return std::nullopt;
  }
  has_more_ = !marked->empty();
  if (marked->empty()) {
    count_stored(now);
    return std::nullopt;
  }
  look_due_ = now;  // there may be more
  Retry retry;
  for (const outbox::StoredDeadLetter& stored : *marked) {
    retry.letters.push_back(stored.id);
    retry.blocks.push_back(classify(stored, newest, now));
  }
  return retry;
}

/// A letter by itself, since each has an arrival of its own. It has the key that it had, or that of its entry. Other
/// equal letters are one message: their keys are those of n = 0, so that a retry that was cut off and made again writes
/// nothing twice.
std::unique_ptr<FragmentBlock> LetterBox::classify(const outbox::StoredDeadLetter& stored, Sequence newest,
                                                   SteadyTime now) {
  const DeadLetter& letter = stored.letter;
  MessageBlock message;
  message.number = ++last_block_;
  message.arrived = now;
  // The time of its key may have stood in the envelope, which is gone, and says in which day it belongs.
  message.arrived_at = time_of_key(letter.key).value_or(letter.arrived_at);
  if (letter.stream.empty()) {
    message.append(letter.channel, letter.payload);
  } else {
    message.streams = std::make_shared<const std::vector<std::string>>(1, letter.stream);
    message.append(letter.channel, letter.payload, {0, letter.entry});
  }
  const bool live = stored.retry == outbox::RetryMark::kHistoryAndLive;
  // History is not ordered by sequence: all it needs is a number that no message has.
  message.first_sequence = live ? newest : kUnorderedSequences + last_block_;
  std::unique_ptr<FragmentBlock> block = writers_[live ? 1 : 0].get().write(message);
  block->number = 0;
  for (HistoryRun& run : block->history) {
    run.seeds.clear();
    for (std::size_t i = 0; i < run.entries.size() && time_of_key(letter.key); ++i) run.set_key(i, letter.key);
  }
  for (DeadLetter& again : block->dead_letters) {
    again.count = letter.count + 1;
    again.key = letter.key;
  }
  return block;
}

void LetterBox::sent(const Retry& retry, SteadyTime now) {
  const auto dropped = store_.drop(retry.letters);
  if (!dropped) {
    wiring_.events.outbox_failed("drop dead letters", dropped.error(), now);
    look_due_ = now + kTryAgainAfter;
  }
}

void LetterBox::not_sent(SteadyTime now) { look_due_ = now + kTryAgainAfter; }

}  // namespace firebase_relay::flush
