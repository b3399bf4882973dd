// What may answer in the database's place: any bytes over a real connection end as one answer that the retry table
// knows, within its bounds.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <mutex>
#include <string>
#include <thread>

#include "deliver/verdicts.h"
#include "flush/patch_sender.h"
#include "fuzz/demand.h"

using namespace firebase_relay;
using fuzz::demand;

namespace {

/// Answers every connection with the bytes set last, once something was asked.
class Server {
 public:
  Server() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    demand(::bind(fd_, reinterpret_cast<sockaddr*>(&address), size) == 0 && ::listen(fd_, 16) == 0, "cannot listen");
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    std::thread([this] { serve(); }).detach();
  }
  void answer_with(std::string_view bytes) {
    const std::scoped_lock lock(mutex_);
    bytes_ = bytes;
  }
  std::uint16_t port = 0;

 private:
  void serve() {
    for (;;) {
      const int client = ::accept(fd_, nullptr, nullptr);
      if (client < 0) continue;
      std::string request(4096, '\0');
      [[maybe_unused]] const ssize_t read = ::recv(client, request.data(), request.size(), 0);
      {
        const std::scoped_lock lock(mutex_);
        [[maybe_unused]] const ssize_t sent = ::send(client, bytes_.data(), bytes_.size(), MSG_NOSIGNAL);
      }
      ::shutdown(client, SHUT_WR);
      while (::recv(client, request.data(), request.size(), 0) > 0) {
      }
      ::close(client);
    }
  }

  int fd_;
  std::mutex mutex_;
  std::string bytes_;
};

Answer ask(flush::PatchSender& sender, const std::string& body) {
  static RequestId request = 0;
  std::vector<flush::PatchSender::Finished> finished;
  sender.send({.request = ++request, .base = "", .parts = {body}, .bytes = body.size(), .paths = 0});
  while (finished.empty()) sender.wait(std::chrono::steady_clock::now() + std::chrono::seconds(5), finished);
  demand(finished.size() == 1 && finished.front().request == request, "not one answer to one request");
  return finished.front().answer;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Server server;
  static flush::PatchSender sender({*flush::parse_database_url("http://127.0.0.1:" + std::to_string(server.port), true),
                                    nullptr, nullptr, std::chrono::seconds(5)});
  const std::string_view bytes = fuzz::text_of(data, size);
  const std::string text(bytes);
  const UtcMillis now{std::chrono::milliseconds(1'778'078'351'786)};
  if (const auto wait = flush::parse_retry_after(text, now)) demand(wait->count() >= 0, "a wait in the past", text);

  server.answer_with(bytes);
  const Answer answer = ask(sender, "{}");
  const deliver::AnswerRule& rule = deliver::judge(answer);
  demand(!rule.reason.empty(), "no rule", text);
  const bool has_right_answer = text.find(" 204") != std::string::npos ||
                                (text.find(" 200") != std::string::npos && text.find("null") != std::string::npos);
  demand(rule.verdict != deliver::Verdict::kAcknowledged || has_right_answer,
         "acknowledged by what is neither 204 nor a 200 that gives back what was sent", text);
  demand(answer.detail.size() < 4096, "a detail without bound", answer.detail);
  if (answer.retry_after) demand(answer.retry_after->count() >= 0, "a wait in the past", text);
  return 0;
}
