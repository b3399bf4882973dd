#include <arpa/inet.h>
#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "archive/folder.h"
#include "archive/writer.h"
#include "base/ca_file.h"
#include "base/clock.h"
#include "bus/connection.h"
#include "classify/kept_places.h"
#include "classify/key_codec.h"
#include "deliver/verdicts.h"
#include "flush/answer_text.h"
#include "flush/clock_skew.h"
#include "flush/echo.h"
#include "flush/http_client.h"
#include "flush/token_keeper.h"
#include "observe/database_room.h"
#include "observe/http_listener.h"
#include "observe/printable.h"
#include "observe/snapshot.h"
#include "outbox/inspect.h"
#include "outbox/volume.h"
#include "relay/relay.h"
#include "terminal/check_streams.h"
#include "terminal/commands.h"
#include "terminal/complain.h"
#include "terminal/report.h"
#include "terminal/tls_text.h"

namespace firebase_relay::terminal {
namespace {

/// Until `there`, or the connection is closed. False: not in time.
template <class There>
bool wait_for(bus::Connection& connection, SteadyTime until, const There& there) {
  MessageBlock messages;
  for (SteadyTime now = std::chrono::steady_clock::now(); !there(); now = std::chrono::steady_clock::now()) {
    if (connection.state() == bus::Connection::State::kClosed) return true;
    if (now >= until) return false;
    // What comes on the socket is looked at each time, be it ready or not, and so are the addresses that are silent.
    const SteadyTime due = connection.state() == bus::Connection::State::kSubscribed
                               ? until
                               : std::clamp(connection.deadline(), now, until);
    pollfd fd{connection.fd(), connection.poll_events(), 0};
    ::poll(&fd, 1, static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(due - now).count()));
    messages.clear(0);
    connection.proceed(messages, std::chrono::steady_clock::now());
  }
  return true;
}

void check_redis(const relay::Options& options, Report& report) {
  using State = bus::Connection::State;
  constexpr std::chrono::seconds kPatience{5};
  const std::string where = options.redis.masked();
  const auto tls = bus::TlsContext::make(options.redis, options.redis_tls());
  if (!tls) return report.bad("redis", tls.error().what, tls.error().remedy);
  const SteadyTime now = std::chrono::steady_clock::now();
  bus::NameLookup names;
  bus::Connection connection(options.redis, *tls, bus::ChannelFilter(options.channels), names, now, now + kPatience);
  // By kPatience it closes, and says what it waited for.
  wait_for(connection, now + 2 * kPatience, [&] { return connection.state() == State::kSubscribed; });
  connection.ask(bus::Connection::Question::kPing);
  const bool answered =
      wait_for(connection, std::chrono::steady_clock::now() + kPatience, [&] { return !connection.awaits_answer(); });
  if (connection.state() == State::kClosed) {
    const Error& why = connection.error();
    return report.bad("redis", where + ": " + observe::printable(why.what), observe::printable(why.remedy));
  }
  if (!answered) return report.bad("redis", where + ": no answer to PING", "is it busy, or does it hang?");
  const std::string well = where + ", subscribed" + tls_text(connection.tls_peer(), *tls);
  const auto refusal = connection.take_refusal();
  if (!refusal) return report.good("redis", well);
  const std::string said =
      observe::printable(refusal->what) + (refusal->remedy.empty() ? "" : " -> " + observe::printable(refusal->remedy));
  const bool is_rule = refusal->code != ErrorCode::kUnavailable;
  report.good(
      "redis",
      well + ", " + (is_rule ? "PING is refused (a repeated PSUBSCRIBE asks for a sign of life): " : "but ") + said);
}

/// What the requests to the database need.
struct Access {
  flush::Credential credential;
  std::shared_ptr<const CaFile> ca;
};

/// The key or the secret as the relay reads it, and a token minted by it. Nothing: no request could be let in.
std::optional<Access> check_credentials(const relay::Options& options, Report& report) {
  constexpr const char* kWhat = "credentials";
  Access access;
  if (!options.ca_file.empty()) {
    auto ca = CaFile::read("--ca-file", options.ca_file);
    if (!ca) {
      report.bad("ca-file", ca.error().what, ca.error().remedy);
      return std::nullopt;
    }
    access.ca = std::move(*ca);
  }
  auto credentials = flush::read_credentials({options.credentials_file, options.auth_secret_file},
                                             options.database.value_or(flush::DatabaseUrl{}));
  if (!credentials) {
    report.bad(kWhat, credentials.error().what, credentials.error().remedy);
    return std::nullopt;
  }
  std::string warnings;
  for (const std::string& warning : credentials->warnings) warnings += "; " + warning;
  access.credential = credentials->fixed;
  if (credentials->account) {
    std::optional<Error> flaw;
    auto token = flush::fetch_once(*credentials->account, access.ca, flaw);
    if (flaw) report.bad("clock", flaw->what, flaw->remedy);
    if (!token) {
      report.bad(kWhat, credentials->account->client_email + ": " + token.error().what, token.error().remedy);
      return std::nullopt;
    }
    access.credential = std::move(*token);
    report.good(kWhat, credentials->account->client_email + ", access token obtained" + warnings);
  } else if (!access.credential.auth_parameter.empty()) {
    report.good(kWhat, "legacy secret of " + options.auth_secret_file + warnings);
  } else {
    const bool is_emulator = options.database && options.database->emulator;
    report.good(kWhat, is_emulator ? "an emulator's" : "none: the database's rules decide");
  }
  return access;
}

/// By any answer, a refusal too.
void check_clock(const flush::HttpResponse& answer, Report& report) {
  const std::optional<std::chrono::seconds> skew = flush::clock_skew(answer.date, utc_now());
  if (!skew) return;
  const std::string detail =
      std::to_string(std::abs(skew->count())) + " s " + (skew->count() < 0 ? "behind" : "ahead of") + " the database's";
  if (std::chrono::abs(*skew) > kClockSkewMax) return report.bad("clock", detail, "set this machine's clock (NTP)");
  report.good("clock", detail);
}

std::string text_of(const flush::HttpResponse& answer, const flush::Credential& credential) {
  return flush::described({answer.status, answer.content_type, answer.body, false, answer.location}, credential);
}

/// The JSON value, with the blanks and the line end that print=pretty puts around it.
bool is_true(std::string_view body) {
  const std::size_t begin = std::min(body.size(), body.find_first_not_of(" \r\n\t"));
  return body.substr(begin, body.find_last_not_of(" \r\n\t") + 1 - begin) == "true";
}

/// Writes a key with %2E, reads it back as it must be asked for over REST, and removes it: proves address, credentials,
/// rules, and that keys are taken literally.
void check_database(const relay::Options& options, const Access& access, Report& report) {
  if (!options.database) return report.bad("database", "none is named", "give --database-url");
  std::string instance;
  classify::append_encoded_key(options.instance, instance);
  const std::string node = "relay/" + instance + "/check";
  flush::HttpRequest request;
  request.credential = access.credential;
  request.ca = access.ca;
  const auto ask = [&](const std::string& method, const std::string& path, const std::string& body) {
    request.method = method;
    request.url = options.database->url_of(path, method == "GET" ? "" : "print=silent");
    request.body = Secret(std::string_view(body));
    return flush::http_request(request);
  };
  // Judged as the relay judges its own writes. A removal is one of nothing but null.
  const auto judged_of = [&](const flush::HttpResponse& answer, std::string_view sent) {
    Answer judged;
    judged.status = answer.status;
    judged.gives_back = answer.status == 200 && answer.body.size() <= flush::Echo::kBytesMax &&
                        flush::Echo(options.database->root(), node, {&sent, 1}).is_in(answer.body);
    return deliver::judge(judged);
  };
  const auto was_taken = [&](const flush::HttpResponse& answer, std::string_view sent) {
    return judged_of(answer, sent).verdict == deliver::Verdict::kAcknowledged;
  };
  constexpr std::string_view kSent = "{\"key%2Ewith%2Edots\":true}";
  const auto written = ask("PATCH", node, std::string(kSent));
  const std::string where = options.database->shown();
  if (!written)
    return report.bad("database", where + ": " + written.error().what, "check the network and --database-url");
  check_clock(*written, report);
  if (!was_taken(*written, kSent)) {
    const deliver::AnswerRule rule = judged_of(*written, kSent);
    const bool is_said = rule.status_first == rule.status_last && !rule.remedy.empty();  // by this very status
    return report.bad(
        "database", where + ": " + observe::printable(text_of(*written, access.credential)),
        is_said ? std::string(rule.remedy) : "check --database-url, the credentials, and what stands between");
  }
  const auto read = ask("GET", node + "/key%2Ewith%2Edots", "");
  const auto removed = ask("DELETE", node, "");
  if (!read || read->status != 200 || !is_true(read->body))
    return report.bad("database", where + ": what was written cannot be read back", "is this a Realtime Database?");
  if (!removed || !was_taken(*removed, "{}"))
    return report.bad("database", where + ": what was written cannot be removed", "");
  report.good("database", where + ", written, read and removed");
}

void check_outbox(const relay::Options& options, Report& report) {
  const auto seen = outbox::inspect(options.outbox_file);
  if (!seen) return report.bad("outbox", seen.error().what, seen.error().remedy);
  const std::string warning = outbox::warning_about(outbox::volume_of(options.outbox_file).file_system);
  if (!warning.empty()) return report.bad("outbox", *seen + "; it " + warning, "");
  report.good("outbox", *seen);
}

void check_archive(const relay::Options& options, Report& report) {
  if (options.archive.empty()) return;
  const auto seen = archive::Folder::look_at(options.archive, archive::Writer::kFreeBytesMin);
  if (!seen) return report.bad("archive", seen.error().what, seen.error().remedy);
  report.good("archive", *seen);
}

/// What the relay says that runs here with these settings; nothing: none does.
std::optional<observe::Snapshot> running_relay(const relay::Options& options) {
  flush::HttpRequest request;
  request.url = url_of_relay(options, "/metrics");
  request.is_to_relay = true;
  const auto answer = flush::http_request(request);
  return answer ? observe::read_snapshot(answer->body) : std::nullopt;
}

/// Listens for a moment. Where a relay listens already, that is the answer.
void check_http(const relay::Options& options, const std::optional<observe::Snapshot>& relay, Report& report) {
  const std::string where = options.http_listen.host + ":" + std::to_string(options.http_listen.port);
  const observe::HttpAnswers nothing{[] { return std::string(); }, [] { return std::nullopt; },
                                     [] { return std::nullopt; }};
  const auto listener = observe::HttpListener::start(options.http_listen.host, options.http_listen.port, nothing);
  if (listener) return report.good("http", where + ", free");
  if (listener.error().code == ErrorCode::kBusy && relay)
    return report.good("http", where + ", in use by a relay; stored so far: " + observe::room_text(*relay) +
                                   " (of what prune removes it knows from its next start on)");
  report.bad("http", listener.error().what, listener.error().remedy);
}

/// How much history comes a day, as the relay that runs here has counted it.
std::string rate_text(const std::optional<observe::Snapshot>& relay) {
  constexpr double kMb = 1e6;
  if (!relay) return "no relay runs here that could say how fast";
  if (relay->history_bytes_a_day == 0) return "how fast is known after a day";
  return fmt::format("{:.1f} MB a day at present, by the relay that runs here",
                     static_cast<double>(relay->history_bytes_a_day) / kMb);
}

/// Which routes' history only grows, and how fast all of it does.
void check_history(const classify::RouteTable& table, const relay::Options& options,
                   const std::optional<observe::Snapshot>& relay, Report& report) {
  if (!options.history) return report.good("history", "none (--no-history)");
  const std::vector<std::string> growing = classify::endless_history(table);
  if (growing.empty()) return report.good("history", "every route keeps some days of it at most");
  std::string paths;
  for (const std::string& path : growing) paths.append(paths.empty() ? "" : ", ").append(path);
  report.good("history", "grows without end: " + paths + "; " + rate_text(relay));
}

}  // namespace

int check(const CommandLine& line) {
  if (!line.route_test_file.empty()) {
    if (line.route_test_file == "-") return test_routes(line, std::cin, std::cout);
    std::ifstream file(line.route_test_file, std::ios::binary);
    if (!file || std::filesystem::is_directory(line.route_test_file))
      return complain({ErrorCode::kInvalid, "--route-test " + line.route_test_file + ": cannot be read", ""});
    return test_routes(line, file, std::cout);
  }
  Report report;
  std::string warnings;
  for (const std::string& warning : line.warnings) warnings += "; " + warning;
  report.good("config", (line.config_file.empty() ? "flags and environment" : line.config_file) + warnings);
  const std::optional<observe::Snapshot> running = running_relay(line.options);
  const auto routes = relay::load_routes(line.options);
  if (routes) {
    report.good("routes", (line.options.routes_file.empty() ? "built in" : line.options.routes_file) + ", " +
                              std::to_string(routes->routes.size()) + " lines");
    check_history(*routes, line.options, running, report);
  } else {
    report.bad("routes", routes.error().what, routes.error().remedy);
  }
  line.options.streams.empty() ? check_redis(line.options, report) : check_streams(line.options, report);
  if (const auto access = check_credentials(line.options, report)) check_database(line.options, *access, report);
  check_outbox(line.options, report);
  check_archive(line.options, report);
  check_http(line.options, running, report);
  return report.exit();
}

std::string url_of_relay(const relay::Options& options, std::string_view path) {
  relay::ListenAddress at = options.http_listen;
  if (at.host == "0.0.0.0") at.host = "127.0.0.1";
  in6_addr address{};
  if (::inet_pton(AF_INET6, at.host.c_str(), &address) == 1 && IN6_IS_ADDR_UNSPECIFIED(&address)) at.host = "::1";
  return "http://" + at.text() + std::string(path);
}

int healthcheck(const CommandLine& line) {
  flush::HttpRequest request;
  request.url = url_of_relay(line.options, "/healthz");
  request.is_to_relay = true;
  const auto answer = flush::http_request(request);
  // Both as observe/http_listener.h says it: whoever else listens there is no relay that is well.
  if (answer && answer->status == 200 && answer->body == "ok\n") {
    std::puts("healthy");
    return kExitOk;
  }
  const std::string flaw = !answer ? request.url + ": " + answer.error().what
                           : answer->status == 503
                               ? observe::printable(answer->body, 200)
                               : request.url + ": no relay answers here: " + observe::printable(text_of(*answer, {}));
  std::printf("unhealthy: %s\n", flaw.c_str());
  return kExitFailed;
}

}  // namespace firebase_relay::terminal
