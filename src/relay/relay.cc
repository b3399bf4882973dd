#include "relay/relay.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/queue.h"
#include "base/thread.h"
#include "base/wakeup.h"
#include "bus/line_source.h"
#include "bus/redis_source.h"
#include "bus/stream_source.h"
#include "classify/workers.h"
#include "flush/archive_link.h"
#include "flush/flusher.h"
#include "flush/http_client.h"
#include "flush/letter_box.h"
#include "flush/patch_sender.h"
#include "flush/token_keeper.h"
#include "observe/events.h"
#include "observe/http_listener.h"
#include "observe/metrics.h"
#include "observe/stream_events.h"
#include "relay/access.h"
#include "relay/entry_of_line.h"
#include "relay/heartbeat.h"
#include "relay/previous_run.h"
#include "relay/stage_options.h"
#include "relay/storage.h"
#include "relay/stream_memory.h"

namespace firebase_relay::relay {
namespace {

constexpr std::size_t kBlockBytesKept = 512 * 1024;  // of a block's memory, when it is used again
constexpr std::size_t kBlocksKept = 8;
constexpr std::chrono::seconds kStuckAfter{30};  // a thread that has not come around for so long

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
        stream_events(metrics, log.logger()),
        archive_events(metrics, log.logger()),
        history_events(metrics, log.logger()),
        budget(options.queue_bytes_max),
        state(options.instance, is_from_redis() ? options.heartbeat : std::chrono::seconds(0), read_clocks()),
        sending(sender_options(options, std::move(access), metrics, events, random_seed())),
        sender(sending) {}

  Result<void> open(const Options& options);
  void make_source(const Options& options);
  std::unique_ptr<Source> make_pub_sub(const Options& options);
  std::unique_ptr<Source> make_streams(const Options& options);
  void make_flusher(const Options& options);
  Result<void> listen(const Options& options);
  void ask_for_the_previous_run(const Options& options);
  void start_threads(const Options& options);
  void reuse(std::unique_ptr<MessageBlock> block, SteadyTime::duration waited);
  void report(bus::Gap gap);
  void leave_out(std::uint64_t line, std::string_view why);
  void commit_streams();
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
  observe::StreamEvents stream_events;
  observe::ArchiveEvents archive_events;
  observe::HistoryEvents history_events;
  Queue<MessageBlock> messages;
  Queue<MessageBlock> emptied;
  Queue<FragmentBlock> fragments;
  ByteBudget budget;
  Storage storage;
  std::optional<flush::LetterBox> letters;
  StateWriter state;
  flush::SenderOptions sending;
  flush::PatchSender sender;
  UtcMillis archived_since = UtcMillis::max();
  std::unique_ptr<archive::Archive> archive;         ///< null: none is wanted
  std::unique_ptr<archive::ReplayedLines> replayed;  ///< FromLines alone, and null likewise
  std::optional<flush::ArchiveLink> archive_link;
  Wakeup source_ended;
  std::optional<EntryReader> entries;    ///< FromLines alone; the source's thread's
  std::uint64_t unread_lines = 0;        ///< counted by the source's thread, read once that has ended
  std::unique_ptr<Source> source;        ///< none: FromDeadLetters
  bus::StreamSource* streams = nullptr;  ///< the same one, if it reads streams
  std::optional<StreamMemory> stream_memory;
  std::optional<flush::Remover> remover;
  std::optional<flush::Flusher> flusher;
  std::optional<classify::Workers> workers;
  std::optional<PreviousRun> previous_run;
  std::unique_ptr<observe::HttpListener> http;
  std::jthread flusher_thread;
  std::jthread source_thread;
};

Result<void> Relay::Parts::open(const Options& options) {
  metrics.database_size_max_bytes.Set(static_cast<double>(options.database_bytes_max));
  if (std::holds_alternative<FromLines>(input)) {
    storage = storage_in_memory();
    auto opened = open_replayed(options);
    if (!opened) return error_of(opened);
    replayed = std::move(*opened);
    return {};
  }
  auto opened = open_storage(options, events, is_from_redis());
  if (!opened) return error_of(opened);
  storage = std::move(*opened);
  for (const LiveRow& row : storage.restored.live) state.rise_above(row);
  storage.use_unsent_heartbeat(state.path_of("heartbeat_at"));
  if (storage.letters)
    letters.emplace(std::move(*storage.letters), writer_options(options, known_names, clock_ahead_seconds, true),
                    flush::LetterBox::Wiring{routes, metrics, events});
  metrics.outbox_limit_bytes.Set(static_cast<double>(options.outbox_bytes_max));
  auto archived = open_archive(options, archive_events, [this] { sender.wake(); });
  if (!archived) return error_of(archived);
  archive = std::move(*archived);
  archived_since = storage.note_archive(archive != nullptr, archive_events, events);
  return {};
}

std::unique_ptr<Source> Relay::Parts::make_pub_sub(const Options& options) {
  return std::make_unique<bus::RedisSource>(
      bus::RedisSourceOptions{options.redis, redis_tls, options.channels, storage.restored.last_sequence,
                              random_seed()},
      bus::RedisSource::Wiring{messages, emptied, budget, metrics, events, [this](const bus::Gap& gap) { report(gap); },
                               [this](UtcMillis at) { previous_run->subscribed(at); },
                               [this] { return flusher->next_flush(); }});
}

std::unique_ptr<Source> Relay::Parts::make_streams(const Options& options) {
  stream_memory.emplace(options.streams, options.stream_group, storage.durable,
                        [this](const Error& error) { expect_noted("note a stream", tl::unexpected<Error>(error)); });
  bus::StreamSourceOptions reading = stream_options(options, redis_tls, random_seed());
  reading.before = stream_memory->before();
  reading.last_sequence = storage.restored.last_sequence;
  bus::StreamReader::Listeners told;
  told.gap = [this](const bus::Gap& gap) { report(gap); };
  told.reset = [this](std::size_t stream, const StreamPosition& behind) { stream_memory->reset(stream, behind); };
  told.falls_behind = [this] { flusher->falls_behind(); };
  told.caught_up = [this](Sequence upto) { flusher->caught_up(upto); };
  told.level = [this, keys = options.streams](std::size_t stream, const bus::StreamLevel& level) {
    stream_events.level(keys[stream], level.entries, level.behind);
  };
  told.next_flush = [this] { return flusher->next_flush(); };
  auto made = std::make_unique<bus::StreamSource>(
      reading,
      bus::StreamSource::Wiring{
          messages, emptied, budget, metrics, events, stream_events, [this] { return flusher->safe_upto(); },
          [this] { return flusher->takes_more(); }, [this](UtcMillis at) { previous_run->subscribed(at); },
          std::move(told),
          [this](std::size_t stream, const StreamPosition& position) { stream_memory->noted(stream, position); }});
  streams = made.get();
  return made;
}

void Relay::Parts::make_source(const Options& options) {
  if (is_from_redis()) {
    source = options.streams.empty() ? make_pub_sub(options) : make_streams(options);
  } else if (const auto* from = std::get_if<FromLines>(&input)) {
    entries.emplace(*routes.newest());
    source = std::make_unique<bus::LineSource>(
        from->lines, bus::LineSource::Wiring{
                         messages, emptied, budget,
                         [this](std::size_t count) { metrics.received.Increment(static_cast<double>(count)); },
                         [this] { return budget.messages() + flusher->messages_in_flight(); },
                         [this](std::uint64_t line, std::string_view why) { leave_out(line, why); },
                         [this] { source_ended.signal(); },
                         [this](std::string_view line, FragmentBlock& block) { return entries->add(line, block); },
                         [this](std::unique_ptr<FragmentBlock> block) {
                           const std::uint64_t bytes = block->bytes();
                           fragments.push(std::move(block));
                           flusher->notify(bytes);
                         }});
  }
}

void Relay::Parts::make_flusher(const Options& options) {
  const auto made_progress = [this] {
    if (source) source->room_came();
  };
  archive_link.emplace(archive.get(), options.history, replayed.get(), [this](const Error& error) {
    archive_events.not_left(error);
    ::kill(::getpid(), SIGTERM);  // as a person ends a replay
  });
  remover.emplace(is_from_redis() ? &routes : nullptr, sender, history_events, may_be_removed(options, archived_since));
  flush::FlusherOptions flushing = flusher_options(options, random_seed());
  flushing.delivery.can_replay = streams != nullptr;
  flushing.delivery.syncs_for_commit = flushing.delivery.is_behind = flushing.delivery.can_replay;
  flusher.emplace(
      flushing, storage.restored,
      flush::Flusher::Wiring{fragments, budget, *storage.outbox, letters ? &*letters : nullptr, *remover, sender, state,
                             *archive_link, metrics, events, stream_events, [this] { storage.try_to_write(events); },
                             made_progress, [this](std::string text) { log.print_messages(std::move(text)); },
                             clock_ahead_seconds});
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
  // What is in a stream waits there, so the time between two runs is no gap.
  previous_run.emplace(
      streams == nullptr ? storage.last_run : std::nullopt,
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
  classify::WriterOptions writing = writer_options(options, known_names, clock_ahead_seconds, live);
  writing.archive = archive != nullptr || replayed != nullptr;
  workers.emplace(routes, writing, options.workers, std::move(wiring));
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
  const SteadyTime now = std::chrono::steady_clock::now();
  if (gap.stream.empty()) {
    events.gap(gap.from, gap.to, gap.cause, now);
  } else {
    stream_events.gap(gap.stream, gap.from, gap.to, gap.entries, gap.cause, now);
  }
  fragments.push(state.gap_block(gap));
  flusher->notify(0);
  sender.wake();  // a beat with the new count is due
}

void Relay::Parts::leave_out(std::uint64_t line, std::string_view why) {
  ++unread_lines;
  events.line_not_readable(line, why, std::chrono::steady_clock::now());
}

/// What is not noted is read once more by the next run.
void Relay::Parts::commit_streams() {
  if (streams == nullptr) return;
  if (!streams->commit(flusher->safe_upto())) stream_events.not_committed();
  stream_memory->ended(streams->positions());
}

void Relay::Parts::note_stopped() {
  const std::optional<UtcMillis> read_until = is_from_redis() ? source->read_until() : std::nullopt;
  if (read_until) expect_noted("note the stop", storage.note_stopped(*read_until));  // else the gap goes on
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
  if (!source->is_subscribed()) return streams == nullptr ? "not subscribed to Redis" : "not reading the streams";
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
  if (own.archive && !own.archive->finish()) own.storage.note_unmarked_hole(own.events);
  Outcome outcome = outcome_of(own.metrics);
  outcome.unread = own.unread_lines;
  outcome.left = own.flusher->messages_in_flight() + own.budget.messages();
  outcome.left_is_safe = own.storage.durable != nullptr && own.flusher->left_is_safe() && !a_thread_has_failed();
  own.commit_streams();
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
