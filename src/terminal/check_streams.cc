#include "terminal/check_streams.h"

#include <fmt/format.h>
#include <hiredis/hiredis.h>
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "bus/stream_connection.h"
#include "bus/stream_replies.h"
#include "terminal/tls_text.h"

namespace firebase_relay::terminal {
namespace {

using Answers = std::vector<bus::StreamConnection::Answer>;
using Command = bus::Command;

constexpr std::chrono::seconds kPatience{5};
constexpr std::size_t kAskedOfEach = 6;

/// All that a relay says to Redis, in a form that changes nothing: no group stands before 0-0, so none is moved there,
/// nothing stands behind the last id of all, and `?` is no id, so that no group is made or set.
void ask_all(bus::StreamConnection& connection, const relay::Options& options) {
  for (const std::string& key : options.streams) {
    connection.ask(Command::kInfoStream, {"XINFO", "STREAM", key}, key);
    connection.ask(Command::kInfoGroups, {"XINFO", "GROUPS", key}, key);
    connection.ask(Command::kCommit, {"EVAL", bus::commit_script(), "1", key, options.stream_group, "0", "0", ""}, key);
    connection.ask(Command::kRead, {"XREAD", "COUNT", "1", "STREAMS", key, "18446744073709551615-18446744073709551615"},
                   key);
    connection.ask(Command::kMakeGroup, {"XGROUP", "CREATE", key, options.stream_group, "?"}, key);
    connection.ask(Command::kSetGroup, {"XGROUP", "SETID", key, options.stream_group, "?"}, key);
  }
  connection.ask(Command::kInfo, {"INFO"}, "");
  connection.ask(Command::kConfig, {"CONFIG", "GET", "appendfsync"}, "");
}

std::string_view text_of(const bus::StreamConnection::Answer& answer) {
  const bool is_text = answer.reply && answer.reply->type == REDIS_REPLY_STRING;
  return is_text ? std::string_view(answer.reply->str, answer.reply->len) : std::string_view();
}

/// CONFIG GET answers with the name and the value.
std::string_view value_of(const bus::StreamConnection::Answer& answer) {
  if (!answer.reply || answer.reply->type != REDIS_REPLY_ARRAY || answer.reply->elements != 2) return {};
  const redisReply& value = *answer.reply->element[1];
  return value.type == REDIS_REPLY_STRING ? std::string_view(value.str, value.len) : std::string_view();
}

/// Streams are keys without an end, which only these policies remove.
std::string_view eviction_text(std::string_view info) {
  const bool is_limited = info.find("\nmaxmemory:0\r") == std::string_view::npos;
  const bool takes_all = info.find("\nmaxmemory_policy:allkeys-") != std::string_view::npos;
  return is_limited && takes_all ? "; AT ITS MAXMEMORY it removes whole streams: set maxmemory-policy noeviction" : "";
}

/// Whether what Redis holds outlives it, as far as it tells.
std::string persistence_text(const bus::StreamConnection::Answer& info, const bus::StreamConnection::Answer& config) {
  const std::string_view text = text_of(info);
  if (text.empty()) return "whether it keeps its data over a restart is not known: INFO is refused";
  if (text.find("aof_enabled:1") == std::string_view::npos)
    return "WITHOUT appendonly: its restart loses what came since its last snapshot, or all (docs/streams.md)" +
           std::string(eviction_text(text));
  const std::string_view policy = value_of(config);
  return "appendonly" + (policy.empty() ? std::string() : ", appendfsync " + std::string(policy)) +
         std::string(eviction_text(text));
}

/// How long an absence the stream outlives at the rate of what it holds; empty where its ids are no times.
std::string span_text(const bus::StreamInfo& info) {
  constexpr std::uint64_t kYear2000 = 946'684'800'000;
  if (!info.first || info.length < 2 || info.first->ms < kYear2000 || info.last_generated.ms <= info.first->ms)
    return {};
  const std::chrono::milliseconds span(info.last_generated.ms - info.first->ms);
  return ", " + observe::duration_text(span) + " from the first to the last";
}

std::string stream_text(const bus::StreamInfo& info, const std::optional<bus::GroupInfo>& group,
                        std::string_view name) {
  std::string text = info.length == 0 ? "empty" : fmt::format("{} entries{}", info.length, span_text(info));
  if (!group) return text + fmt::format("; no group {} yet: it will be read from its first entry", name);
  if (!group->entries_read || !info.added) return text + "; read up to " + to_text(group->last_delivered);
  const std::uint64_t behind = *info.added - std::min(*info.added, *group->entries_read);
  return text + fmt::format("; {} of them not noted as read", std::min(behind, info.length));
}

/// Is it about rights, where every other refusal was asked for?
bool is_of_rights(const bus::StreamConnection::Answer& answer) { return answer.error.starts_with("NOPERM"); }

/// Of one stream, whose answers begin at `answers[first]`.
void report_stream(const std::string& key, const Answers& answers, std::size_t first, const relay::Options& options,
                   Report& report) {
  const std::string what = "stream";
  const bool is_absent = answers[first].error.starts_with("ERR no such key");
  for (std::size_t i = first; i < first + kAskedOfEach; ++i) {
    const auto& refusal = answers[i].refusal;
    const bool is_about_group = i - first >= kAskedOfEach - 2;
    const bool was_expected =
        is_about_group ? !is_of_rights(answers[i]) : answers[i].error.starts_with("ERR no such key");
    if (refusal && !was_expected) return report.bad(what, key + ": " + refusal->what, refusal->remedy);
  }
  if (is_absent) return report.good(what, key + ": not there yet; the relay makes it, and waits");
  const auto info = bus::read_stream_info(*answers[first].reply);
  const bus::GroupAnswer group = bus::read_group_info(*answers[first + 1].reply, options.stream_group);
  if (!info || !group.is_known) return report.bad(what, key + ": no answer to XINFO that we know", "");
  if (group.group && group.group->users.are_there()) {
    const Error why = bus::group_in_use(options.stream_group, group.group->users);
    return report.bad(what, key + ": " + why.what, why.remedy);
  }
  report.good(what, key + ": " + stream_text(*info, group.group, options.stream_group));
}

}  // namespace

void check_streams(const relay::Options& options, Report& report) {
  const std::string where = options.redis.masked();
  const auto tls = bus::TlsContext::make(options.redis, options.redis_tls());
  if (!tls) return report.bad("redis", tls.error().what, tls.error().remedy);
  bus::NameLookup names;
  const SteadyTime until = read_clocks().steady + kPatience;
  bus::StreamConnection connection(options.redis, *tls, names, read_clocks().steady, until,
                                   [&](bus::StreamConnection& made) { ask_all(made, options); });
  const std::size_t asked = kAskedOfEach * options.streams.size() + 2;
  Answers answers;
  for (SteadyTime now = read_clocks().steady;
       answers.size() < asked && now < until && connection.state() != bus::Link::State::kClosed;
       now = read_clocks().steady) {
    pollfd fd{connection.fd(), connection.poll_events(), 0};
    const SteadyTime due = std::clamp(connection.deadline(), now, until);
    ::poll(&fd, 1, static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(due - now).count()));
    connection.proceed(read_clocks().steady, nullptr, answers);
  }
  if (connection.state() == bus::Link::State::kClosed && answers.size() < asked)
    return report.bad("redis", where + ": " + connection.error().what, connection.error().remedy);
  if (answers.size() < asked)
    return report.bad("redis", where + ": no answer to XINFO", "is it busy, or does it hang?");
  report.good("redis", where + ", answers" + tls_text(connection.tls_peer(), *tls) + "; " +
                           persistence_text(answers[asked - 2], answers[asked - 1]));
  for (std::size_t i = 0; i < options.streams.size(); ++i)
    report_stream(options.streams[i], answers, kAskedOfEach * i, options, report);
}

}  // namespace firebase_relay::terminal
