#include "relay/stage_options.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "observe/download.h"

namespace firebase_relay::relay {
namespace {

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

}  // namespace

classify::WriterOptions writer_options(const Options& options, classify::KnownNames& known_names,
                                       const std::atomic<std::int64_t>& clock_ahead_seconds, bool live) {
  classify::WriterOptions result;
  result.known_names = &known_names;
  result.clock_ahead_seconds = &clock_ahead_seconds;
  result.history = options.history;
  result.archive = !options.archive.empty();
  result.live = live;
  result.message_bytes_max = options.message_bytes_max;
  result.base = reach_of(options.database->base_path);
  if (shows_messages(options)) {
    const bool json = options.log_format == observe::LogFormat::kJson;
    result.console = json ? classify::LineFormat::kJson : classify::LineFormat::kText;
  }
  return result;
}

bus::StreamSourceOptions stream_options(const Options& options, std::shared_ptr<const bus::TlsContext> tls,
                                        std::uint64_t seed) {
  bus::StreamSourceOptions result;
  result.url = options.redis;
  result.tls = std::move(tls);
  result.streams = options.streams;
  result.group = options.stream_group;
  result.channels = options.channels;
  result.jitter_seed = seed;
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

flush::SenderOptions sender_options(const Options& options, Access access, observe::Metrics& metrics,
                                    observe::Events& events, std::uint64_t seed) {
  const auto report = [&events](const flush::TokenNews& news) {
    if (news.life) return events.token_obtained(*news.life, news.is_first);
    events.token_failed(news.error, news.next_try_in, std::chrono::steady_clock::now());
  };
  flush::SenderOptions result{*options.database, nullptr, access.ca, options.request_timeout};
  result.answered = [download = std::make_shared<observe::Download>(metrics, std::chrono::steady_clock::now())](
                        std::uint64_t bytes) { download->answered(bytes, std::chrono::steady_clock::now()); };
  result.credentials = flush::open_source(std::move(access.credentials), {access.ca, seed, report});
  return result;
}

}  // namespace firebase_relay::relay
