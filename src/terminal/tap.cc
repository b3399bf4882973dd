#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <thread>
#include <utility>

#include "base/queue.h"
#include "base/thread.h"
#include "base/wakeup.h"
#include "bus/redis_source.h"
#include "bus/stream_source.h"
#include "classify/block_writer.h"
#include "observe/events.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "observe/stream_events.h"
#include "relay/relay.h"
#include "relay/stage_options.h"
#include "terminal/commands.h"
#include "terminal/signals.h"

namespace firebase_relay::terminal {
namespace {

/// What a source needs of whoever reads it.
struct Reading {
  Queue<MessageBlock>& messages;
  Queue<MessageBlock>& emptied;
  ByteBudget& budget;
  observe::Metrics& metrics;
  observe::Events& events;
};

std::unique_ptr<Source> watch_channels(const relay::Options& options, std::shared_ptr<const bus::TlsContext> tls,
                                       const Reading& reading) {
  const auto tell = [&events = reading.events](const bus::Gap& gap) {
    events.gap(gap.from, gap.to, gap.cause, std::chrono::steady_clock::now());
  };
  return std::make_unique<bus::RedisSource>(
      bus::RedisSourceOptions{options.redis, std::move(tls), options.channels, 0, random_seed()},
      bus::RedisSource::Wiring{
          reading.messages, reading.emptied, reading.budget, reading.metrics, reading.events, tell, {}, {}});
}

/// What is added from now on; no group is made or moved.
std::unique_ptr<Source> watch_streams(const relay::Options& options, std::shared_ptr<const bus::TlsContext> tls,
                                      const Reading& reading, observe::StreamEvents& events) {
  bus::StreamSourceOptions watching = relay::stream_options(options, std::move(tls), random_seed());
  watching.only_watches = true;
  return std::make_unique<bus::StreamSource>(watching, bus::StreamSource::Wiring{reading.messages,
                                                                                 reading.emptied,
                                                                                 reading.budget,
                                                                                 reading.metrics,
                                                                                 reading.events,
                                                                                 events,
                                                                                 [] { return Sequence{0}; },
                                                                                 {},
                                                                                 {},
                                                                                 {},
                                                                                 {}});
}

}  // namespace

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
  observe::StreamEvents stream_events(metrics, log.logger());
  const std::unique_ptr<Source> source =
      line.options.streams.empty()
          ? watch_channels(line.options, *tls, {messages, emptied, budget, metrics, events})
          : watch_streams(line.options, *tls, {messages, emptied, budget, metrics, events}, stream_events);
  classify::WriterOptions options;
  options.message_bytes_max = line.options.message_bytes_max;
  options.console = line.json ? classify::LineFormat::kJson : classify::LineFormat::kText;

  const Wakeup nobody_reads;
  std::atomic<int> write_error{0};
  // Started first: it can be ended without the other one.
  std::jthread reader = start_thread("subscriber", [&](const std::stop_token& stop) { source->run(stop); });
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
      source->room_came();
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
