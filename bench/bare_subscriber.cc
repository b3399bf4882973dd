// The floor of receiving: takes everything, throws it away, and says at SIGTERM how much came and what it cost.
// Usage: bare-subscriber REDIS_SOCKET [STREAM]
//   Subscribes to every channel; with STREAM, reads that one from its beginning, as many entries at once as the relay.
#include <hiredis/hiredis.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <csignal>
#include <cstdio>
#include <string>

namespace {

volatile std::sig_atomic_t stopped = 0;
int fd = -1;

/// How many messages came until the connection's end.
unsigned long long subscribe(redisContext* redis) {
  redisAppendCommand(redis, "PSUBSCRIBE *");
  unsigned long long messages = 0;
  void* reply = nullptr;
  while (redisGetReply(redis, &reply) == REDIS_OK) {
    messages += static_cast<redisReply*>(reply)->elements == 4;
    freeReplyObject(reply);
  }
  return messages;
}

/// The same of a stream's entries, or until something else than entries comes.
unsigned long long read_stream(redisContext* redis, const char* stream) {
  unsigned long long messages = 0;
  std::string last = "0";
  for (bool goes_on = true; goes_on;) {
    auto* reply =
        static_cast<redisReply*>(redisCommand(redis, "XREAD COUNT 1000 BLOCK 0 STREAMS %s %s", stream, last.c_str()));
    goes_on = reply && reply->type == REDIS_REPLY_ARRAY;
    if (goes_on) {
      const redisReply& entries = *reply->element[0]->element[1];
      messages += entries.elements;
      last = entries.element[entries.elements - 1]->element[0]->str;
    }
    freeReplyObject(reply);
  }
  return messages;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 && argc != 3) return std::fputs("usage: bare-subscriber REDIS_SOCKET [STREAM]\n", stderr), 2;
  redisContext* redis = redisConnectUnix(argv[1]);
  if (!redis || redis->err) return std::fputs("bare-subscriber: no Redis there\n", stderr), 1;
  fd = redis->fd;
  std::signal(SIGTERM, [](int) {
    stopped = 1;
    shutdown(fd, SHUT_RDWR);  // hiredis reads again after a signal; now it finds the end
  });
  const unsigned long long messages = argc == 3 ? read_stream(redis, argv[2]) : subscribe(redis);
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const double seconds = static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                         static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e-6;
  std::printf("%llu messages, %.3f s of CPU\n", messages, seconds);
  return stopped ? 0 : 1;
}
