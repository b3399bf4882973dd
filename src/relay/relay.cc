#include "relay/relay.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/queue.h"
#include "base/thread.h"
#include "base/wakeup.h"
#include "bus/line_source.h"
#include "bus/redis_source.h"
#include "classify/timestamp.h"
#include "classify/workers.h"
#include "flush/flusher.h"
#include "flush/http_client.h"
#include "flush/letter_box.h"
#include "flush/patch_sender.h"
#include "flush/token_keeper.h"
#include "observe/events.h"
#include "observe/http_listener.h"
#include "observe/metrics.h"
#include "relay/access.h"
#include "relay/heartbeat.h"
#include "relay/previous_run.h"
#include "relay/storage.h"

namespace firebase_relay::relay {
namespace {

constexpr std::size_t kBlockBytesKept = 512 * 1024;  // of a block's memory, when it is used again
constexpr std::size_t kBlocksKept = 8;
constexpr std::chrono::seconds kStuckAfter{30};  // a thread that has not come around for so long

bool shows_messages(const Options& options) {
  if (options.log_messages == LogMessages::kAuto) return ::isatty(STDOUT_FILENO) == 1;
  return options.log_messages == LogMessages::kOn;
}

/// Of a node as it stands in a URL: its escapes are a byte each.
classify::Reach reach_of(std::string_view base_path) {
  if (base_path.empty()) return {};
  const auto count = [base_path](char c) { return std::count(base_path.begin(), base_path.end(), c); };
  classify::Reach reach;
  reach.keys = static_cast<std::uint32_t>(1 + count('/'));
  reach.path_bytes = static_cast<std::uint32_t>(base_path.size() + 1 - 2 * static_cast<std::size_t>(count('%')));
  return reach;
}

classify::WriterOptions writer_options(const Options& options, classify::KnownNames& known_names,
                                       const std::atomic<std::int64_t>& clock_ahead_seconds, bool live) {
  classify::WriterOptions result;
  result.known_names = &known_names;
  result.clock_ahead_seconds = &clock_ahead_seconds;
  result.history = options.history;
  result.live = live;
  result.message_bytes_max = options.message_bytes_max;
  result.base = reach_of(options.database->base_path);
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
  result.delivery.loaded_bytes_max = options.outbox_bytes_max / 8;
  result.closed_orders_max = options.live_orders_max;
  result.jitter_seed = seed;
  return result;
}

flush::SenderOptions sender_options(const Options& options, Access access, observe::Events& events,
                                    std::uint64_t seed) {
  const auto report = [&events](const flush::TokenNews& news) {
    if (news.life) return events.token_obtained(*news.life, news.is_first);
    events.token_failed(news.error, news.next_try_in, std::chrono::steady_clock::now());
  };
  flush::SenderOptions result{*options.database, nullptr, access.ca, options.request_timeout};
  result.credentials = flush::open_source(std::move(access.credentials), {access.ca, seed, report});
  return result;
}

}  // namespace

/// In the order in which they depend on each other; threads last, so that they are gone before what they use.
struct Relay::Parts {
  Parts(const Options& options, const Input& where_from, classify::RouteTable table, Access access,
        observe::Log& relay_log)
      : input(where_from),
        log(relay_log),
        redis_tls(access.redis_tls),
        routes(std::move(table)),
        known_names(options.tickers_max),
        metrics(FIREBASE_RELAY_VERSION),
        events(metrics, log.logger()),
        budget(options.queue_bytes_max),
        state(options.instance, is_from_redis() ? options.heartbeat : std::chrono::seconds(0), read_clocks()),
        sending(sender_options(options, std::move(access), events, random_seed())),
        sender(sending) {}

  Result<void> open(const Options& options);
  void use_unsent_heartbeat();
  void make_source(const Options& options);
  void make_flusher(const Options& options);
  Result<void> listen(const Options& options);
  void ask_for_the_previous_run(const Options& options);
  void start_threads(const Options& options);
  void reuse(std::unique_ptr<MessageBlock> block, SteadyTime::duration waited);
  void report(bus::Gap gap);
  void note_stopped();
  void expect_noted(std::string_view what, const Result<void>& noted);
  [[nodiscard]] std::optional<std::string> health_flaw() const;
  [[nodiscard]] std::optional<std::string> ready_flaw() const;

  [[nodiscard]] bool is_from_redis() const { return std::holds_alternative<FromRedis>(input); }

  Input input;
  observe::Log& log;
  std::shared_ptr<const bus::TlsContext> redis_tls;
  classify::PublishedRoutes routes;
  classify::KnownNames known_names;
  std::atomic<std::int64_t> clock_ahead_seconds{0};  ///< set by the flusher, read by the workers
  observe::Metrics metrics;
  observe::Events events;
  Queue<MessageBlock> messages;
  Queue<MessageBlock> emptied;
  Queue<FragmentBlock> fragments;
  ByteBudget budget;
  Storage storage;
  std::optional<flush::LetterBox> letters;
  StateWriter state;
  flush::SenderOptions sending;
  flush::PatchSender sender;
  Wakeup source_ended;
  std::unique_ptr<Source> source;  ///< none: FromDeadLetters
  std::optional<flush::Flusher> flusher;
  std::optional<classify::Workers> workers;
  std::optional<PreviousRun> previous_run;
  std::unique_ptr<observe::HttpListener> http;
  std::jthread flusher_thread;
  std::jthread source_thread;
};

Result<void> Relay::Parts::open(const Options& options) {
  if (std::holds_alternative<FromLines>(input)) {
    storage = storage_in_memory();
    return {};
  }
  auto opened = open_storage(options, events, is_from_redis());
  if (!opened) return error_of(opened);
  storage = std::move(*opened);
  for (const LiveRow& row : storage.restored.live) state.rise_above(row);
  use_unsent_heartbeat();
  if (storage.letters)
    letters.emplace(std::move(*storage.letters), writer_options(options, known_names, clock_ahead_seconds, true),
                    flush::LetterBox::Wiring{routes, metrics, events});
  metrics.outbox_limit_bytes.Set(static_cast<double>(options.outbox_bytes_max));
  return {};
}

/// In an outage heartbeats stay in the outbox: the newest one tells better than the database how long the last run
/// lived.
void Relay::Parts::use_unsent_heartbeat() {
  if (!storage.last_run) return;
  for (const LiveRow& row : storage.restored.live) {
    if (row.path != state.path_of("heartbeat_at") || row.value.size() < 2) continue;
    const auto beat = classify::parse_timestamp(std::string_view(row.value).substr(1, row.value.size() - 2));
    storage.last_run->started_at = std::max(storage.last_run->started_at, beat.value_or(UtcMillis{}));
  }
}

void Relay::Parts::make_source(const Options& options) {
  if (is_from_redis()) {
    source = std::make_unique<bus::RedisSource>(
        bus::RedisSourceOptions{options.redis, redis_tls, options.channels, storage.restored.last_sequence,
                                random_seed()},
        bus::RedisSource::Wiring{
            messages, emptied, budget, metrics, events, [this](const bus::Gap& gap) { report(gap); },
            [this](UtcMillis at) { previous_run->subscribed(at); }, [this] { return flusher->next_flush(); }});
  } else if (const auto* from = std::get_if<FromLines>(&input)) {
    source = std::make_unique<bus::LineSource>(
        from->lines,
        bus::LineSource::Wiring{
            messages, emptied, budget,
            [this](std::size_t count) { metrics.received.Increment(static_cast<double>(count)); },
            [this] { return budget.messages() + flusher->messages_in_flight(); },
            [this](std::uint64_t line) { events.line_not_readable(line, std::chrono::steady_clock::now()); },
            [this] { source_ended.signal(); }});
  }
}

void Relay::Parts::make_flusher(const Options& options) {
  const auto made_progress = [this] {
    if (source) source->room_came();
  };
  flusher.emplace(
      flusher_options(options, random_seed()), storage.restored,
      flush::Flusher::Wiring{fragments, budget, *storage.outbox, letters ? &*letters : nullptr, sender, state, metrics,
                             events, [this] { storage.try_to_write(events); }, made_progress,
                             [this](std::string text) { log.print_messages(std::move(text)); }, clock_ahead_seconds});
  storage.restored = {};  // what was live is with the flusher now
  metrics.on_scrape([this](observe::Metrics& scraped) {
    scraped.queue_depth.Set(static_cast<double>(budget.messages()));
    scraped.messages_in_flight.Set(static_cast<double>(budget.messages() + flusher->messages_in_flight()));
    const std::optional<UtcMillis> oldest = flusher->outbox_oldest();
    const auto age = oldest ? std::chrono::duration<double>(utc_now() - *oldest).count() : 0.0;
    scraped.outbox_oldest_seconds.Set(std::max(0.0, age));
  });
}

Result<void> Relay::Parts::listen(const Options& options) {
  auto listener =
      observe::HttpListener::start(options.http_listen.host, options.http_listen.port,
                                   {[this] { return metrics.serialize(); }, [this] { return health_flaw(); },
                                    [this] { return ready_flaw(); }, [this] { return events.outbox_flaw(); }});
  if (!listener) return error_of(listener);
  http = std::move(*listener);
  log.logger().info("http listening on http://{}", options.http_listen.text_with(http->port()));
  return {};
}

void Relay::Parts::ask_for_the_previous_run(const Options& options) {
  state.hold(true);
  flush::HttpRequest question;
  question.url = options.database->url_of(state.path_of("heartbeat_at"), "");
  question.ca = sending.ca;
  previous_run.emplace(
      storage.last_run,
      PreviousRun::Wiring{
          [this](const bus::Gap& gap) { report(gap); },
          [this] {
            state.gaps_are_known();
            sender.wake();
          },
          heartbeat_question(question, sending.credentials),
          [this](const Error& error) { events.last_heartbeat_not_read(error, std::chrono::steady_clock::now()); },
          [this] {
            state.hold(false);
            sender.wake();
          },
          [this](UtcMillis at) { expect_noted("note the start", storage.note_started(at)); },
          [this](UtcMillis at) { expect_noted("note the last stop", storage.note_stopped(at)); }});
}

void Relay::Parts::start_threads(const Options& options) {
  const auto* lines = std::get_if<FromLines>(&input);
  const bool live = lines == nullptr || lines->live;
  flusher_thread = start_thread("flusher", [this] { flusher->run(); });
  classify::Workers::Wiring wiring{
      messages, fragments,
      [this](std::unique_ptr<MessageBlock> block, SteadyTime::duration waited) { reuse(std::move(block), waited); },
      [this](std::uint64_t bytes) { flusher->notify(bytes); }};
  workers.emplace(routes, writer_options(options, known_names, clock_ahead_seconds, live), options.workers,
                  std::move(wiring));
  if (source) source_thread = start_thread("subscriber", [this](const std::stop_token& stop) { source->run(stop); });
}

void Relay::Parts::reuse(std::unique_ptr<MessageBlock> block, SteadyTime::duration waited) {
  LagBuckets waits;
  waits.add(waited, block->size());
  observe::Metrics::observe(metrics.queue_wait_seconds, waits);
  if (emptied.size() >= kBlocksKept) return;  // a stall had made more of them than are ever needed at once
  block->clear(kBlockBytesKept);
  emptied.push(std::move(block));
}

void Relay::Parts::report(bus::Gap gap) {
  if (gap.to < gap.from) gap.cause += "; the clock was set back meanwhile, so how long it was is not known";
  events.gap(gap.from, gap.to, gap.cause, std::chrono::steady_clock::now());
  fragments.push(state.gap_block(gap));
  flusher->notify(0);
  sender.wake();  // a beat with the new count is due
}

void Relay::Parts::note_stopped() {
  if (!storage.durable || !is_from_redis()) return;
  const std::optional<UtcMillis> read_until = source->read_until();
  if (!read_until) return;  // it never listened: the gap goes on
  expect_noted("note the stop", storage.durable->note_stopped(*read_until));
}

void Relay::Parts::expect_noted(std::string_view what, const Result<void>& noted) {
  if (!noted) events.outbox_failed(what, noted.error(), std::chrono::steady_clock::now());
}

std::optional<std::string> Relay::Parts::health_flaw() const {
  const SteadyTime now = std::chrono::steady_clock::now();
  if (now - source->last_turn() > kStuckAfter) return "the subscriber thread does not move";
  if (now - flusher->last_turn() > kStuckAfter) return "the flusher thread does not move";
  return std::nullopt;
}

std::optional<std::string> Relay::Parts::ready_flaw() const {
  if (!source->is_subscribed()) return "not subscribed to Redis";
  return std::nullopt;
}

Relay::Relay(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Result<std::unique_ptr<Relay>> Relay::start(const Options& options, observe::Log& log, const Input& input) {
  if (!options.database)
    return fail(ErrorCode::kInvalid, "no database is named", "give --database-url or FIREBASE_DATABASE_EMULATOR_HOST");
  Result<classify::RouteTable> routes = load_routes(options);
  if (!routes) return error_of(routes);
  Result<Access> access = read_access(options, std::holds_alternative<FromRedis>(input), log);
  if (!access) return error_of(access);
  auto parts = std::make_unique<Parts>(options, input, std::move(*routes), std::move(*access), log);
  Parts& own = *parts;
  std::unique_ptr<Relay> relay(new Relay(std::move(parts)));  // its end ends what has been started, whatever comes
  if (auto opened = own.open(options); !opened) return error_of(opened);
  own.make_source(options);
  own.make_flusher(options);
  if (own.is_from_redis()) {
    if (auto listens = own.listen(options); !listens) return error_of(listens);
    own.ask_for_the_previous_run(options);
  }
  own.start_threads(options);
  return relay;
}

Relay::~Relay() {
  if (parts_->flusher_thread.joinable()) {
    end_now();
    drain();
  }
}

int Relay::source_ended_fd() const { return parts_->source_ended.fd(); }

Outcome Relay::drain() {
  Parts& own = *parts_;
  if (own.source_thread.joinable()) {
    own.source_thread.request_stop();
    own.source_thread.join();
  }
  if (own.previous_run) own.previous_run->finish();
  own.messages.close();
  if (own.workers) own.workers->join();
  own.flusher->stop();
  own.flusher_thread.join();
  Outcome outcome;
  outcome.received = static_cast<std::uint64_t>(own.metrics.received.Value());
  for (std::size_t kind = 0; kind < kKindCount; ++kind) {
    outcome.delivered += static_cast<std::uint64_t>(own.metrics.delivered[static_cast<Kind>(kind)].Value());
  }
  for (std::size_t reason = 0; reason < kDeadLetterReasonCount; ++reason) {
    outcome.dead += static_cast<std::uint64_t>(own.metrics.dead_letters[static_cast<DeadLetterReason>(reason)].Value());
  }
  outcome.left = own.flusher->messages_in_flight() + own.budget.messages();
  outcome.left_is_safe = own.storage.durable != nullptr && own.flusher->left_is_safe() && !a_thread_has_failed();
  own.note_stopped();
  if (own.http) own.http->stop();
  return outcome;
}

void Relay::read_routes_again(const Options& options) {
  relay::read_routes_again(options, parts_->routes, parts_->events);
}

std::string Relay::metrics_text() const { return parts_->metrics.serialize(); }

void Relay::end_now() { parts_->flusher->end_now(); }

}  // namespace firebase_relay::relay
