#include "rtdb_emulator/poller.h"

#include <algorithm>
#include <utility>

#include "rtdb_emulator/wire.h"

namespace rtdb_emulator {
void Poller::send(std::string message) {
  const std::lock_guard lock(mutex_);
  if (uses_socket_) return socket_->push(std::move(message));
  if (messages_.size() >= Outgoing::kMessagesMax) {  // as a WebSocket that reads too slowly
    is_closed_ = true;
  } else {
    messages_.push_back(std::move(message));
  }
  changed_.notify_all();
}

bool Poller::take_pieces(const Parameters& parameters, std::int64_t now_ms) {
  const std::lock_guard lock(requests_mutex_);
  const auto messages = pieces_.feed(parameters);
  return messages && std::all_of(messages->begin(), messages->end(),
                                 [&](const std::string& message) { return receive(message, now_ms); });
}

bool Poller::receive(const std::string& text, std::int64_t now_ms) {
  const auto message = wire::parse(text, bytes_max_);
  if (!message) return false;
  if (message->control.empty()) return session_.receive(message->data, now_ms);
  if (message->control == "p") send(wire::pong());
  if (message->control != "n") return true;
  change_to_socket();
  for (const nlohmann::json& request : std::exchange(waiting_, {})) {
    if (!session_.receive(request, now_ms)) return false;
  }
  return true;
}

void Poller::change_to_socket() {
  const std::lock_guard lock(mutex_);
  if (!socket_ || uses_socket_) return;
  messages_.push_back(wire::end_of_transmission());
  uses_socket_ = true;
  changed_.notify_all();
}

Poller::Answer Poller::poll(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  const std::uint64_t mine = ++polls_;
  ++polls_now_;
  changed_.notify_all();
  changed_.wait_for(lock, time, [&] { return !messages_.empty() || polls_ != mine || uses_socket_ || is_closed_; });
  --polls_now_;
  last_poll_ = std::chrono::steady_clock::now();
  return {next_answer_++, std::exchange(messages_, {}), uses_socket_ || is_closed_};
}

void Poller::offer(std::shared_ptr<Outgoing> socket) {
  const std::lock_guard lock(mutex_);
  if (!uses_socket_) socket_ = std::move(socket);
}

bool Poller::receive_by_socket(nlohmann::json request, std::int64_t now_ms) {
  const std::lock_guard lock(requests_mutex_);
  bool is_early = false;
  {
    const std::lock_guard state(mutex_);
    is_early = !uses_socket_;
  }
  if (!is_early) return session_.receive(request, now_ms);
  waiting_.push_back(std::move(request));
  return waiting_.size() <= Outgoing::kMessagesMax;
}

void Poller::lose_socket(std::int64_t now_ms) {
  bool was_used = false;
  {
    const std::lock_guard lock(mutex_);
    was_used = uses_socket_;
    if (!was_used) socket_.reset();
  }
  if (was_used) close(now_ms);
}

bool Poller::has_left() const {
  const std::lock_guard lock(mutex_);
  return !uses_socket_;
}

void Poller::close(std::int64_t now_ms) {
  {
    const std::lock_guard lock(requests_mutex_);
    session_.close(now_ms);
  }
  const std::lock_guard lock(mutex_);
  is_closed_ = true;
  changed_.notify_all();
}

void Poller::check_credential(std::int64_t now_ms) {
  const std::lock_guard lock(requests_mutex_);
  session_.check_credential(now_ms);
}

std::chrono::milliseconds Poller::silence() const {
  const std::lock_guard lock(mutex_);
  if (polls_now_ > 0 || (uses_socket_ && !is_closed_)) return std::chrono::milliseconds(0);
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - last_poll_);
}

}  // namespace rtdb_emulator
