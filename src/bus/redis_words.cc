#include "bus/redis_words.h"

#include <algorithm>
#include <array>

namespace firebase_relay::bus {
namespace {

struct Remedy {
  std::string_view begins;  ///< of Redis' text
  std::string_view remedy;
};

constexpr std::string_view kGivePassword = "give its password by --redis-password-file or REDIS_PASSWORD";
constexpr std::string_view kWrongPassword =
    "correct --redis-password-file or REDIS_PASSWORD, and the user's name in --redis-url (none: user default)";
constexpr std::string_view kNoPassword = "it has no password: take ours out (REDIS_PASSWORD, --redis-password-file)";
constexpr std::string_view kNoDatabases =
    "correct the number in --redis-url, or leave it out: channels are the same in every database, streams are not";
constexpr std::string_view kReplica =
    "this is a read-only replica, where how far a stream was read cannot be noted: give the master's address in "
    "--redis-url";

/// The first that fits counts.
constexpr Remedy kRemedies[] = {
    {"NOAUTH", kGivePassword},
    {"ERR operation not permitted", kGivePassword},  // before 2.8.8
    {"WRONGPASS", kWrongPassword},
    {"ERR invalid password", kWrongPassword},
    {"ERR Client sent AUTH, but no password is set", kNoPassword},
    {"ERR AUTH <password> called without any password", kNoPassword},
    {"ERR wrong number of arguments for 'auth'", "it is older than Redis 6: leave the user's name out of --redis-url"},
    {"ERR max number of clients", "raise maxclients there, or close connections that nobody needs; it is tried again"},
    {"DENIED", "protected mode: set a password there (requirepass), or let it listen on addresses of its own (bind)"},
    {"LOADING", "it loads its data set, and is ready when that is done; it is tried again"},
    {"BUSY", "a script keeps it busy (SCRIPT KILL); it is tried again"},
    {"MASTERDOWN", "it is a replica that has lost its master: give the master's address in --redis-url, or wait"},
    {"ERR invalid DB index", kNoDatabases},
    {"ERR DB index is out of range", kNoDatabases},
    {"ERR SELECT is not allowed", kNoDatabases},
    {"WRONGTYPE", "something else than a stream stands at this key: correct --streams, or delete what stands there"},
    {"READONLY", kReplica},
    {"CROSSSLOT", "in a Redis Cluster all streams of one relay have to lie in one slot: give them one hash tag, {bus}"},
    {"MOVED", "this is a Redis Cluster: give the node that has the stream in --redis-url"},
    {"MISCONF", "it cannot save to its disk, and takes no writes until it can: its log says why"},
    {"OOM", "it has reached its maxmemory: give it more, or trim its streams (MAXLEN)"},
};

/// As ACL rules name them.
std::string_view name_of(Command command) {
  switch (command) {
    case Command::kAuth: return "auth";
    case Command::kSelect: return "select";
    case Command::kHello: return "hello";
    case Command::kSubscribe:
    case Command::kAskAgain: return "psubscribe";
    case Command::kPing: return "ping";
    case Command::kUnsubscribe: return "punsubscribe";
    case Command::kInfoStream:
    case Command::kInfoGroups: return "xinfo";
    case Command::kMakeGroup:
    case Command::kSetGroup: return "xgroup";
    case Command::kRead: return "xread";
    case Command::kCommit: return "eval";
    case Command::kInfo: return "info";
    case Command::kConfig: return "config|get";
  }
  return "";
}

/// Redis 7.0 does not say which command of a script may not be run; ours looks, as the reader does, and moves a group.
constexpr std::string_view kInScript = "user executing the script";

/// The command that a reply says may not be run, one within a script too; else ours.
std::string_view refused_command(const Refusal& refusal) {
  if (refusal.reply.find(kInScript) != std::string_view::npos) return name_of(Command::kSetGroup);
  constexpr std::string_view kBefore = "to run the '";
  const std::size_t at = refusal.reply.find(kBefore);
  if (at == std::string_view::npos) return name_of(refusal.command);
  const std::string_view rest = refusal.reply.substr(at + kBefore.size());
  return rest.substr(0, rest.find('\''));
}

/// A rule that lacks. Redis lets a pattern be subscribed to only where a rule has that very text, or has them all.
std::string missing_rule(const Refusal& refusal) {
  const auto says = [&](std::string_view part) { return refusal.reply.find(part) != std::string_view::npos; };
  const bool is_key = (says("permissions to access") || says("can't access")) && says("key");
  std::string rule = "+" + std::string(refused_command(refusal));
  if (says("channel")) rule = "&" + std::string(refusal.object);
  if (is_key) rule = "~" + std::string(refusal.object);
  return "its rule lacks: ACL SETUSER " + std::string(refusal.user.empty() ? "default" : refusal.user) + " '" + rule +
         "'";
}

/// Within a script, too, where Redis 7 puts words of its own in front.
bool is_about_rules(std::string_view reply) {
  return reply.starts_with("NOPERM") || reply.find("ACL failure in script") != std::string_view::npos ||
         reply.find(kInScript) != std::string_view::npos;
}

std::string remedy_for(const Refusal& refusal) {
  if (is_about_rules(refusal.reply)) return missing_rule(refusal);
  const auto* const row = std::find_if(std::begin(kRemedies), std::end(kRemedies),
                                       [&](const Remedy& each) { return refusal.reply.starts_with(each.begins); });
  if (row != std::end(kRemedies)) return std::string(row->remedy);
  if (refusal.reply.starts_with("ERR unknown command")) {
    return "it does not know " + std::string(name_of(refusal.command)) +
           ": renamed (rename-command), or no Redis but something like it";
  }
  return {};
}

bool is_passing(std::string_view reply) {
  constexpr std::array<std::string_view, 4> kPassing = {"LOADING", "BUSY", "MASTERDOWN", "TRYAGAIN"};
  return std::any_of(kPassing.begin(), kPassing.end(),
                     [&](std::string_view begin) { return reply.starts_with(begin); });
}

/// Bytes that a peer may begin with, and what it is then.
constexpr Remedy kStrangers[] = {
    {"HTTP/", "an HTTP server answers there: give Redis' host and port in --redis-url (6379, if nobody changed it)"},
    {"\x15\x03", "this port speaks TLS: use rediss:// in --redis-url"},
    {"SSH-", "an SSH server answers there: give Redis' host and port in --redis-url"},
};

}  // namespace

Error explain(const Refusal& refusal) {
  const ErrorCode code = is_passing(refusal.reply) ? ErrorCode::kUnavailable : ErrorCode::kRefused;
  return {code, "Redis says: " + std::string(refusal.reply), remedy_for(refusal)};
}

Error explain_replica() { return {ErrorCode::kRefused, "Redis says that it is a replica", std::string(kReplica)}; }

Error group_in_use(std::string_view group, const GroupUsers& users) {
  std::string what = "consumers read from the group '" + std::string(group) + "'";
  if (users.pending > 0)
    what += ", and have " + std::to_string(users.pending) + " entries that they have not acknowledged";
  return {ErrorCode::kRefused, what,
          "their work would be lost: give the relay a group of its own by --stream-group (consumers that are no more: "
          "XGROUP DELCONSUMER, then XGROUP SETID to where their work ends)"};
}

bool turns_away(std::string_view reply) {
  return reply.starts_with("DENIED") || reply.starts_with("ERR max number of clients");
}

Error explain_stranger(std::string_view first_bytes) {
  constexpr std::size_t kShown = 40;
  const auto* const row = std::find_if(std::begin(kStrangers), std::end(kStrangers),
                                       [&](const Remedy& each) { return first_bytes.starts_with(each.begins); });
  const std::string_view line = first_bytes.substr(0, std::min(first_bytes.find_first_of("\r\n"), kShown));
  return {ErrorCode::kRefused, "not Redis' protocol: it says '" + std::string(line) + "'",
          std::string(row != std::end(kStrangers) ? row->remedy : "give Redis' host and port in --redis-url")};
}

Error explain_silent_close(std::string_view how) {
  return {ErrorCode::kRefused, std::string(how) + ", before it answered anything",
          "if this port speaks TLS, use rediss:// in --redis-url; else, is this Redis? A proxy with no Redis behind it "
          "does so, and Redis while it starts"};
}

Error explain_sentinel() {
  return {ErrorCode::kRefused, "this is a Redis Sentinel, which has no messages of the bots",
          "give the master's address in --redis-url: redis-cli -h HOST -p 26379 sentinel get-master-addr-by-name NAME "
          "tells it"};
}

}  // namespace firebase_relay::bus
