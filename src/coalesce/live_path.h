#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "coalesce/disk_row.h"
#include "firebase_relay/fragment.h"
#include "firebase_relay/fragment_text.h"
#include "firebase_relay/time.h"

namespace firebase_relay::coalesce {

/// One live path: its newest value, what is being done about it, and the one of its values that is under way.
///
/// There may be hundreds of thousands of them, in an outage: 152 bytes and the text. It has many members: a value is
/// looked up once, and all that is known of its path stands where that leads.
struct LivePath {
  /// Of `ticket`: the message has a history entry, which counts it.
  static constexpr std::uint32_t kNoTicket = LiveUpdate::kNoTicket;
  /// Of a time of waiting: in no hurry at all. Unlike SteadyTime::max() one may add to it.
  static constexpr SteadyTime kLater = SteadyTime(SteadyTime::duration::max() / 2);

  /// Up to this capacity the memory of a text is kept for the next one.
  static constexpr std::size_t kSmallText = 256;

  /// What is being done about the newest value. LiveValues has them drawn, with what leads from one to the other.
  enum class Status : std::uint8_t {
    kFree,          ///< no path is here, or one that rests: nothing is known of it but its name
    kWaiting,       ///< to be sent: it is in the queue, or parked there until the disk has it
    kInFlight,      ///< in the request that is under way; a newer value may have come meanwhile
    kApart,         ///< suspected of making the database refuse a request, and sent beside those of its group only
    kAcknowledged,  ///< the database has the newest value; kept for its row's sake, or because a straggler may come
    kRefused,       ///< likewise, but the database does not take the newest value: it is not sent again
  };

  /// The value that is under way.
  struct Flight {
    Sequence sequence = 0;
    SteadyTime waited_since = kLater;
    std::uint32_t ticket = kNoTicket;
    bool resend = false;  ///< a straggler can no longer come: send the value once more when this is answered
  };

  std::string text;                   ///< a FragmentText. Stays as it is while it is under way
  std::unique_ptr<std::string> next;  ///< the same of a newer value that came meanwhile; else empty, or null
  std::uint64_t hash = 0;
  Sequence sequence = 0;            ///< of the newest value
  SteadyTime waits_since = kLater;  ///< no request has taken a value of this path since
  Sequence owed_since = 0;          ///< the lowest message that may be lost with the values of this path; 0: none
  std::uint32_t path_size = 0;
  std::uint32_t ticket = kNoTicket;
  Status status = Status::kFree;
  bool is_order = false;
  bool is_own = false;  ///< the newest value is the relay's own, and no message's
  Flight flight;
  DiskRow row;

  /// The path and its newest value, without quotes and comma. Views of `text` or of what is `next`.
  [[nodiscard]] std::string_view path() const { return FragmentText(text, path_size).path(); }
  [[nodiscard]] std::string_view newest() const { return FragmentText(has_next() ? *next : text, path_size).value(); }
  /// Is the newest value neither with the database nor refused?
  [[nodiscard]] bool is_owed() const {
    return status == Status::kWaiting || status == Status::kInFlight || status == Status::kApart;
  }
  /// Is the newest value owed, and not the one that is under way?
  [[nodiscard]] bool is_unsent() const {
    return is_owed() && !(status == Status::kInFlight && flight.sequence == sequence);
  }
  /// The ticket that the newest value holds, wherever it is; kNoTicket: none.
  [[nodiscard]] std::uint32_t newest_ticket() const {
    return status == Status::kInFlight && flight.sequence == sequence ? flight.ticket : ticket;
  }

  [[nodiscard]] bool has_next() const { return next && !next->empty(); }

  /// The messages up to `upto` are safe, as far as this path goes; what came later, if anything, is still owed.
  void safe_upto(Sequence upto) {
    if (owed_since == 0) return;
    owed_since = sequence <= upto ? 0 : std::max(owed_since, upto + 1);
  }

  /// Begins a path in a free slot, with room for a value of `value_size` bytes.
  void set_path(std::string_view path, std::uint64_t path_hash, std::size_t value_size);
  /// Forgets all but the path. So its next value need not find a slot, and memory, of its own.
  void rest();
  /// Writes the newest value: to `next` while `text` is under way, else to `text`.
  void set_newest(std::string_view value);
  /// The newest value goes into the request that is under way, and its ticket with it.
  void take_off() {
    flight = {sequence, waits_since, ticket, false};
    ticket = kNoTicket;
    status = Status::kInFlight;
  }
  /// The request is no longer under way: a value that came meanwhile becomes the text. The caller sets the status.
  void land() {
    flight.sequence = 0;
    if (!has_next()) return;
    text.swap(*next);
    // A price is under way nearly always, and its next value needs the same room again.
    if (!is_order && next->capacity() <= kSmallText) {
      next->clear();
    } else {
      next.reset();
    }
  }
};
static_assert(sizeof(LivePath) <= 152);

}  // namespace firebase_relay::coalesce
