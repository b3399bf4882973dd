#include "support/redis_server.h"

#include <hiredis.h>
#include <signal.h>

#include <filesystem>
#include <stdexcept>

#include "support/eventually.h"

namespace test_support {

RedisServer::RedisServer(std::vector<std::string> flags) : flags_(std::move(flags)) { start(); }
RedisServer::RedisServer(Start) {}

void RedisServer::start() {
  std::filesystem::remove(socket());
  std::vector<std::string> command = {"redis-server", "--port", "0",     "--unixsocket", socket(), "--save", "",
                                      "--appendonly", "no",     "--dir", dir_.file("")};
  command.insert(command.end(), flags_.begin(), flags_.end());
  process_ = std::make_unique<Process>(command);
  process_->wait_for("eady to accept connections");
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
