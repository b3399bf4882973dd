#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "keep/keeper.h"
#include "sim/random.h"

namespace firebase_relay::sim {

/// A database with days of history, and a Keeper that removes the old ones, run through a schedule of answers, losses,
/// refusals, holds, crashes, clocks that are set, nights and weeks. Everything hangs on the seed alone.
///
/// The judge looks at each removal when the database applies it, by that database's own time.
class KeepWorld {
 public:
  explicit KeepWorld(std::uint64_t seed);

  /// So many steps with everything that may go wrong.
  void run_with_faults(int steps);
  /// From now on nothing goes wrong; three days pass, each with its history.
  void run_until_all_is_done();
  /// What was not as it has to be; empty: nothing.
  [[nodiscard]] const std::string& violation() const { return violation_; }
  /// What is still there that has to be gone; empty: nothing. After run_until_all_is_done().
  [[nodiscard]] std::string left_over() const;
  /// How often something interesting happened: too large days, flat entries, unknown days, removed days,
  /// and such as were told of by what is not listed.
  struct Marks {
    std::uint64_t days = 0, refused = 0, flat = 0, unknown = 0, broken_off = 0, lost = 0, counted_late = 0;
  };
  [[nodiscard]] const Marks& marks() const { return marks_; }

 private:
  using Seconds = std::chrono::seconds;
  struct Out {
    keep::Action action;
    std::vector<KeptPlace> asked_by;
    bool is_to_be_counted = true;  ///< what it makes vanish; not if its keeper has crashed, or has told of it already
  };

  void make_tree();
  void write(const std::string& place, int days_ago, int entries);
  void crash();
  void step();
  void pass(SteadyTime::duration time);
  void tell(keep::Event event);
  void take(const keep::Decisions& decisions);
  void perform(const keep::Action& action);
  void answer();
  void apply(const Out& out, keep::Reply& reply);
  void remove(const Out& out, const std::string& path);
  void count(const std::string& day);
  void broken(const std::string& what);
  [[nodiscard]] bool stands(const std::string& node) const;
  [[nodiscard]] std::vector<std::string> keys_below(const std::string& path) const;
  [[nodiscard]] std::optional<KeptPlace> place_of(const std::vector<KeptPlace>& places, const std::string& path,
                                                  std::string& day) const;
  [[nodiscard]] UtcMillis true_time() const {
    return begin_ + std::chrono::duration_cast<std::chrono::milliseconds>(steady_);
  }
  [[nodiscard]] Now clocks() const { return {SteadyTime(steady_), true_time() + ahead_}; }
  [[nodiscard]] std::vector<KeptPlace> some_places();
  /// As an archive says it, which seals a day an hour after its end.
  [[nodiscard]] bool may_go(std::string_view day) const;

  Random random_;
  UtcMillis begin_;
  SteadyTime::duration steady_{};
  Seconds ahead_{0};  ///< this machine's clock
  bool faults_ = true;
  bool well_ = true;
  std::size_t limit_ = 0;           ///< entries that are written at once
  std::set<std::string> entries_;   ///< by their whole path
  std::set<std::string> unsealed_;  ///< days that have to stay
  std::vector<KeptPlace> places_;
  std::unique_ptr<keep::Keeper> keeper_;
  std::optional<Out> out_;
  std::optional<Out> straggler_;  ///< its answer was lost, and the database may yet apply it
  bool leave_granted_ = false;
  bool day_is_known_ = false;  ///< by the last answer that this keeper had
  bool last_was_done_ = false;
  std::optional<keep::Action> last_;  ///< that was answered
  std::set<std::string> uncounted_;   ///< days that this keeper has made vanish, and not told of
  std::set<std::string> refused_;     ///< paths that were too big to be removed at once
  std::uint64_t number_ = 0;
  std::string violation_;
  Marks marks_;
};

}  // namespace firebase_relay::sim
