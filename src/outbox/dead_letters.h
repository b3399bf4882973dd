#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "firebase_relay/dead_letter.h"
#include "firebase_relay/result.h"
#include "outbox/sync.h"

namespace firebase_relay::outbox {

/// How many dead letters the file keeps; beyond it the oldest go (guarantee 4).
struct DeadLetterLimits {
  std::uint64_t letters_max = 10'000;
  std::uint64_t bytes_max = 512ull << 20;  ///< a quarter of --outbox-max-mb
  // No family of channels (LetterRoom::family_of) and reason together keep more than a tenth of both, though always a
  // hundred letters. Of a payload over 64 KiB the first 4 KiB are kept.
};

/// Whether somebody asked for a letter to be sent again, and how much of it.
enum class RetryMark : std::uint8_t { kNone, kHistory, kHistoryAndLive };

/// What the command line calls it by.
using DeadLetterId = std::int64_t;

/// A letter as it stands in the file.
struct StoredDeadLetter {
  DeadLetterId id = 0;
  DeadLetter letter;               ///< its sequence is 0
  std::uint64_t payload_size = 0;  ///< as published; more than letter.payload has: cut off, and cannot be retried
  RetryMark retry = RetryMark::kNone;

  /// Then it is there to be looked at only.
  [[nodiscard]] bool is_cut_off() const { return letter.payload.size() < payload_size; }
};

/// The dead letters in the outbox file: a table of its own, over a connection of its own, so that the command line
/// works on it while a relay runs and while none does.
///
/// Threads: one at a time.
/// Errors:  values. After a failure nothing of that call is stored.
class DeadLetters {
 public:
  /// Opens the outbox `file`. The relay has opened (SqliteOutbox::open) or will open it; a file that is not there is
  /// kUnavailable, one of a later version kTooNew, anything else that is no outbox kIo.
  static Result<DeadLetters> open(const std::filesystem::path& file, const DeadLetterLimits& limits,
                                  Sync sync = Sync::kNormal);
  DeadLetters(DeadLetters&&) noexcept;
  DeadLetters& operator=(DeadLetters&&) noexcept;
  ~DeadLetters();

  /// What became of letters that were to be stored.
  struct Added {
    std::uint64_t stored = 0;   ///< letters in the file now
    std::uint64_t evicted = 0;  ///< older ones that this call pushed out, or new ones for which there was no room
    bool written = false;       ///< there was a transaction
  };
  /// One transaction, or none where there is room for no letter: what later ones would push out at once is not written,
  /// and where each would need the room of another only a hundred a minute of a channel and reason are. Without letters
  /// it brings what is stored within the limits, which may have been lowered, and tells how many are left.
  Result<Added> add(std::span<const DeadLetter> letters);

  /// The newest `count_max` letters, oldest of them first.
  Result<std::vector<StoredDeadLetter>> list(std::uint64_t count_max);
  Result<std::optional<StoredDeadLetter>> find(DeadLetterId id);
  /// Asks whoever relays to send these again; an empty list means all. Letters that are cut off stay as they are.
  /// Returns how many are marked now by this call.
  Result<std::uint64_t> mark(std::span<const DeadLetterId> ids, RetryMark retry);
  /// How many are cut off.
  Result<std::uint64_t> cut_off();
  /// Forgets these; an empty list means all. Returns how many there were.
  Result<std::uint64_t> drop(std::span<const DeadLetterId> ids);

  /// Did another connection change the file since the last call? Costs no read of the disk: for asking now and then.
  Result<bool> has_changed();
  /// Letters marked for a retry, oldest first, until `bytes_max` of payload are reached; at least one if there is any.
  Result<std::vector<StoredDeadLetter>> marked(std::uint64_t bytes_max);

 private:
  class Impl;
  explicit DeadLetters(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Does a relay hold the lock of this outbox file now?
bool is_outbox_in_use(const std::filesystem::path& file);

}  // namespace firebase_relay::outbox
