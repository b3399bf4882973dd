#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "firebase_relay/delivery.h"

namespace firebase_relay {

/// Delivery with a clock, a database and a disk that do what the test says.
class DeliveryTest : public testing::Test {
 protected:
  void start(const DeliveryOptions& options, Restored restored = {}) {
    delivery_ = std::make_unique<Delivery>(options, std::move(restored), 1);
  }
  void pass(std::chrono::milliseconds time) {
    now_.steady += time;
    now_.utc += time;
    handle(TimePassed{});
  }
  /// Goes to the next deadline, which is there.
  void pass_to_deadline() {
    ASSERT_NE(delivery_->next_deadline(), SteadyTime::max());
    pass(std::chrono::ceil<std::chrono::milliseconds>(delivery_->next_deadline() - now_.steady));
  }

  /// A price message: one live value and one entry of history. `more`: another one comes right behind.
  void price(const std::string& ticker, const std::string& value, bool more = false) {
    handle(Arrived{block_of_price(ticker, value, now_.steady), more});
  }
  FragmentBlock block_of_price(const std::string& ticker, const std::string& value, SteadyTime arrived) {
    FragmentBlock block;
    ++sequence_;
    live(block, "services/" + ticker + "/price", value, LiveUpdate::kNoTicket);
    std::string key = std::to_string(sequence_);
    key.insert(0, 20 - key.size(), '-');
    const std::string path = "history/" + ticker + "/prices/" + key;
    HistoryRun& run = block.history[0];
    run.add(path, value, {.sequence_offset = 0, .kind = Kind::kPrice});
    run.channels = {"TICKER_UPDATES_" + ticker};
    run.first_sequence = sequence_;
    run.arrived = arrived;
    run.arrived_at = now_.utc;
    number(block, arrived);
    return block;
  }
  /// A message of which only a live value is written.
  void live_only(const std::string& path, const std::string& value) {
    FragmentBlock block;
    ++sequence_;
    block.tickets.push_back({Kind::kPrice, 1, HistoryEntry::kNoEventTime});
    live(block, path, value, 0);
    number(block, now_.steady);
    handle(Arrived{std::move(block)});
  }

  /// The oldest request that was sent and not answered.
  Send& out() { return sent_.front(); }
  [[nodiscard]] static std::string body(const Send& send) {
    std::string text;
    for (const std::string_view part : send.parts) text += part;
    return text;
  }
  void answer(int status, bool write_too_big = false) {
    Answer answer;
    answer.status = status;
    answer.write_too_big = write_too_big;
    this->answer(answer);
  }
  void answer(const Answer& answer) {
    ASSERT_FALSE(sent_.empty());
    const RequestId request = sent_.front().request;
    sent_.pop_front();
    handle(Answered{request, answer});
  }
  /// Answers everything with 204 until nothing is under way, time passing as needed.
  void deliver_all() {
    for (int i = 0; i < 1000 && (!sent_.empty() || delivery_->messages_in_flight() > 0); ++i) {
      if (sent_.empty())
        pass_to_deadline();
      else
        answer(204);
    }
  }

  /// As the disk does: well or not.
  [[nodiscard]] Synced sync_answer() const {
    return disk_fails_ ? Synced{tl::unexpected(Error{ErrorCode::kIo, "no room", ""})} : Synced{};
  }

  void handle(Event event) {
    Decisions decisions;
    delivery_->handle(std::move(event), now_, decisions);
    for (Action& action : decisions.actions) std::visit([this](auto& what) { perform(what); }, action);
    for (Report& report : decisions.reports) std::visit([this](auto& what) { take_down(what); }, report);
    EXPECT_EQ(delivery_->flaw(), "");
    while (!disk_answers_.empty()) {
      Event answer = std::move(disk_answers_.front());
      disk_answers_.pop_front();
      handle(std::move(answer));
    }
  }

  Now now_{SteadyTime(std::chrono::seconds(1000)), UtcMillis(std::chrono::milliseconds(1'778'078'351'000))};
  std::unique_ptr<Delivery> delivery_;
  std::deque<Send> sent_;
  std::vector<Persist> persists_;
  std::vector<DeadLetter> dead_;
  std::vector<RequestEnded> ended_;
  int refreshes_ = 0;
  int loads_ = 0;
  KindCounts delivered_{};
  KindCounts coalesced_{};
  KindCounts shed_{};
  KindCounts damaged_{};
  int syncs_ = 0;
  bool sync_takes_long_ = false;  ///< until the test comes with sync_answer()
  bool disk_fails_ = false;
  std::uint64_t excess_bytes_ = 0;             ///< beyond the disk's limit, whoever fills it
  std::vector<DamagedBatch> damaged_on_disk_;  ///< which the next Load finds
  Sequence sequence_ = 0;

 private:
  void live(FragmentBlock& block, const std::string& path, const std::string& value, std::uint32_t ticket) const {
    block.add_live({path, hash_of_path(path), value, sequence_, ticket});
  }
  void number(FragmentBlock& block, SteadyTime arrived) const {
    block.number = block.first_sequence = sequence_;
    block.messages = 1;
    block.arrived = arrived;
    block.arrived_at = now_.utc;
  }
  void perform(Send& action) { sent_.push_back(std::move(action)); }
  // The disk answers at once, and keeps what it was given, unless it fails.
  void perform(Persist& action) {
    if (disk_fails_) {
      disk_answers_.emplace_back(Persisted{tl::unexpected(Error{ErrorCode::kIo, "no room", ""})});
      return;
    }
    for (const Batch* batch : action.batches) batches_on_disk_[batch->id] = *batch;
    for (const LiveRow& row : action.live) rows_on_disk_[row.path] = row.sequence;
    disk_answers_.emplace_back(Persisted{level()});
    persists_.push_back(std::move(action));
  }
  void perform(Forget& action) {
    for (const BatchId id : action.batches) batches_on_disk_.erase(id);
    for (const LiveAcknowledged& row : action.live) {
      if (rows_on_disk_.contains(row.path) && rows_on_disk_[row.path] <= row.sequence) rows_on_disk_.erase(row.path);
    }
    disk_answers_.emplace_back(Forgotten{level()});
  }
  void perform(Load& action) {
    ++loads_;
    LoadedBatches loaded;
    for (auto batch = batches_on_disk_.upper_bound(action.after); batch != batches_on_disk_.end(); ++batch) {
      loaded.batches.push_back(batch->second);
    }
    loaded.damaged = std::exchange(damaged_on_disk_, {});
    disk_answers_.emplace_back(Loaded{std::move(loaded)});
  }
  [[nodiscard]] OutboxLevel level() const {
    return {0, batches_on_disk_.size(), rows_on_disk_.size(), excess_bytes_, std::nullopt};
  }
  void perform(Sync&) {
    ++syncs_;
    if (!sync_takes_long_) disk_answers_.emplace_back(sync_answer());
  }
  void perform(SetAside& action) { dead_.push_back(std::move(action.letter)); }
  void take_down(RequestEnded& report) { ended_.push_back(std::move(report)); }
  void perform(RefreshCredentials&) { ++refreshes_; }
  static void take_down(InvariantBroken& report) { FAIL() << report.what; }
  void take_down(Account& report) {
    for (std::size_t kind = 0; kind < kKindCount; ++kind) {
      delivered_[kind] += report.delivered[kind];
      coalesced_[kind] += report.coalesced[kind];
      shed_[kind] += report.shed[kind];
      damaged_[kind] += report.damaged[kind];
    }
  }
  void perform(ShedBytes&) { FAIL() << "nothing is shed in these tests"; }

  std::map<BatchId, Batch> batches_on_disk_;
  std::map<std::string, Sequence> rows_on_disk_;
  std::deque<Event> disk_answers_;
};

}  // namespace firebase_relay
