#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <thread>

#include "base/queue.h"
#include "base/thread.h"
#include "base/wakeup.h"
#include "bus/redis_source.h"
#include "classify/block_writer.h"
#include "observe/events.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "relay/relay.h"
#include "terminal/commands.h"
#include "terminal/signals.h"

namespace firebase_relay::terminal {

int tap(const CommandLine& line) {
  const Signals signals;
  observe::Log log({line.options.log_level, line.options.log_format});
  for (const std::string& warning : line.warnings) log.logger().warn("{}", warning);
  const auto routes = relay::load_routes(line.options);
  if (!routes) {
    log.logger().error("{}; {}", routes.error().what, routes.error().remedy);
    return kExitInvalid;
  }
  const auto tls = bus::TlsContext::make(line.options.redis, line.options.redis_tls());
  if (!tls) {
    log.logger().error("{}; {}", tls.error().what, tls.error().remedy);
    return kExitInvalid;
  }
  if (*tls && (*tls)->warning()) log.logger().warn("{}", *(*tls)->warning());
  observe::Metrics metrics(FIREBASE_RELAY_VERSION);
  observe::Events events(metrics, log.logger());
  Queue<MessageBlock> messages;
  Queue<MessageBlock> emptied;
  ByteBudget budget(line.options.queue_bytes_max);
  bus::RedisSource source(
      {line.options.redis, *tls, line.options.channels, 0, random_seed()},
      {messages,
       emptied,
       budget,
       metrics,
       events,
       [&](const bus::Gap& gap) { events.gap(gap.from, gap.to, gap.cause, std::chrono::steady_clock::now()); },
       {},
       {}});
  classify::WriterOptions options;
  options.message_bytes_max = line.options.message_bytes_max;
  options.console = line.json ? classify::LineFormat::kJson : classify::LineFormat::kText;

  const Wakeup nobody_reads;
  std::atomic<int> write_error{0};
  // Started first: it can be ended without the other one.
  std::jthread reader = start_thread("subscriber", [&](const std::stop_token& stop) { source.run(stop); });
  const std::jthread printer = start_thread("printer", [&] {
    classify::BlockWriter writer(*routes, options);
    while (const std::unique_ptr<MessageBlock> block = messages.pop()) {
      const std::string lines = writer.write(*block)->console;
      // Straight to stdout, and no queue in between: whoever taps wants every line, and may stop the reader.
      if (std::fwrite(lines.data(), 1, lines.size(), stdout) != lines.size() || std::fflush(stdout) != 0) {
        write_error = errno;
        nobody_reads.signal();
      }
      budget.release(block->bytes(), block->size());
      source.room_came();
    }
  });
  while (signals.wait(std::chrono::milliseconds(-1), nobody_reads.fd()) == 0 && write_error == 0) {
  }
  reader.request_stop();
  reader.join();
  messages.close();
  if (write_error == 0) return kExitOk;
  if (write_error != EPIPE) log.logger().error("cannot print: {}", std::strerror(write_error));
  return kExitFailed;
}

}  // namespace firebase_relay::terminal
