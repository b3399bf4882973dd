#include "broker_sim/publisher.h"

#include <hiredis.h>

#include <stdexcept>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace broker_sim {
namespace {

constexpr std::uint64_t kPipelineMax = 1'000;

struct FreeReply {
  void operator()(void* reply) const { freeReplyObject(reply); }
};
using ReplyPointer = std::unique_ptr<redisReply, FreeReply>;

redisContext* connect(const std::string& url) {
  if (url.starts_with("unix://")) return redisConnectUnix(url.substr(7).c_str());
  if (!url.starts_with("redis://"))
    throw std::runtime_error("--redis-url: redis://host:port or unix:///path, not '" + url + "'");
  const std::string address = url.substr(8);
  const std::size_t colon = address.rfind(':');
  const int port = colon == std::string::npos ? 6379 : std::stoi(address.substr(colon + 1));
  return redisConnect(address.substr(0, colon).c_str(), port);
}

ReplyPointer next_reply(redisContext* redis) {
  void* reply = nullptr;
  if (redisGetReply(redis, &reply) != REDIS_OK) throw std::runtime_error(std::string("Redis: ") + redis->errstr);
  ReplyPointer owned(static_cast<redisReply*>(reply));
  if (owned->type == REDIS_REPLY_ERROR) throw std::runtime_error(std::string("Redis: ") + owned->str);
  return owned;
}

}  // namespace

RedisPublisher::RedisPublisher(const std::string& url, Manner manner)
    : manner_(std::move(manner)), redis_(connect(url)) {
  if (redis_ == nullptr) throw std::runtime_error("no memory for a connection");
  if (redis_->err != 0) {
    const std::string why = redis_->errstr;
    redisFree(redis_);
    throw std::runtime_error("cannot connect to " + url + ": " + why);
  }
}

RedisPublisher::~RedisPublisher() { redisFree(redis_); }

void RedisPublisher::publish(const Publication& publication) {
  std::vector<const char*> words;
  std::vector<std::size_t> sizes;
  for (const std::string_view word : words_of(publication, manner_)) {
    words.push_back(word.data());
    sizes.push_back(word.size());
  }
  redisAppendCommandArgv(redis_, static_cast<int>(words.size()), words.data(), sizes.data());
  if (++pending_ >= kPipelineMax) flush();
}

void RedisPublisher::flush() {
  for (; pending_ > 0; --pending_) {
    const ReplyPointer reply = next_reply(redis_);
    if (reply->type == REDIS_REPLY_INTEGER && reply->integer == 0) ++unheard_;  // XADD answers an id
  }
}

bool RedisPublisher::wait_for_subscriber(std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    redisAppendCommand(redis_, "PUBSUB NUMPAT");
    if (next_reply(redis_)->integer > 0) return true;
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

CommandFile::CommandFile(const std::string& file, Manner manner)
    : name_(file), manner_(std::move(manner)), out_(file, std::ios::binary | std::ios::trunc) {
  if (!out_) throw std::runtime_error("cannot write " + file);
}

void CommandFile::publish(const Publication& publication) {
  const std::vector<std::string_view> words = words_of(publication, manner_);
  out_ << '*' << words.size() << "\r\n";
  for (const std::string_view word : words) out_ << '$' << word.size() << "\r\n" << word << "\r\n";
}

void CommandFile::flush() {
  if (!out_.flush()) throw std::runtime_error("cannot write " + name_);
}

}  // namespace broker_sim
