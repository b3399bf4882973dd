#include "terminal/flag_table.h"

#include <algorithm>
#include <array>

#include "terminal/flag_setters.h"

namespace firebase_relay::terminal {
namespace {

using relay::Options;

constexpr std::uint16_t kRun = 1 << static_cast<int>(Command::kRun);
constexpr std::uint16_t kCheck = 1 << static_cast<int>(Command::kCheck);
constexpr std::uint16_t kTap = 1 << static_cast<int>(Command::kTap);
constexpr std::uint16_t kDead = 1 << static_cast<int>(Command::kDeadLetters);
constexpr std::uint16_t kReplay = 1 << static_cast<int>(Command::kReplay);
constexpr std::uint16_t kExport = 1 << static_cast<int>(Command::kExport);
constexpr std::uint16_t kPrune = 1 << static_cast<int>(Command::kPrune);
constexpr std::uint16_t kStatus = 1 << static_cast<int>(Command::kStatus);
constexpr std::uint16_t kHealth = 1 << static_cast<int>(Command::kHealthcheck);
constexpr std::uint16_t kAll = kRun | kCheck | kTap | kDead | kReplay | kExport | kPrune | kStatus | kHealth;
constexpr std::uint16_t kSends = kRun | kDead | kReplay;  // those that send messages to the database
constexpr std::uint16_t kWrites = kSends | kPrune;
constexpr std::uint16_t kAsks = kWrites | kCheck | kExport;  // and those that read it

constexpr bool kSecret = true;
constexpr bool kPlain = false;

constexpr CommandRow kCommands[] = {
    {Command::kRun, "run", "[run] [flags]", 0, 0, "relay until it is stopped"},
    {Command::kCheck, "check", "check [flags]", 0, 0, "check settings, Redis, database and outbox, a line each"},
    {Command::kTap, "tap", "tap [--json] [flags]", 0, 0, "print the messages on Redis, write nothing"},
    {Command::kDeadLetters, "dead-letters", "dead-letters list|show|retry|drop [ID…]", 1, 100'000,
     "what was set aside"},
    {Command::kReplay, "replay", "replay FILE [--live] [flags]", 1, 1, "send a file of messages through the routes"},
    {Command::kExport, "export", "export [flags]", 0, 0, "print history, from an archive or the database"},
    {Command::kPrune, "prune", "prune --before DAY [flags]", 0, 0, "remove old history from the database, with --yes"},
    {Command::kStatus, "status", "status [--watch] [flags]", 0, 0, "ask the relay that runs here how it is"},
    {Command::kHealthcheck, "healthcheck", "healthcheck [flags]", 0, 0,
     "ask the relay that runs here whether it is well"},
};

constexpr std::array<std::string_view, kGroupCount> kGroupNames = {
    "Redis and routes", "Database", "Delivery", "Limits", "Disk", "Watching", "Configuration"};

constexpr CommandFlag kCommandFlags[] = {
    {Command::kCheck, "route-test", "FILE",
     "For each line of FILE (channel, tab, payload; or what tap --json prints; - is standard input) print the paths "
     "and "
     "values it would write, and check nothing else."},
    {Command::kTap, "json", "", "One JSON object a line instead of text for people."},
    {Command::kDeadLetters, "json", "", "list: one JSON object a line, as replay takes them."},
    {Command::kDeadLetters, "all", "", "retry, drop: all of them."},
    {Command::kDeadLetters, "live", "", "retry: write live values, too, although they may be old."},
    {Command::kReplay, "live", "", "Write live values, too, although they may be old."},
    {Command::kExport, "from", "DAY",
     "The first day, such as 2026-11-28 (UTC), that one too; the oldest if not given."},
    {Command::kExport, "to", "DAY", "The last day, that one too; the newest if not given."},
    {Command::kExport, "ticker", "TICKER", "Of this ticker alone, as it is published."},
    {Command::kExport, "kind", "KIND",
     "Of this kind alone: price, order, performance, profit, registration, unrouted."},
    {Command::kExport, "format", "jsonl|csv",
     "jsonl, if not given: a line an entry, as the archive has it and replay takes it; csv: a column a field."},
    {Command::kExport, "fields", "FIELD,…",
     "csv: these columns, nested ones as order_data/order/id, and entry, entry_time; those of the first entry if not "
     "given."},
    {Command::kExport, "from-database", "",
     "Read the database instead of an archive: says first what it will download, and asks."},
    {Command::kExport, "yes", "", "With --from-database: download without asking."},
    {Command::kPrune, "before", "DAY",
     "What is older than this day (2026-11-28, in UTC) goes; the day itself stays, and so does today's."},
    {Command::kPrune, "ticker", "TICKER", "Of this ticker alone, as it is published."},
    {Command::kPrune, "kind", "KIND", "Of this kind alone: price, order, performance, profit, registration, unrouted."},
    {Command::kPrune, "flat", "",
     "Not the days, but the entries which a version without days left beside them, by the time in their key."},
    {Command::kPrune, "unsealed", "",
     "With --archive: days that it does not have whole go, too; tells how many entries then stand nowhere else."},
    {Command::kPrune, "yes", "", "Remove it. Without this nothing is removed, only told."},
    {Command::kStatus, "watch", "", "Look again every two seconds, with the rates in between, until Ctrl-C."},
};

constexpr Flag kFlags[] = {
    // name, value, environment, default, default_note, group, commands, secret, help, set
    {"redis-url", "URL", "REDIS_URL REDIS_HOST REDIS_PORT", "redis://127.0.0.1:6379", "", Group::kRedis,
     kRun | kCheck | kTap, kSecret,
     "redis://[user@]host[:port][/db], rediss:// with TLS (valkey://, valkeys:// are the same), or "
     "unix:///path[?db=N].",
     set_redis_url},
    {"redis-password-file", "FILE", "FIREBASE_RELAY_REDIS_PASSWORD_FILE REDIS_PASSWORD", "", "none", Group::kRedis,
     kRun | kCheck | kTap, kPlain, "File that holds the password. REDIS_PASSWORD is the password itself.", nullptr},
    {"redis-ca-file", "FILE", "", "", "the system's", Group::kRedis, kRun | kCheck | kTap, kPlain,
     "rediss: certificate authorities to trust besides (PEM).", set_text<&Options::redis_ca_file>},
    {"redis-cert-file", "FILE", "", "", "none", Group::kRedis, kRun | kCheck | kTap, kPlain,
     "rediss: client's certificate (PEM), where Redis asks for one.", set_text<&Options::redis_cert_file>},
    {"redis-key-file", "FILE", "", "", "none", Group::kRedis, kRun | kCheck | kTap, kPlain,
     "rediss: key of that certificate (PEM).", set_text<&Options::redis_key_file>},
    {"redis-tls-name", "NAME", "", "", "the URL's host", Group::kRedis, kRun | kCheck | kTap, kPlain,
     "rediss: host name or address that Redis' certificate has to be for.", set_redis_tls_name},
    {"channels", "PATTERN,…", "", "*", "", Group::kRedis, kRun | kCheck | kTap, kPlain,
     "Take only channels that match one of these glob patterns; one with ! in front takes away what it matches.",
     set_channels},
    {"streams", "KEY,…", "", "", "none: pub/sub", Group::kRedis, kRun | kCheck | kTap, kPlain,
     "Read these Redis Streams instead of pub/sub: what is added while no relay runs is read by the next.",
     set_streams},
    {"stream-group", "NAME", "", "firebase-relay", "", Group::kRedis, kRun | kCheck | kTap, kPlain,
     "Consumer group in which Redis keeps how far the streams have been read.", set_stream_group},
    {"routes", "FILE", "", "", "built in", Group::kRedis, kWrites | kCheck | kTap | kExport, kPlain,
     "JSON file that says which message goes to which paths.", set_text<&Options::routes_file>},

    {"database-url", "URL", "FIREBASE_DATABASE_URL FIREBASE_DATABASE_EMULATOR_HOST", "", "", Group::kDatabase, kAsks,
     kSecret,
     "https://NAME.firebaseio.com, a regional one, or an emulator's http://host:port?ns=NAME; a path is the root of "
     "all "
     "that is written. FIREBASE_DATABASE_EMULATOR_HOST (host:port) beats FIREBASE_DATABASE_URL.",
     nullptr},
    {"credentials", "FILE", "GOOGLE_APPLICATION_CREDENTIALS", "", "none", Group::kDatabase, kAsks, kPlain,
     "Service account's key (JSON).", set_text<&Options::credentials_file>},
    {"auth-secret-file", "FILE", "", "", "none", Group::kDatabase, kAsks, kPlain,
     "File that holds a legacy database secret.", set_text<&Options::auth_secret_file>},
    {"ca-file", "FILE", "", "", "the system's", Group::kDatabase, kAsks, kPlain,
     "Certificate authorities to trust besides (PEM).", set_text<&Options::ca_file>},
    {"allow-plaintext", "", "", "", "off", Group::kDatabase, kAsks, kPlain,
     "Allow http:// to a host that is not this machine.", set_switch<&Options::allow_plaintext>},

    {"flush-interval-ms", "N", "", "250", "", Group::kDelivery, kSends, kPlain,
     "At most one flush in this time; 0: the next as soon as the last is answered.",
     set_number<&Options::flush_interval, 0, 60'000>},
    {"history", "", "", "", "on", Group::kDelivery, kSends, kPlain,
     "Keep every message under history/ for good; --no-history: live values only.", set_switch<&Options::history>},
    {"live-orders-max", "N", "", "50", "", Group::kDelivery, kSends, kPlain,
     "Closed orders that stay live per ticker; 0: all.", set_number<&Options::live_orders_max, 0, 1'000'000>},
    {"batch-max-bytes", "N", "", "1048576", "", Group::kDelivery, kSends, kPlain,
     "A flush over this size is split into several requests.", set_number<&Options::batch_bytes_max, 1024, 16'777'216>},
    {"request-timeout-ms", "N", "", "15000", "", Group::kDelivery, kAsks, kPlain,
     "A request without an answer counts as lost after this time.",
     set_number<&Options::request_timeout, 100, 600'000>},
    {"in-flight", "N", "", "4", "", Group::kDelivery, kSends, kPlain,
     "Requests of history at the same time; live values always travel one request at a time.",
     set_number<&Options::in_flight_max, 1, 64>},
    {"max-mb-per-minute", "N", "", "60", "", Group::kDelivery, kWrites, kPlain,
     "Bytes sent in any minute, in MB; history waits when they are used up. 0: no limit.",
     set_number<&Options::bytes_per_minute_max, 0, 1'000'000, relay::kMb>},
    {"database-size-max-mb", "N", "", "1024", "", Group::kDelivery, kRun, kPlain,
     "What the database's plan stores, in MiB: by it status and alerts say when history fills it. 0: no limit.",
     set_number<&Options::database_bytes_max, 0, 1'000'000'000, relay::kMiB>},
    {"drain-timeout-ms", "N", "", "10000", "", Group::kDelivery, kRun | kDead, kPlain,
     "Time to deliver what is left after SIGTERM or Ctrl-C.", set_number<&Options::drain_timeout, 0, 3'600'000>},

    {"workers", "N", "", "2", "", Group::kLimits, kSends, kPlain, "Threads that read and classify messages.",
     set_number<&Options::workers, 1, 64>},
    {"queue-max-mb", "N", "", "32", "", Group::kLimits, kSends | kTap, kPlain,
     "Raw messages that may wait, in MiB; beyond it reading pauses and Redis buffers.",
     set_number<&Options::queue_bytes_max, 1, 65'536, relay::kMiB>},
    {"message-max-bytes", "N", "", "1048576", "", Group::kLimits, kSends | kCheck | kTap, kPlain,
     "A larger message becomes a dead letter.", set_number<&Options::message_bytes_max, 1024, 16'777'216>},
    {"tickers-max", "N", "", "10000", "", Group::kLimits, kSends, kPlain,
     "Distinct tickers, and apart from them distinct channels without a route.",
     set_number<&Options::tickers_max, 1, 10'000'000>},

    {"outbox", "FILE", "", "./data/outbox.db", "", Group::kDisk, kRun | kCheck | kDead | kPrune | kExport, kPlain,
     "Where waits what the database has not acknowledged.", set_new_file<&Options::outbox_file>},
    {"outbox-max-mb", "N", "", "2048", "", Group::kDisk, kRun | kCheck | kDead, kPlain,
     "Size of the outbox, in MiB; at it the oldest price history is dropped first.",
     set_number<&Options::outbox_bytes_max, 1, 1'048'576, relay::kMiB>},
    {"outbox-sync", "normal|full", "", "normal", "", Group::kDisk, kRun | kDead, kPlain,
     "full: every write to the outbox survives a power cut, at the price of a sync each.", set_outbox_sync},
    {"archive", "DIR", "", "", "none", Group::kDisk, kRun | kCheck | kDead | kReplay | kPrune | kExport, kPlain,
     "Folder in which the whole history is kept, a file a day, besides what goes to the database.",
     set_text<&Options::archive>},
    {"dead-letters-max", "N", "", "10000", "", Group::kDisk, kRun | kDead, kPlain, "Dead letters to keep.",
     set_number<&Options::dead_letters_max, 0, 10'000'000>},

    {"http-listen", "HOST:PORT", "", "127.0.0.1:9464", "", Group::kWatching, kRun | kStatus | kHealth, kPlain,
     "Where /metrics, /healthz and /readyz answer, IPv6 as [::1]:9464; port 0: any free one.", set_http_listen},
    {"heartbeat-seconds", "N", "", "15", "", Group::kWatching, kRun, kPlain,
     "Write relay/INSTANCE/heartbeat_at this often; 0: never.", set_number<&Options::heartbeat, 0, 86'400>},
    {"instance", "NAME", "", "", "the host's name", Group::kWatching, kRun | kCheck, kPlain,
     "This relay's name in the database, under relay/.", set_instance},
    {"log-level", "LEVEL", "", "info", "", Group::kWatching, kAll, kPlain, "debug, info, warn or error.",
     set_log_level},
    {"log-format", "text|json", "", "text", "", Group::kWatching, kAll, kPlain,
     "Log lines on stderr for people, or as one JSON object each.", set_log_format},
    {"log-messages", "[=auto|on|off]", "", "auto", "", Group::kWatching, kRun, kPlain,
     "Print each message received on stdout; auto: when that is a terminal. Alone it means on.", set_log_messages},

    {"config", "FILE", "", "", "none", Group::kConfiguration, kAll, kPlain,
     "TOML file with these settings; its keys are the flags' long names.", nullptr},
};

}  // namespace

std::span<const CommandRow> command_table() { return kCommands; }
std::span<const Flag> flag_table() { return kFlags; }
std::span<const CommandFlag> command_flag_table() { return kCommandFlags; }
std::string_view name_of(Group group) { return kGroupNames[static_cast<std::size_t>(group)]; }

const Flag* find_flag(std::string_view name) {
  const auto found =
      std::find_if(std::begin(kFlags), std::end(kFlags), [&](const Flag& flag) { return flag.name == name; });
  return found == std::end(kFlags) ? nullptr : &*found;
}

std::string own_variable_of(const Flag& flag) {
  std::string variable = "FIREBASE_RELAY_";
  for (const char c : flag.name)
    variable += c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return variable;
}

bool is_used_by(const Flag& flag, Command command) {
  const std::uint16_t with_run = command == Command::kCheck ? kRun : std::uint16_t{0};
  return (flag.commands & ((1 << static_cast<int>(command)) | with_run)) != 0;
}

std::vector<std::string> environment_of(const Flag& flag) {
  if (flag.environment.empty()) return {own_variable_of(flag)};
  std::vector<std::string> variables;
  std::string_view rest = flag.environment;
  while (!rest.empty()) {
    const auto blank = std::min(rest.find(' '), rest.size());
    variables.emplace_back(rest.substr(0, blank));
    rest.remove_prefix(std::min(blank + 1, rest.size()));
  }
  return variables;
}

}  // namespace firebase_relay::terminal
