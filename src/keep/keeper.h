#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "firebase_relay/kept_place.h"
#include "firebase_relay/time.h"
#include "keep/in_doubt.h"
#include "keep/walk.h"

namespace firebase_relay::keep {

// Events: what happened.

/// These are the places of which only the newest days are kept; they replace those before.
struct Places {
  std::vector<KeptPlace> places;
};
/// What an AskLeave asks for: may it go now?
struct Leave {
  bool granted = false;
};
/// What has become of the request that was asked for.
struct Reply {
  enum class Outcome : std::uint8_t {
    kDone,
    kTooBig,  ///< more than the database writes at once, so that nothing was done; or a list longer than is read
    kFailed   ///< anything else, lost answers included: whether it was done is not known
  };
  Outcome outcome = Outcome::kFailed;
  std::vector<std::string> keys;             ///< of a List, AskFlat or ListFlat: what stands there, as between quotes
  std::optional<std::chrono::seconds> skew;  ///< this clock less the answer's Date; nothing: it had none
  std::string detail;                        ///< for the log, of a kFailed
  std::string remedy;                        ///< what a person can do about that; empty: it is tried again, no more
};
/// Nothing but the time: next_deadline() has come.
struct TimePassed {};
using Event = std::variant<Places, Leave, Reply, TimePassed>;

// Actions: what is to be done. One at a time: the next one comes when the last one was answered.

/// May a request go now? Answered by Leave.
struct AskLeave {
  std::uint64_t bytes = 0;  ///< what it writes at most, about; 0: it reads
  std::string day;          ///< the node that it removes whole: who knows how much stands there may count that
};
/// The keys of a node, without what stands below them. Answered by Reply, as are the next four.
struct List {
  std::string path;
};
/// One of the node's keys, if any, that is in front of all days: mostly an entry's, which an earlier version has left
/// there.
struct AskFlat {
  std::string path;
  bool is_last = false;  ///< the last one; else the first
};
/// So many of the keys of a node that are in front of all days and of those of entries of `before`, with what stands
/// below them: a database lists a part of a node in no other way.
struct ListFlat {
  std::string path;
  std::string from;  ///< the first that is wanted, as it stands between quotes; empty: whichever is the first
  std::chrono::sys_days before;
  std::size_t count = 0;
  bool are_newest = false;  ///< the last ones; else the first
};
/// Removes a node whole, unless that is too much at once.
struct RemoveDay {
  std::string path;
};
/// Removes these keys of a node, unless that is too much at once.
struct RemovePieces {
  std::string path;
  std::vector<std::string> keys;
};
using Action = std::variant<AskLeave, List, AskFlat, ListFlat, RemoveDay, RemovePieces>;

// Reports: what is only told.

/// A day is gone from the database: its removal was answered, or a list tells of one whose answer was lost.
struct DayRemoved {
  Kind kind;
  std::string path;
};
/// Something stands in `path` in front of the days: it is not listed, and nothing is removed there. Mostly these are
/// entries without a day, from an earlier version, of which `key` is one; a key that is no entry's (time_of_key) is
/// somebody else's, and what stands behind it is not known.
struct FlatFound {
  std::string path;
  std::string key;
};
/// What stands at `path` stays: it is too large to be listed, or not even one entry of it can be removed.
struct DayRefused {
  std::string path;
};
/// Nothing is removed for now: which day it is is not known. `skew`: of this clock, as far as an answer had a Date.
struct DayNotKnown {
  std::optional<std::chrono::seconds> skew;
};
/// Stopped, to begin again.
struct BrokenOff {
  std::string detail;
  std::chrono::seconds again_in;
  std::string remedy;  ///< empty: none but to wait
};
/// All places were gone through.
struct RoundEnded {
  std::uint64_t days = 0;       ///< removed in it
  std::uint64_t held_back = 0;  ///< that are too old, and stay since they may not go
  std::uint64_t waiting =
      0;  ///< likewise, but are over for so short a time that they may go yet: looked at again today
};

// The others are of a keeper that a person has started.

/// A day stands there that is old enough, and stays, since nothing is to be removed.
struct DayFound {
  Kind kind;
  std::string path;
};
/// What stands there of `day` is old enough, and stays, since it may not go.
struct DayHeldBack {
  std::string path;
  std::string day;
};
/// What goes next although it may not: the keys of entries of `path`.
struct EntriesListed {
  std::string path;
  std::vector<std::string> keys;
};
/// Entries without a day stand in `path`, and stay, since nothing is to be removed. Times: nothing for a key that is no
/// entry's.
struct FlatSeen {
  Kind kind;
  std::string path;
  std::optional<UtcMillis> oldest;
  std::optional<UtcMillis> newest;
};
/// So many keys that are no entries' stand in `path` in front of the days, and stay; `key` is one of them.
struct StrangersLeft {
  std::string path;
  std::string key;
  std::uint64_t count = 0;
};
/// So many entries without a day, but of one, are gone from `path`.
struct EntriesRemoved {
  Kind kind;
  std::string path;
  std::uint64_t count = 0;
  UtcMillis newest;  ///< of them
};
/// Nothing is removed: a place's `before` is yet to come.
struct DateToCome {
  std::chrono::sys_days today;  ///< by the database
};
using Report = std::variant<DayRemoved, FlatFound, DayRefused, DayNotKnown, BrokenOff, RoundEnded, DayFound,
                            DayHeldBack, EntriesListed, FlatSeen, StrangersLeft, EntriesRemoved, DateToCome>;

/// How a keeper goes about it.
struct Manner {
  /// Whether a day may be removed at all, asked before each; an archive says no to those that it has not sealed, which
  /// it does an hour after their end. Empty: all may.
  std::function<bool(std::string_view day)> may_go;
  bool overrides_may_go = false;  ///< what may not go goes, too, once its keys have been told
  bool only_looks = false;        ///< tells what would go, and removes nothing
};

/// What handle() has decided.
struct Decisions {
  std::vector<Action> actions;
  std::vector<Report> reports;
};

/// Decides which days of history are too old, and removes them: at the start, and whenever a new day has begun, place
/// by place, oldest day first, one request at a time; and two hours after a day's begin, or the start, once more, if
/// the day before could not go by then, as where only one is kept that an archive has yet to seal. Like delivery it has
/// no thread, socket or clock (decision 3 of the contract): events and the time go in, actions come out, and tests/sim
/// runs it through any schedule.
///
/// Which day it is says the Date of the database's answers in this round, the earliest of them, and only as long as it
/// agrees with this clock; a day is removed once it is as many days before that as the place keeps. It remembers
/// nothing over a restart: what was removed is not there when it is listed again, and to remove a day twice is
/// harmless; but a day whose removal was done and not answered by then is never reported. A place that a person has
/// named a day for is held to that day instead, which must not be later than today.
///
/// Threads: one at a time. Errors: none; what fails is reported, and tried again.
class Keeper {
 public:
  /// `may_go`: as Manner has it.
  explicit Keeper(std::function<bool(std::string_view day)> may_go = {}) : manner_{std::move(may_go)} {}
  explicit Keeper(Manner manner) : manner_(std::move(manner)) {}

  /// Appends to `decisions`. `now.steady` never decreases.
  void handle(Event event, const Now& now, Decisions& decisions);
  /// When TimePassed is due; SteadyTime::max(): nothing waits for time.
  [[nodiscard]] SteadyTime next_deadline() const { return phase_ == Phase::kWaits ? wake_at_ : SteadyTime::max(); }
  /// Since when a round has been due that has not come to its end; nothing: none is due.
  [[nodiscard]] std::optional<SteadyTime> due_since() const { return due_since_; }
  /// Days that are too old and stay, as the last round that came to its end has left them; a place with entries without
  /// a day counts as one.
  [[nodiscard]] std::uint64_t overdue() const { return overdue_; }

 private:
  enum class Phase : std::uint8_t { kWaits, kAsksLeave, kIsOut };

  void on(Places&& event);
  void on(const Leave& event);
  void on(Reply&& event);
  void on(const TimePassed&) {}
  void proceed();
  void begin_round();
  void end_round();
  void done(Reply&& reply);
  void stale_reply(const Reply& reply);
  void tell_of_gone(const std::string& node, const std::vector<std::string>& keys);
  void page_came(std::vector<std::string>&& keys);
  void tell_of_strangers(const std::vector<std::string>& keys);
  void take_entries(const std::vector<std::string>& keys);
  void pieces_removed();
  void tell_of_entries(std::span<const std::string> keys);
  void too_big();
  void tell_of_days();
  void break_off(Report why);
  bool knows_the_day(const Reply& reply);
  void wait(SteadyTime::duration time);
  [[nodiscard]] bool has_date_to_come() const;
  [[nodiscard]] bool has_to_look() const;
  [[nodiscard]] UtcMillis settles_at(std::string_view day) const;
  [[nodiscard]] Action request_of(const Walk::Step& step) const;
  [[nodiscard]] Walk::Fate fate_of(const std::string& path, std::string_view day);

  Manner manner_;
  std::vector<KeptPlace> places_;
  Walk walk_;
  InDoubt in_doubt_;
  Phase phase_ = Phase::kWaits;
  SteadyTime wake_at_ = SteadyTime::max();
  SteadyTime sent_at_{};
  bool in_round_ = false;
  std::optional<std::chrono::sys_days> today_;     ///< in this round, by the database
  std::optional<std::chrono::sys_days> done_day_;  ///< of the last round that came to its end
  std::optional<SteadyTime> begun_at_;             ///< with the first event
  std::optional<UtcMillis> look_again_at_;  ///< before the next day: something of the last round waits until then
  std::uint64_t removed_ = 0;               ///< days, in this round
  std::uint64_t held_back_ = 0;             ///< likewise, that may not go
  std::uint64_t waiting_ = 0;               ///< likewise, that may go later today
  std::uint64_t refused_ = 0;               ///< likewise: FlatFound, DayRefused
  std::uint64_t overdue_ = 0;
  std::optional<SteadyTime> due_since_;
  std::chrono::seconds retry_in_ = kRetryFirst;

  static constexpr std::chrono::seconds kRetryFirst{60};

  // Of the call of handle() that is under way.
  Now now_{};
  Decisions* out_ = nullptr;
};

}  // namespace firebase_relay::keep
