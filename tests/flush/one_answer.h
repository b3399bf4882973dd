#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <thread>

#include "flush/patch_sender.h"

namespace firebase_relay::flush {

/// Listens at a free port of loopback.
class Listener {
 public:
  explicit Listener(int backlog) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(fd_, reinterpret_cast<sockaddr*>(&address_), sizeof address_);
    ::listen(fd_, backlog);
    socklen_t size = sizeof address_;
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address_), &size);
  }
  ~Listener() { ::close(fd_); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] const sockaddr_in& address() const { return address_; }
  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(ntohs(address_.sin_port)) + "/?ns=demo";
  }

 private:
  int fd_;
  sockaddr_in address_{};
};

/// Answers one connection with a fixed text, once it has read a whole request; an empty text: closes without an answer.
class OneAnswer {
 public:
  explicit OneAnswer(std::string answer) : answer_(std::move(answer)) {
    if (answer_ != kNever) thread_ = std::jthread([this] { serve(); });
  }
  ~OneAnswer() {
    ::shutdown(listener_.fd(), SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
  }
  static constexpr const char* kNever = "never";

  [[nodiscard]] std::string url() const { return listener_.url(); }
  std::string request() {
    if (thread_.joinable()) thread_.join();
    return request_;
  }

 private:
  /// A client that begins to speak TLS: it waits for an answer to its first record.
  [[nodiscard]] bool is_tls() const { return request_.starts_with("\x16\x03"); }
  void serve() {
    const int peer = ::accept(listener_.fd(), nullptr, nullptr);
    if (peer < 0) return;
    char buffer[4096];
    while (!request_.ends_with("}") && !is_tls()) {
      const ssize_t size = ::read(peer, buffer, sizeof buffer);
      if (size <= 0) break;
      request_.append(buffer, static_cast<std::size_t>(size));
    }
    const auto size = static_cast<ssize_t>(answer_.size());
    EXPECT_TRUE(answer_.empty() || ::write(peer, answer_.data(), answer_.size()) == size);
    ::close(peer);
  }

  std::string answer_;
  Listener listener_{4};
  std::string request_;
  std::jthread thread_;
};

/// Of a sender whose database is at `url`.
inline SenderOptions options(const std::string& url, std::chrono::milliseconds timeout = std::chrono::seconds(10)) {
  SenderOptions result;
  result.database = parse_database_url(url, true).value();
  result.request_timeout = timeout;
  return result;
}

/// The answer to a request for `{"a":1}`.
inline Answer send(PatchSender& sender, const std::string& base = "") {
  sender.send({7, base, {"{", "\"a\":1", "}"}, 7, 1});
  std::vector<PatchSender::Finished> finished;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (finished.empty() && std::chrono::steady_clock::now() < deadline) sender.wait(deadline, finished);
  EXPECT_EQ(finished.size(), 1u);
  if (finished.empty()) return {};
  EXPECT_EQ(finished[0].request, 7u);
  return finished[0].answer;
}

/// A sender's, to a server that says `text`.
inline Answer answer_to(const std::string& text) {
  OneAnswer server(text);
  PatchSender sender(options(server.url()));
  return send(sender);
}

}  // namespace firebase_relay::flush
