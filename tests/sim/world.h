#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "firebase_relay/delivery.h"
#include "sim/archive_watch.h"
#include "sim/ledger.h"
#include "sim/quota_watch.h"
#include "sim/random.h"
#include "sim/return_watch.h"
#include "sim/simulated_database.h"
#include "sim/simulated_disk.h"
#include "sim/stream_watch.h"

namespace firebase_relay::sim {

/// A relay's delivery, its disk, its database and its traffic, run by one seed, which also draws the options and how
/// often each thing goes wrong.
class World {
 public:
  explicit World(std::uint64_t seed);

  /// Traffic and faults.
  void run_with_faults(unsigned steps);
  /// No new faults or traffic.
  void heal();
  /// Until nothing is in flight; empty, or what is still pending after `steps`.
  std::string run_until_quiet(unsigned steps);
  /// What is wrong with the final state; empty: nothing. Also while running: violation().
  [[nodiscard]] std::string verdict() const;
  [[nodiscard]] const std::string& violation() const {
    if (!flaw_.empty()) return flaw_;
    if (!quota_.violation().empty()) return quota_.violation();
    if (!archive_.violation().empty()) return archive_.violation();
    if (!stream_.violation().empty()) return stream_.violation();
    return return_.violation().empty() ? database_.violation() : return_.violation();
  }
  /// Everything that happened, in short: equal for equal seeds.
  [[nodiscard]] std::uint64_t trace() const { return trace_; }

  /// How often something rare was reached: a campaign that never did has not tested it.
  enum Mark : std::uint8_t {
    kCrash,
    kPowerCut,
    kRestart,
    kPersisted,
    kPersistFailed,
    kLoaded,
    kShed,
    kShedOrders,
    kDamaged,
    kEmptied,
    kSetAside,
    kRefused,
    kNarrow,
    kHeld,
    kRefreshed,
    kWaited,
    kSettled,
    kQuotaShare,
    kLongReturn,
    kPassedArchive,
    kReplayed,
    kBeganAgain,
    kSynced,
    kSyncFailed,
    kMarkCount
  };
  using Marks = std::array<std::uint64_t, kMarkCount>;
  static constexpr std::array<const char*, kMarkCount> kMarkNames = {
      "crash",
      "power cut",
      "restart",
      "persisted",
      "persist failed",
      "loaded",
      "shed",
      "shed orders",
      "damaged",
      "emptied",
      "set aside",
      "refused",
      "narrow",
      "held",
      "refreshed",
      "waited",
      "settled",
      "history beside live values over the quota",
      "more live values at the database's return than one request holds",
      "history past an archive that stands still",
      "messages read again from a stream",
      "a stream that lost its place",
      "synced for a commit",
      "a sync that failed"};
  [[nodiscard]] const Marks& marks() const { return marks_; }

 private:
  void start_relay();
  std::chrono::milliseconds clock_jump();
  void publish();
  void switch_stream_on();
  void read_stream();
  void lose_place();
  void commit_if_due();
  void judge_stream();
  void note_handed_over(const FragmentBlock& block);
  [[nodiscard]] std::vector<std::string> done_paths() const;
  void expect_done(const std::vector<std::string>& paths);
  [[nodiscard]] bool stream_is_read() const;
  void queue_up(std::vector<FragmentBlock> blocks);
  void hand_over(bool all);
  void tell_of_archive();
  [[nodiscard]] SteadyTime archive_due() const {
    return delivery_->waits_for_archive() ? archive_.next() : SteadyTime::max();
  }
  void crash();
  void restart();
  void come_back(std::uint64_t in_flight);
  void doubt(SteadyTime since);
  void pass_time(SteadyTime until);
  void expect_settled();
  void expect_no_starving();
  void handle(Event event);
  void perform(const Action& action);
  void take_down(const Report& report);
  [[nodiscard]] std::string history_verdict() const;
  void note(std::uint64_t what) { trace_ = (trace_ ^ what) * 0x100000001B3ull; }

  Random random_;
  DeliveryOptions options_;
  FaultRates faults_;
  unsigned poison_percent_ = 0;
  unsigned crash_percent_ = 0;
  unsigned power_cut_percent_ = 0;  ///< of the crashes
  unsigned restart_percent_ = 0;
  unsigned begins_again_percent_ = 0;
  unsigned clock_jump_percent_ = 0;
  std::uint64_t live_bytes_max_ = 1000;  ///< of all live values at once
  unsigned slowness_ = 1;                ///< of the traffic: a run that sees several minutes has to be slow
  bool history_ = true;
  Now now_{SteadyTime(std::chrono::hours(1000)), UtcMillis(std::chrono::milliseconds(1'750'000'000'000))};
  SimulatedDatabase database_;
  SimulatedDisk disk_;
  QuotaWatch quota_;
  ReturnWatch return_;
  ArchiveWatch archive_;
  StreamWatch stream_;
  SteadyTime next_commit_{};
  Ledger ledger_;
  std::unique_ptr<Delivery> delivery_;
  Sequence last_sequence_ = 0;
  std::deque<FragmentBlock> queue_;                   ///< published, and not handed over to delivery yet
  std::map<std::string, std::uint64_t> handed_over_;  ///< the newest message of each live path in this run

  std::uint64_t taken_in_ = 0;  ///< messages given to delivery, without those that crashes lost
  std::uint64_t ended_ = 0;     ///< delivered, coalesced, shed or set aside
  KindCounts shed_{};           ///< those that were damaged, too
  std::uint64_t trace_ = 0xCBF29CE484222325ull;
  SteadyTime troubled_until_{};  ///< delivery did not send as it would: the database away for it, or the disk failed
  std::string unfinished_;       ///< what did not come to its end in time
  std::string flaw_;             ///< what delivery has found wrong with itself
  Marks marks_{};
};

}  // namespace firebase_relay::sim
