#include "terminal/banner.h"

#include <fmt/format.h>

#include <string_view>

#include "observe/printable.h"

namespace firebase_relay::terminal {
namespace {

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ",") + text;
  return all;
}

std::string bound(std::uint64_t value, std::string_view unit, std::string_view none) {
  return value == 0 ? std::string(none) : fmt::format("{} {}", value, unit);
}

std::string credentials_of(const relay::Options& options) {
  if (!options.credentials_file.empty()) return options.credentials_file;
  if (!options.auth_secret_file.empty()) return options.auth_secret_file;
  return options.database->emulator ? "the emulator's owner" : "none";
}

/// Whom Redis has to be over TLS, and who we are to it, where that is not the rule.
std::string tls_of(const relay::Options& options) {
  if (!options.redis.is_tls) return {};
  std::vector<std::string> parts;
  if (!options.redis_ca_file.empty())
    parts.push_back("authorities of " + options.redis_ca_file + " besides the system's");
  if (!options.redis_tls_name.empty()) parts.push_back("its name " + options.redis_tls_name);
  if (!options.redis_cert_file.empty()) parts.push_back("our certificate " + options.redis_cert_file);
  return parts.empty() ? std::string() : fmt::format(" ({})", fmt::join(parts, ", "));
}

std::string streams_of(const relay::Options& options) {
  if (options.streams.empty()) return {};
  return fmt::format("streams {} (group {}), ", observe::printable(joined(options.streams)),
                     observe::printable(options.stream_group));
}

}  // namespace

std::vector<std::string> banner(const relay::Options& options) {
  std::vector<std::string> lines;
  lines.push_back(fmt::format("firebase-relay {}: {}{} -> {}, instance {}", FIREBASE_RELAY_VERSION,
                              options.redis.masked(), tls_of(options), options.database->shown(), options.instance));
  lines.push_back(fmt::format(
      "takes: {}channels {}, routes {}, messages up to {} bytes, {} tickers; {} workers, {} MiB may wait",
      streams_of(options), joined(options.channels), options.routes_file.empty() ? "built in" : options.routes_file,
      options.message_bytes_max, options.tickers_max, options.workers, options.queue_bytes_max / relay::kMiB));
  lines.push_back(
      fmt::format("sends: a flush every {} ms, up to {} bytes a request, {} of history at once, {}, answers within {} "
                  "ms, credentials {}{}",
                  options.flush_interval.count(), options.batch_bytes_max, options.in_flight_max,
                  bound(options.bytes_per_minute_max / relay::kMb, "MB a minute", "any amount a minute"),
                  options.request_timeout.count(), credentials_of(options),
                  options.ca_file.empty() ? "" : ", authorities of " + options.ca_file + " besides the system's"));
  lines.push_back(fmt::format(
      "keeps: history {}, closed orders {}, outbox {} up to {} MiB (sync {}), {} dead letters, archive {}",
      options.history ? "on" : "off", bound(options.live_orders_max, "a ticker", "all"), options.outbox_file,
      options.outbox_bytes_max / relay::kMiB, options.outbox_sync == relay::OutboxSync::kFull ? "full" : "normal",
      options.dead_letters_max, options.archive.empty() ? "none" : options.archive));
  lines.push_back(
      fmt::format("shows: http at {}, a heartbeat {}; stops within {} ms", options.http_listen.text(),
                  options.heartbeat.count() == 0 ? "never" : fmt::format("every {} s", options.heartbeat.count()),
                  options.drain_timeout.count()));
  lines.emplace_back(options.streams.empty()
                         ? "Redis pub/sub cannot be replayed: what is published while the relay is not connected is "
                           "lost, and reported as a gap"
                         : "what is added to the streams while no relay runs waits in Redis; only what is trimmed "
                           "before it is read is lost, and reported as a gap");
  return lines;
}

}  // namespace firebase_relay::terminal
