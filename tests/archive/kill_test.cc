// The archive against a model of it, over kills: whatever was in its file before one is there behind it, once, and what
// never was is not. The system calls that change a file are ours in this program, so that SIGKILL comes in the middle
// of any of them; from the seed hangs which, and what is written meanwhile.
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "archive/archive_fixture.h"
#include "sim/random.h"

namespace {

/// So many more of these calls, and this process is killed; below 0: never.
int calls_left = -1;

bool is_the_last() {
  if (calls_left < 0) return false;
  return calls_left-- == 0;
}

}  // namespace

extern "C" ssize_t write(int fd, const void* bytes, size_t size) {
  if (is_the_last()) {
    ::syscall(SYS_write, fd, bytes, size / 2);
    ::kill(::getpid(), SIGKILL);
  }
  return ::syscall(SYS_write, fd, bytes, size);
}

/// As write(): half of all the pieces together.
extern "C" ssize_t writev(int fd, const struct iovec* pieces, int count) {
  if (is_the_last()) {
    std::size_t left = 0;
    for (int i = 0; i < count; ++i) left += pieces[i].iov_len;
    left /= 2;
    for (int i = 0; i < count && left > 0; ++i) {
      const std::size_t size = std::min(left, pieces[i].iov_len);
      ::syscall(SYS_write, fd, pieces[i].iov_base, size);
      left -= size;
    }
    ::kill(::getpid(), SIGKILL);
  }
  return ::syscall(SYS_writev, fd, pieces, count);
}

extern "C" int rename(const char* from, const char* to) noexcept {
  if (is_the_last()) ::kill(::getpid(), SIGKILL);
  return static_cast<int>(::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}

extern "C" int unlink(const char* path) noexcept {
  if (is_the_last()) ::kill(::getpid(), SIGKILL);
  return static_cast<int>(::syscall(SYS_unlinkat, AT_FDCWD, path, 0));
}

extern "C" int ftruncate(int fd, off_t size) noexcept {
  if (is_the_last()) ::kill(::getpid(), SIGKILL);
  return static_cast<int>(::syscall(SYS_ftruncate, fd, size));
}

namespace firebase_relay::archive {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr std::uint64_t kLinesMax = 4'000;
constexpr int kRuns = 8;

/// What outlives a killed process: how far its world has come.
struct Model {
  enum class Line : std::uint8_t { kBegun, kWritten, kGone };
  std::array<Line, kLinesMax> lines{};
  std::array<std::uint32_t, kLinesMax> days{};  ///< since kDay
  std::uint64_t count = 0;
  minutes time{0};  ///< since kDay's noon
};

class ArchiveKills : public ArchiveTest {
 protected:
  ArchiveKills() {
    void* page = ::mmap(nullptr, sizeof(Model), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) throw std::runtime_error("no shared memory");
    model_ = new (page) Model();
  }
  ~ArchiveKills() override { ::munmap(model_, sizeof(Model)); }

  [[nodiscard]] Now now() const { return {SteadyTime(hours(1000) + model_->time), at(kDay, hours(12) + model_->time)}; }
  [[nodiscard]] static Day day_of(std::uint32_t number) { return kDay + std::chrono::days(number); }
  /// The line `number` of the model, a moment of its own on its day.
  [[nodiscard]] std::string text_of(std::uint64_t number) const {
    return line(at(day_of(model_->days[number]), std::chrono::seconds(number)), number);
  }

  void write_some(Writer& writer, sim::Random& random) {
    const auto today = static_cast<std::uint32_t>((hours(12) + model_->time) / hours(24));
    const std::uint32_t late = random.chance(20) ? static_cast<std::uint32_t>(random.below(today + 1)) : 0;
    const std::uint64_t first = model_->count;
    const std::uint64_t end = std::min(kLinesMax, first + random.between(1, random.chance(10) ? 60 : 4));
    DayLines lines{day_of(today - late), {}, end - first};
    for (std::uint64_t i = first; i < end; ++i) {
      model_->days[i] = today - late;
      lines.text.append(text_of(i) + "\n");
      model_->lines[i] = Model::Line::kBegun;
    }
    model_->count = end;
    if (first == end) return;
    writer.write({lines}, now());
    for (std::uint64_t i = first; i < end; ++i) model_->lines[i] = Model::Line::kWritten;
  }
  /// A relay's life, until it is killed, or has had `steps`.
  void live(sim::Random& random, int steps) {
    Writer writer(take(), 0, events_, now());
    for (int step = 0; step < steps; ++step) {
      if (random.chance(60)) write_some(writer, random);
      if (random.chance(20)) model_->time += minutes(random.below(random.chance(10) ? 3'000 : 200));
      if (random.chance(50)) writer.work(now());
    }
  }
  /// In a process of its own. True: it was killed.
  bool live_and_die(std::uint64_t seed) {
    const pid_t child = ::fork();
    if (child == 0) {
      sim::Random random(seed);
      calls_left = static_cast<int>(random.below(random.chance(50) ? 10 : 60));
      live(random, 300);
      ::_exit(0);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 0) << status;
    return WIFSIGNALED(status);
  }
  void expect_what_was_written(const std::string& when) {
    std::set<std::string> found;
    for (const std::string& text : read()) EXPECT_TRUE(found.insert(text).second) << text << " twice, " << when;
    EXPECT_THAT(summary_.flaws, testing::IsEmpty()) << when;
    for (std::uint64_t i = 0; i < model_->count; ++i) {
      const bool is_there = found.erase(text_of(i)) > 0;
      // Of what was being written some may be there. That stays; and the rest never comes.
      EXPECT_NE(model_->lines[i], is_there ? Model::Line::kGone : Model::Line::kWritten) << text_of(i) << ", " << when;
      model_->lines[i] = is_there ? Model::Line::kWritten : Model::Line::kGone;
    }
    EXPECT_THAT(found, testing::IsEmpty()) << when;
  }

  Model* model_ = nullptr;
};

TEST_F(ArchiveKills, CostNothingThatWasWrittenWhereverTheyCome) {
  int killed = 0;
  std::size_t sealed = 0;
  for (std::uint64_t seed = 1; seed <= 50 && !HasFailure(); ++seed) {
    std::filesystem::remove_all(folder());
    *model_ = Model();
    for (int run = 0; run < kRuns && !HasFailure(); ++run) {
      killed += live_and_die(seed * kRuns + static_cast<std::uint64_t>(run));
      expect_what_was_written("seed " + std::to_string(seed) + ", run " + std::to_string(run));
    }
    // Days later everything is sealed, whatever the kills have left; late lines after an hour.
    model_->time += hours(100);
    Writer writer(take(), 0, events_, now());
    for (int i = 0; i < 1'000; ++i) {
      if (writer.work(now()) > now().steady) model_->time += minutes(10);
    }
    expect_what_was_written("seed " + std::to_string(seed) + ", all sealed");
    for (const std::string& name : names()) {
      EXPECT_TRUE(name == "archive.json" || name.ends_with(".jsonl.zst")) << name << ", seed " << seed;
      sealed += name.ends_with(".zst");
    }
  }
  EXPECT_GT(killed, 250);
  EXPECT_GT(sealed, 100u);
}

}  // namespace
}  // namespace firebase_relay::archive
