#include "relay/relay.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <random>
#include <sstream>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/queue.h"
#include "bus/redis_source.h"
#include "classify/workers.h"
#include "flush/flusher.h"
#include "flush/patch_sender.h"
#include "observe/events.h"
#include "observe/http_listener.h"
#include "observe/metrics.h"
#include "outbox/memory_outbox.h"
#include "relay/heartbeat.h"

namespace firebase_relay::relay {
namespace {

constexpr std::size_t kBlockBytesKept = 512 * 1024;            // of a block's memory, when it is used again
constexpr std::uint64_t kMemoryOutboxBytesMax = 512ull << 20;  // until the outbox is on disk
constexpr std::chrono::seconds kStuckAfter{30};                // a thread that has not come around for so long

bool shows_messages(const Options& options) {
  if (options.log_messages == LogMessages::kAuto) return ::isatty(STDOUT_FILENO) == 1;
  return options.log_messages == LogMessages::kOn;
}

classify::WriterOptions writer_options(const Options& options, classify::KnownNames& known_names) {
  classify::WriterOptions result;
  result.known_names = &known_names;
  result.history = options.history;
  result.message_bytes_max = options.message_bytes_max;
  if (shows_messages(options)) {
    const bool json = options.log_format == observe::LogFormat::kJson;
    result.console = json ? classify::LineFormat::kJson : classify::LineFormat::kText;
  }
  return result;
}

flush::FlusherOptions flusher_options(const Options& options, std::uint64_t seed) {
  flush::FlusherOptions result;
  result.delivery.flush_interval = options.flush_interval;
  result.delivery.request_timeout = options.request_timeout;
  result.delivery.drain_timeout = options.drain_timeout;
  result.delivery.batch_bytes_max = options.batch_bytes_max;
  result.delivery.bytes_per_minute_max = options.bytes_per_minute_max;
  result.delivery.in_flight_max = options.in_flight_max;
  result.closed_orders_max = options.live_orders_max;
  result.jitter_seed = seed;
  return result;
}

flush::SenderOptions sender_options(const Options& options) {
  return {*options.database, options.database->emulator ? "Bearer owner" : "", options.ca_file,
          options.request_timeout};
}

std::uint64_t random_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

}  // namespace

Result<classify::RouteTable> load_routes(const Options& options) {
  if (options.routes_file.empty()) return classify::parse_routes(classify::builtin_routes_json(), "built-in routes");
  std::ifstream file(options.routes_file, std::ios::binary);
  std::ostringstream json;
  if (!(json << file.rdbuf())) {
    return fail(ErrorCode::kInvalid, "--routes " + options.routes_file + ": " + std::strerror(errno),
                "name a file that can be read");
  }
  return classify::parse_routes(json.str(), options.routes_file);
}

/// In the order in which they depend on each other; threads last, so that they are gone before what they use.
struct Relay::Parts {
  Parts(const Options& options, classify::RouteTable table, observe::Log& relay_log)
      : log(relay_log),
        routes(std::move(table)),
        known_names(options.tickers_max),
        metrics(FIREBASE_RELAY_VERSION),
        events(metrics, log.logger()),
        budget(options.queue_bytes_max),
        state(options.instance, options.heartbeat, read_clocks()),
        sender(sender_options(options)),
        source({options.redis, options.channels, 0, random_seed()},
               {messages, emptied, budget, metrics, events, [this](const bus::Gap& gap) { report(gap); }}),
        flusher(flusher_options(options, random_seed()), outbox.restored(),
                {fragments, budget, outbox, sender, state, metrics, events, [this] { source.room_came(); },
                 [this](std::string lines) { log.print_messages(std::move(lines)); }}) {
    metrics.outbox_limit_bytes.Set(static_cast<double>(kMemoryOutboxBytesMax));
    metrics.on_scrape([this](observe::Metrics& scraped) {
      scraped.queue_depth.Set(static_cast<double>(budget.messages()));
      scraped.messages_in_flight.Set(static_cast<double>(budget.messages() + flusher.messages_in_flight()));
    });
  }

  void start_threads(const Options& options) {
    flusher_thread = std::jthread([this] { flusher.run(); });
    classify::Workers::Wiring wiring{
        messages, fragments,
        [this](std::unique_ptr<MessageBlock> block, SteadyTime arrived) { reuse(std::move(block), arrived); },
        [this](std::size_t bytes) { flusher.notify(bytes); }};
    workers.emplace(routes, writer_options(options, known_names), options.workers, std::move(wiring));
    source_thread = std::jthread([this](const std::stop_token& stop) { source.run(stop); });
  }

  void reuse(std::unique_ptr<MessageBlock> block, SteadyTime arrived) {
    LagBuckets waited;
    waited.add(std::chrono::steady_clock::now() - arrived, block->size());
    observe::Metrics::observe(metrics.queue_wait_seconds, waited);
    block->clear(kBlockBytesKept);
    emptied.push(std::move(block));
  }

  void report(const bus::Gap& gap) {
    fragments.push(state.gap_block(gap));
    flusher.notify(0);
  }

  [[nodiscard]] std::optional<std::string> health_flaw() const {
    const SteadyTime now = std::chrono::steady_clock::now();
    if (now - source.last_turn() > kStuckAfter) return "the subscriber thread does not move";
    if (now - flusher.last_turn() > kStuckAfter) return "the flusher thread does not move";
    return std::nullopt;
  }
  [[nodiscard]] std::optional<std::string> ready_flaw() const {
    if (!source.is_subscribed()) return "not subscribed to Redis";
    return std::nullopt;
  }

  observe::Log& log;
  classify::RouteTable routes;
  classify::KnownNames known_names;
  observe::Metrics metrics;
  observe::Events events;
  Queue<MessageBlock> messages;
  Queue<MessageBlock> emptied;
  Queue<FragmentBlock> fragments;
  ByteBudget budget;
  outbox::MemoryOutbox outbox{kMemoryOutboxBytesMax};
  StateWriter state;
  flush::PatchSender sender;
  bus::RedisSource source;
  flush::Flusher flusher;
  std::optional<classify::Workers> workers;
  std::unique_ptr<observe::HttpListener> http;
  std::jthread flusher_thread;
  std::jthread source_thread;
};

Relay::Relay(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Result<std::unique_ptr<Relay>> Relay::start(const Options& options, observe::Log& log) {
  if (!options.database)
    return fail(ErrorCode::kInvalid, "no database is named", "give --database-url or FIREBASE_DATABASE_EMULATOR_HOST");
  Result<classify::RouteTable> routes = load_routes(options);
  if (!routes) return tl::unexpected<Error>(routes.error());
  auto parts = std::make_unique<Parts>(options, std::move(*routes), log);
  Parts& own = *parts;
  auto http = observe::HttpListener::start(options.http_listen.host, options.http_listen.port,
                                           {[&own] { return own.metrics.serialize(); },
                                            [&own] { return own.health_flaw(); }, [&own] { return own.ready_flaw(); }});
  if (!http) return tl::unexpected<Error>(http.error());
  own.http = std::move(*http);
  log.logger().info("http listening on http://{}:{}", options.http_listen.host, own.http->port());
  own.start_threads(options);
  return std::unique_ptr<Relay>(new Relay(std::move(parts)));
}

Relay::~Relay() {
  if (parts_->source_thread.joinable()) {
    end_now();
    drain();
  }
}

Outcome Relay::drain() {
  parts_->source_thread.request_stop();
  parts_->source_thread.join();
  parts_->messages.close();
  parts_->workers->join();
  parts_->flusher.stop();
  parts_->flusher_thread.join();
  Outcome outcome;
  outcome.received = static_cast<std::uint64_t>(parts_->metrics.received.Value());
  for (std::size_t kind = 0; kind < kKindCount; ++kind) {
    outcome.delivered += static_cast<std::uint64_t>(parts_->metrics.delivered[static_cast<Kind>(kind)].Value());
  }
  outcome.left = parts_->flusher.messages_in_flight() + parts_->budget.messages();
  parts_->http->stop();
  return outcome;
}

void Relay::end_now() { parts_->flusher.end_now(); }

}  // namespace firebase_relay::relay
