#include "observe/async_writer.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string_view>
#include <utility>

#include "base/thread.h"

namespace firebase_relay::observe {
namespace {

std::uint64_t lines_in(std::string_view text) {
  return static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

/// Bytes written before an error; all of them when there is none.
std::size_t write_all(int fd, std::string_view text) {
  std::size_t written = 0;
  while (written < text.size()) {
    const ::ssize_t count = ::write(fd, text.data() + written, text.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    written += static_cast<std::size_t>(count);
  }
  return written;
}

/// Signals are for other threads; and a pipe without a reader shall be an error here and not the end of the program.
void block_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

}  // namespace

struct AsyncWriter::State {
  State(int fd_to_use, std::size_t bytes_bound) : fd(fd_to_use), bytes_max(bytes_bound) {}

  const int fd;
  const std::size_t bytes_max;

  std::mutex mutex;
  std::condition_variable work;  // something to write, or closing
  std::condition_variable idle;  // nothing left to write
  // Guarded by mutex:
  std::deque<std::string> texts;
  std::size_t bytes = 0;
  std::uint64_t dropped_lines = 0;
  bool writing = false;
  bool closing = false;

  [[nodiscard]] bool is_idle() const { return texts.empty() && !writing; }

  void drop_oldest() {
    dropped_lines += lines_in(texts.front());
    bytes -= texts.front().size();
    texts.pop_front();
  }

  void run() {
    block_signals();
    std::unique_lock lock(mutex);
    for (;;) {
      work.wait(lock, [this] { return closing || !texts.empty(); });
      if (texts.empty()) break;
      const std::string text = std::move(texts.front());
      texts.pop_front();
      bytes -= text.size();
      writing = true;
      lock.unlock();
      const std::size_t written = write_all(fd, text);
      lock.lock();
      dropped_lines += lines_in(std::string_view(text).substr(written));
      writing = false;
      if (is_idle()) idle.notify_all();
    }
  }
};

AsyncWriter::AsyncWriter(int fd, std::size_t bytes_max) : state_(std::make_shared<State>(fd, bytes_max)) {
  // Detached: nobody may have to join a thread that is stuck in a write. It owns its state, and close() waits for idle.
  start_detached_thread("log's", [state = state_] { state->run(); });
}

AsyncWriter::~AsyncWriter() { close(std::chrono::seconds(1)); }

void AsyncWriter::push(std::string text) {
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->closing || text.size() > state_->bytes_max) {
      state_->dropped_lines += lines_in(text);
      return;
    }
    while (state_->bytes + text.size() > state_->bytes_max) state_->drop_oldest();
    state_->bytes += text.size();
    state_->texts.push_back(std::move(text));
  }
  state_->work.notify_one();
}

bool AsyncWriter::flush(std::chrono::milliseconds patience) {
  std::unique_lock lock(state_->mutex);
  return state_->idle.wait_for(lock, patience, [this] { return state_->is_idle(); });
}

void AsyncWriter::close(std::chrono::milliseconds patience) {
  {
    const std::lock_guard lock(state_->mutex);
    if (std::exchange(state_->closing, true)) return;
  }
  state_->work.notify_one();
  if (flush(patience)) return;
  const std::lock_guard lock(state_->mutex);
  while (!state_->texts.empty()) state_->drop_oldest();
}

std::uint64_t AsyncWriter::dropped_lines() const {
  const std::lock_guard lock(state_->mutex);
  return state_->dropped_lines;
}

}  // namespace firebase_relay::observe
