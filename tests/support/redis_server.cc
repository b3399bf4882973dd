#include "support/redis_server.h"

#include <hiredis.h>
#include <signal.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "support/local_port.h"

namespace test_support {

RedisServer::RedisServer(std::vector<std::string> flags) : RedisServer(RedisTransport::kUnixSocket, std::move(flags)) {}

RedisServer::RedisServer(RedisTransport transport, std::vector<std::string> flags)
    : RedisServer(Start::kLater, transport) {
  flags_ = std::move(flags);
  start();
}

RedisServer::RedisServer(Start, RedisTransport transport) : transport_(transport) {
  if (transport == RedisTransport::kUnixSocket) return;
  tls_port_ = LocalPort(LocalPort::kClosed).port();
  server_ = Authority::of_the_tests().sign("DNS:localhost,IP:127.0.0.1");
  if (transport == RedisTransport::kMutualTls) client_ = Authority::of_the_tests().sign("DNS:relay");
}

void RedisServer::start() {
  std::filesystem::remove(socket());
  const char* const program = std::getenv("RELAY_TEST_REDIS");
  std::vector<std::string> command = {program != nullptr ? program : "redis-server",
                                      "--port",
                                      "0",
                                      "--unixsocket",
                                      socket(),
                                      "--save",
                                      "",
                                      "--appendonly",
                                      "no",
                                      "--dir",
                                      dir_.file("")};
  const std::vector<std::string> tls = tls_flags();
  command.insert(command.end(), tls.begin(), tls.end());
  command.insert(command.end(), flags_.begin(), flags_.end());
  process_ = std::make_unique<Process>(command);
  process_->wait_for("eady to accept connections");
}

std::vector<std::string> RedisServer::tls_flags() const {
  if (transport_ == RedisTransport::kUnixSocket) return {};
  return {"--bind",
          "127.0.0.1",
          "--tls-port",
          std::to_string(tls_port_),
          "--tls-cert-file",
          server_.certificate,
          "--tls-key-file",
          server_.key,
          "--tls-ca-cert-file",
          Authority::of_the_tests().file(),
          "--tls-auth-clients",
          transport_ == RedisTransport::kMutualTls ? "yes" : "no"};
}

std::string RedisServer::url(const std::string& credentials) const {
  const std::string user = credentials + (credentials.empty() ? "" : "@");
  if (transport_ == RedisTransport::kUnixSocket) return "unix://" + user + socket();
  return "rediss://" + user + "localhost:" + std::to_string(tls_port_);
}

std::vector<std::string> RedisServer::relay_flags() const {
  if (transport_ == RedisTransport::kUnixSocket) return {};
  std::vector<std::string> flags = {"--redis-ca-file", Authority::of_the_tests().file()};
  if (transport_ == RedisTransport::kMutualTls)
    flags.insert(flags.end(), {"--redis-cert-file", client_.certificate, "--redis-key-file", client_.key});
  return flags;
}

void RedisServer::kill() {
  process_->signal(SIGKILL);
  process_->wait();
}

void RedisServer::suspend() { process_->signal(SIGSTOP); }
void RedisServer::resume() { process_->signal(SIGCONT); }

RedisClient::RedisClient(const RedisServer& server) : redis_(redisConnectUnix(server.socket().c_str())) {
  if (redis_ != nullptr && redis_->err == 0) return;
  redisFree(redis_);
  throw std::runtime_error("cannot connect to Redis");
}

RedisClient::~RedisClient() { redisFree(redis_); }

std::int64_t RedisClient::publish(const std::string& channel, const std::string& payload) {
  return std::stoll(command({"PUBLISH", channel, payload}));
}

std::string RedisClient::command(const std::vector<std::string>& words) {
  std::vector<const char*> arguments;
  std::vector<std::size_t> sizes;
  for (const std::string& word : words) {
    arguments.push_back(word.data());
    sizes.push_back(word.size());
  }
  auto* reply = static_cast<redisReply*>(
      redisCommandArgv(redis_, static_cast<int>(arguments.size()), arguments.data(), sizes.data()));
  if (reply == nullptr) throw std::runtime_error(std::string("Redis: ") + redis_->errstr);
  const bool failed = reply->type == REDIS_REPLY_ERROR;
  const std::string text = reply->type == REDIS_REPLY_INTEGER ? std::to_string(reply->integer)
                           : reply->str != nullptr            ? std::string(reply->str, reply->len)
                                                              : "";
  freeReplyObject(reply);
  if (failed) throw std::runtime_error("Redis: " + text);
  return text;
}

std::uint64_t RedisClient::held_back() {
  const std::string clients = command({"CLIENT", "LIST", "TYPE", "pubsub"});
  const std::string marker = " omem=";
  std::uint64_t bytes = 0;
  for (std::size_t at = clients.find(marker); at != std::string::npos; at = clients.find(marker, at + 1))
    bytes += std::stoull(clients.substr(at + marker.size()));
  return bytes;
}

}  // namespace test_support
