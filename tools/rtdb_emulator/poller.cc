#include "rtdb_emulator/poller.h"

#include <charconv>
#include <optional>
#include <utility>

#include "rtdb_emulator/base64.h"
#include "rtdb_emulator/wire.h"

namespace rtdb_emulator {
namespace {

std::optional<std::uint64_t> number_in(const Parameters& parameters, const std::string& name) {
  const auto found = parameters.find(name);
  if (found == parameters.end()) return std::nullopt;
  std::uint64_t number = 0;
  const char* end = found->second.data() + found->second.size();
  const auto [stop, error] = std::from_chars(found->second.data(), end, number);
  return error == std::errc() && stop == end ? std::optional(number) : std::nullopt;
}

}  // namespace

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
  for (std::size_t i = 0;; ++i) {
    const std::string index = std::to_string(i);
    const auto number = number_in(parameters, "seg" + index);
    const auto of = number_in(parameters, "ts" + index);
    const auto data = parameters.find("d" + index);
    if (!number && !of) break;
    if (!number || !of || *of == 0 || data == parameters.end()) return false;
    bytes_ += data->second.size();
    if (bytes_ > bytes_max_) return false;
    if (*number >= next_piece_) pieces_.emplace(*number, Piece{*of, data->second});
  }
  return take_messages(now_ms);
}

/// Those of which all pieces have come, in order.
bool Poller::take_messages(std::int64_t now_ms) {
  while (!pieces_.empty() && pieces_.begin()->first == next_piece_) {
    const std::size_t of = pieces_.begin()->second.of;
    if (pieces_.size() < of ||
        std::next(pieces_.begin(), static_cast<std::ptrdiff_t>(of) - 1)->first != next_piece_ + of - 1)
      return true;
    std::string base64;
    for (std::size_t i = 0; i < of; ++i) base64 += pieces_.extract(pieces_.begin()).mapped().base64;
    next_piece_ += of;
    bytes_ -= base64.size();
    const auto text = base64url_decoded(base64);
    if (!text || !receive(*text, now_ms)) return false;
  }
  return true;
}

bool Poller::receive(const std::string& text, std::int64_t now_ms) {
  const auto message = wire::parse(text);
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
  return true;
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
