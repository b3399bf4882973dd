// Random calls, compared with a model: with restarts in between, and killed at any moment.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "outbox_model.h"

namespace firebase_relay::outbox {
namespace {

class OutboxModelTest : public OutboxTest {
 protected:
  /// Sheds a random amount and checks what went: prices first, orders last, oldest first, whole batches, exact counts.
  void shed_some(RandomSteps& random, OutboxModel& model) {
    const BatchId after = random.below(3) == 0 ? random.below(model.last_batch + 1) : 0;
    const std::uint64_t bytes = random.below(60'000);
    std::vector<BatchId> order;
    for (const ShedClass shed_class : kShedClasses) {
      for (const auto& [id, batch] : model.batches) {
        if (batch.shed_class == shed_class && id > after) order.push_back(id);
      }
    }
    const ShedResult shed = *outbox->shed(after, bytes, {});
    KindCounts expected{};
    const std::vector<BatchId> left = stored();
    const std::size_t gone = model.batches.size() - left.size();
    ASSERT_LE(gone, order.size());
    for (std::size_t i = 0; i < gone; ++i) {
      const Batch& batch = model.batches[order[i]];
      expected[static_cast<std::size_t>(kind_of(batch.shed_class))] += batch.runs[0].entries.size();
      model.batches.erase(order[i]);
    }
    std::vector<BatchId> ids;
    for (const auto& [id, batch] : model.batches) ids.push_back(id);
    EXPECT_EQ(left, ids);
    EXPECT_EQ(shed.messages, expected);
    EXPECT_EQ(shed.level.batches, ids.size());
  }

  void load_some(RandomSteps& random, const OutboxModel& model) {
    const BatchId after = random.below(model.last_batch + 2);
    const LoadedBatches loaded = *outbox->load(after, random.below(20'000));
    auto expected = model.batches.upper_bound(after);
    EXPECT_EQ(loaded.batches.empty(), expected == model.batches.end());
    for (const Batch& batch : loaded.batches) EXPECT_EQ(text_of(batch), text_of((expected++)->second));
    EXPECT_EQ(loaded.damaged.size(), 0u);
    EXPECT_EQ(loaded.level.batches, model.batches.size());
    EXPECT_EQ(loaded.level.live_rows, model.live.size());
  }

  void reopen_and_compare(const OutboxModel& model) {
    open();
    ASSERT_FALSE(opened.set_aside) << opened.flaw;
    EXPECT_EQ(opened.restored.level.batches, model.batches.size());
    KindCounts history{};
    for (const auto& [id, batch] : model.batches)
      history[static_cast<std::size_t>(kind_of(batch.shed_class))] += batch.runs[0].entries.size();
    EXPECT_EQ(opened.restored.history, history);
    EXPECT_EQ(model_of(opened.restored, *outbox).text(), model.text());
  }
};

TEST_F(OutboxModelTest, HoldsWhatAModelHoldsThroughRandomCallsAndRestarts) {
  for (std::uint64_t seed = 1; seed <= 8 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    close();
    for (const char* part : {"", "-wal", "-shm"}) std::filesystem::remove(options.file.string() + part);
    options.sync = seed % 4 == 0 ? Sync::kFull : Sync::kNormal;
    options.bytes_max = seed % 3 == 0 ? 1 << 20 : 1 << 30;  // a small one has a small log, so it is checkpointed often
    RandomSteps random(seed);
    OutboxModel model;
    open();
    for (int i = 0; i < 120 && !HasFailure(); ++i) {
      const std::uint64_t dice = random.below(20);
      if (dice == 0) {
        reopen_and_compare(model);
      } else if (dice == 1) {
        shed_some(random, model);
      } else if (dice < 5) {
        load_some(random, model);
      } else {
        const Step step = random.next(model);
        const Result<void> done = step.run(*outbox);
        ASSERT_TRUE(done) << done.error().what;
        model.apply(step);
      }
    }
    reopen_and_compare(model);
  }
}

/// Runs steps until it is killed, and tells before and after each: the number of bytes that come through `told` says
/// how far it has come.
[[noreturn]] void run_steps_for_ever(const SqliteOutboxOptions& options, std::uint64_t seed, int told) {
  Result<OpenedOutbox> opened = SqliteOutbox::open(options);
  if (!opened) std::_Exit(1);
  RandomSteps random(seed);
  OutboxModel model = model_of(opened->restored, *opened->outbox);
  for (;;) {
    const Step step = random.next(model);
    if (::write(told, "<", 1) != 1) std::_Exit(2);
    if (!step.run(*opened->outbox)) std::_Exit(3);
    if (::write(told, ">", 1) != 1) std::_Exit(4);
    model.apply(step);
  }
}

/// Lets a child run steps, kills it after `life`, and returns what it told.
std::string run_and_kill(const SqliteOutboxOptions& options, std::uint64_t seed, std::chrono::microseconds life) {
  int told[2];
  if (::pipe(told) != 0) return "";
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(told[0]);
    run_steps_for_ever(options, seed, told[1]);
  }
  ::close(told[1]);
  std::string all;
  std::array<char, 256> buffer;
  ssize_t size = ::read(told[0], buffer.data(), 1);  // its first step
  if (size > 0) all.push_back(buffer[0]);
  std::this_thread::sleep_for(life);
  ::kill(child, SIGKILL);
  while ((size = ::read(told[0], buffer.data(), buffer.size())) > 0)
    all.append(buffer.data(), static_cast<std::size_t>(size));
  int status = 0;
  ::waitpid(child, &status, 0);
  ::close(told[0]);
  EXPECT_TRUE(WIFSIGNALED(status)) << "it ended by itself, with " << WEXITSTATUS(status);
  return all;
}

TEST_F(OutboxModelTest, KilledAtAnyMomentItHoldsEverythingThatItSaidItHeld) {
  std::mt19937_64 random(20'260'506);
  options.bytes_max = 1 << 20;  // a small log: checkpoints are among the moments
  OutboxModel before;
  int in_the_middle = 0;
  for (std::uint64_t kill = 1; kill <= 50 && !HasFailure(); ++kill) {
    SCOPED_TRACE("kill " + std::to_string(kill));
    options.sync = kill % 5 == 0 ? Sync::kFull : Sync::kNormal;
    close();
    const std::string told = run_and_kill(options, kill, std::chrono::microseconds(random() % 30'000));
    const auto done = std::count(told.begin(), told.end(), '>');
    const bool begun = told.ends_with('<');

    RandomSteps steps(kill);
    OutboxModel model = before;
    for (std::ptrdiff_t i = 0; i < done; ++i) model.apply(steps.next(model));
    OutboxModel with_last = model;
    if (begun) with_last.apply(steps.next(with_last));
    open();
    ASSERT_FALSE(opened.set_aside) << opened.flaw;
    before = model_of(opened.restored, *outbox);
    in_the_middle += begun ? 1 : 0;
    EXPECT_TRUE(before.text() == model.text() || before.text() == with_last.text())
        << "after " << done << " steps it should hold\n"
        << model.text() << (begun ? "or\n" + with_last.text() : "") << "and holds\n"
        << before.text();
  }
  EXPECT_GT(in_the_middle, 5) << "hardly a kill fell into a call: this shows nothing";
}

}  // namespace
}  // namespace firebase_relay::outbox
