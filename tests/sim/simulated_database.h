#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "firebase_relay/delivery.h"
#include "sim/random.h"

namespace firebase_relay::sim {

/// How often what goes wrong, in percent of the requests. All zero: a healthy database.
struct FaultRates {
  unsigned unavailable = 0;   ///< 503, 429
  unsigned server_error = 0;  ///< 500, 502, 504, 408, a 200 or 202 of no database; applied or not
  unsigned lost_before = 0;   ///< no answer, not applied
  unsigned lost_after = 0;    ///< no answer, applied
  unsigned straggler = 0;     ///< no answer, applied later
  unsigned unreachable = 0;   ///< no connection, no name, no TLS
  unsigned held = 0;          ///< 401, 402, 404, 423, 302
  unsigned slow = 0;          ///< an answer after seconds
};

/// A Realtime Database as far as the relay's requests go: applies PATCHes whole, refuses those with poison, and
/// remembers for every path which message wrote it. Checks as it goes that no live path goes back.
class SimulatedDatabase {
 public:
  struct Reply {
    RequestId request;
    Answer answer;
    SteadyTime at;
  };

  struct Write {
    std::string path;
    std::string value;
    [[nodiscard]] bool is_live() const { return path.starts_with("services/"); }
    /// In the body of a request to the root: quotes, colon and comma, too.
    [[nodiscard]] std::uint64_t bytes() const { return path.size() + value.size() + 4; }
  };
  static std::vector<Write> parse(const Send& send);

  /// Takes a request, whose writes parse() has found, and decides what becomes of it.
  void receive(const Send& send, std::vector<Write> writes, const Now& now, Random& random, const FaultRates& faults,
               std::chrono::milliseconds request_timeout);
  /// Applies what is due, and gives the answers that are due.
  std::vector<Reply> proceed(const Now& now);
  [[nodiscard]] SteadyTime next() const;
  /// The relay was killed: nobody waits for answers any more; requests on the wire are applied or not.
  void relay_killed(Random& random);
  /// It has stopped in order: so too, by `applied_by` at the latest, since its connections ended with it; and the next
  /// one sends again, by `settles_at`, what they may set back.
  void relay_stopped(Random& random, SteadyTime applied_by, SteadyTime settles_at);

  /// A power cut took what had been saved for these before it was sent: older values may come again (the price of
  /// --outbox-sync normal).
  void forgive(const std::set<std::string>& paths);

  bool size_limit_at_root = false;         ///< 400 "exceeds the maximum size" for requests to the root
  std::uint64_t body_bytes_max = 1 << 30;  ///< 413 above

  [[nodiscard]] const std::map<std::string, std::uint64_t>& live() const { return live_; }
  /// The newest that it has ever had at a live path, and the newest that it has refused alone; 0: nothing.
  [[nodiscard]] std::uint64_t reached(const std::string& path) const { return newest_in(reached_, path); }
  [[nodiscard]] std::uint64_t refused(const std::string& path) const { return newest_in(refused_, path); }
  [[nodiscard]] const std::map<std::string, std::uint64_t>& history() const { return history_; }
  /// What must never happen; empty: it did not.
  [[nodiscard]] const std::string& violation() const { return violation_; }
  [[nodiscard]] std::uint64_t requests() const { return requests_; }
  /// Paths that a request wrote last which a kill had cut off: no relay could know that it would still be applied.
  [[nodiscard]] const std::set<std::string>& excused() const { return excused_; }

  /// A live path that a straggler set back, though the relay was to send it again before `time`; empty: none. What a
  /// kill fell into is none.
  [[nodiscard]] std::string unsettled(SteadyTime time) const;
  /// How many were sent again in their time, and so set right.
  [[nodiscard]] std::uint64_t settled() const { return settled_; }
  /// When the latest answer comes, or came, that was none, a refusal, or late.
  [[nodiscard]] SteadyTime troubled_until() const { return troubled_until_; }
  static constexpr std::chrono::milliseconds kLatencyMax{120};  ///< of an answer that is not late

 private:
  struct OnTheWire {
    RequestId request;
    std::vector<Write> writes;
    std::optional<SteadyTime> apply_at;
    std::optional<SteadyTime> answer_at;
    SteadyTime settles_at;  ///< when the relay sends again what this may have set back, if the answer is lost
    Answer answer;
    bool is_live = false;  ///< holds live values
    bool is_straggler = false;
    bool was_cut_off = false;            ///< by a kill
    std::set<std::string> unremembered;  ///< paths that a power cut set back while this was under way
  };
  static std::uint64_t newest_in(const std::map<std::string, std::uint64_t>& numbers, const std::string& path) {
    const auto found = numbers.find(path);
    return found == numbers.end() ? 0 : found->second;
  }
  std::optional<Answer> refusal(const Send& send, const std::vector<Write>& writes) const;
  void apply(const OnTheWire& request);

  std::vector<OnTheWire> wire_;
  std::map<std::string, std::uint64_t> live_;
  std::map<std::string, std::uint64_t> history_;
  std::map<std::string, std::uint64_t> newest_;
  std::map<std::string, std::uint64_t> reached_;
  std::map<std::string, std::uint64_t> refused_;
  std::set<std::string> excused_;
  std::map<std::string, SteadyTime> unsettled_;  ///< set back by a straggler, and when the relay sends them again
  std::uint64_t settled_ = 0;
  SteadyTime troubled_until_{};
  std::string violation_;
  std::uint64_t requests_ = 0;
};

}  // namespace firebase_relay::sim
