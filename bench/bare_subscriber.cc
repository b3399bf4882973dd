// The floor of receiving: subscribes to everything, throws it away, and says at SIGTERM how much came and what it cost.
// Usage: bare-subscriber REDIS_SOCKET
#include <hiredis/hiredis.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <csignal>
#include <cstdio>

namespace {
volatile std::sig_atomic_t stopped = 0;
int fd = -1;
}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return std::fputs("usage: bare-subscriber REDIS_SOCKET\n", stderr), 2;
  redisContext* redis = redisConnectUnix(argv[1]);
  if (!redis || redis->err) return std::fputs("bare-subscriber: no Redis there\n", stderr), 1;
  fd = redis->fd;
  std::signal(SIGTERM, [](int) {
    stopped = 1;
    shutdown(fd, SHUT_RDWR);  // hiredis reads again after a signal; now it finds the end
  });
  redisAppendCommand(redis, "PSUBSCRIBE *");
  unsigned long long messages = 0;
  void* reply = nullptr;
  while (redisGetReply(redis, &reply) == REDIS_OK) {
    messages += static_cast<redisReply*>(reply)->elements == 4;
    freeReplyObject(reply);
  }
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const double seconds = static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                         static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e-6;
  std::printf("%llu messages, %.3f s of CPU\n", messages, seconds);
  return stopped ? 0 : 1;
}
