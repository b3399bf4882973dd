#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "firebase_relay/dead_letter.h"
#include "outbox/dead_letters.h"

namespace firebase_relay::outbox {

/// What is kept of a dead letter's payload: all of it up to 64 KiB, else the first 4 KiB.
std::string_view kept_of(std::string_view payload);

/// How much room the dead letters take, of each channel and reason and together, and for which new ones there is some
/// (guarantee 4). Pure: it decides, DeadLetters reads and writes.
class LetterRoom {
 public:
  /// A reason and a family of channels together.
  using Source = std::pair<std::string, std::string>;
  struct Usage {
    std::uint64_t letters = 0;
    std::uint64_t bytes = 0;
  };
  /// What a row takes beside channel and payload, in the table and its indexes.
  static constexpr std::uint64_t kRowBytes = 64;
  /// No source is held to fewer, whatever the limits are.
  static constexpr std::uint64_t kSourceLettersMin = 100;
  /// Where there is no room, so many new letters a minute push out older ones; the others are counted and not written.
  /// A flood would else write for ever what it pushes out itself a little later.
  static constexpr std::uint64_t kReplacedPerMinute = 100;

  /// Empty.
  explicit LetterRoom(const DeadLetterLimits& limits) : limits_(limits) {}

  /// The source that `letter` counts for.
  static Source source_of(const DeadLetter& letter);
  /// What a channel has in common with those of the same program: all up to its first `:`, `/` or `#`, that included,
  /// behind the third byte; else the whole name. A program that makes a channel for each of its rooms or jobs
  /// (socket.io#/#ROOM#, bull:QUEUE:JOB) is one source, however many they are.
  static std::string_view family_of(std::string_view channel);
  /// Channels of a family are those from its name on that come before this one, by their bytes.
  static std::string end_of_family(std::string_view family);
  /// Counts anew: forgets all that stored() and added() told.
  void clear();
  /// `usage`: of all letters of `source`.
  void stored(Source source, const Usage& usage);
  void added(const DeadLetter& letter);
  /// One letter of `source`, with kRowBytes.
  void evicted(const Source& source, std::uint64_t bytes);

  /// How many there are, and whether that is more than there may be: of all, and of one source.
  [[nodiscard]] std::uint64_t letters() const { return all_.letters; }
  [[nodiscard]] bool is_over() const { return is_over(all_); }
  [[nodiscard]] bool is_over(const Source& source) const;
  /// Of these letters those for which there is room, in their order: not what later ones of the same call push out at
  /// once, nor more than kReplacedPerMinute of a source where each would need the room of another, or of a reason where
  /// nobody has room.
  std::vector<const DeadLetter*> those_to_keep(std::span<const DeadLetter> letters);

 private:
  /// How many letters were let in where there was no room, in the minute of their arrival. By that and not by a clock:
  /// one that is set back begins another minute, too.
  struct Replaced {
    std::chrono::sys_time<std::chrono::minutes> minute{};
    std::uint64_t letters = 0;
    bool admit(UtcMillis arrived_at);
  };

  bool admit(const DeadLetter& letter, const Source& source, const Usage& of_source, const Usage& of_all);
  [[nodiscard]] bool is_over(const Usage& all) const {
    return all.letters > limits_.letters_max || all.bytes > limits_.bytes_max;
  }
  [[nodiscard]] bool is_share_over(const Usage& of_source) const;

  DeadLetterLimits limits_;
  Usage all_;
  std::map<Source, Usage> sources_;
  std::map<Source, Replaced> replaced_;                 ///< of sources that have no room
  std::map<std::string, Replaced> replaced_of_others_;  ///< by reason, where nobody has
};

}  // namespace firebase_relay::outbox
