#include "support/old_redis.h"

#include <hiredis.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>
#include <stdexcept>
#include <string_view>

namespace test_support {
namespace {

using Words = std::vector<std::string>;

struct Free {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
  void operator()(redisReader* reader) const { redisReaderFree(reader); }
  void operator()(redisContext* context) const { redisFree(context); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

/// As 6.2 answers an argument too many, in XGROUP's own words.
constexpr std::string_view kSyntaxError =
    "ERR Unknown subcommand or wrong number of arguments for 'SETID'. Try XGROUP HELP.";

constexpr std::array<std::string_view, 5> kSinceRedis7 = {"entries-added", "max-deleted-entry-id",
                                                          "recorded-first-entry-id", "entries-read", "lag"};

/// In front of each script, whose `redis` is this one then.
constexpr std::string_view kShim = R"(
local redis_of_7 = redis
local function is_new(name)
  return name == 'entries-added' or name == 'max-deleted-entry-id' or name == 'recorded-first-entry-id'
    or name == 'entries-read' or name == 'lag'
end
local function stripped(reply)
  if type(reply) ~= 'table' or reply['err'] then return reply end
  local kept = {}
  local i = 1
  while i <= #reply do
    if is_new(reply[i]) then
      i = i + 2
    else
      kept[#kept + 1] = stripped(reply[i])
      i = i + 1
    end
  end
  return kept
end
local function said(run, ...)
  for _, word in ipairs({...}) do
    if string.upper(tostring(word)) == 'ENTRIESREAD' then
      local refusal = "ERR Unknown subcommand or wrong number of arguments for 'SETID'. Try XGROUP HELP."
      if run == redis_of_7.pcall then return {err = refusal} end
      error(refusal)
    end
  end
  local reply = run(...)
  if string.upper(tostring(({...})[1])) == 'XINFO' then return stripped(reply) end
  return reply
end
local redis = setmetatable({
  call = function(...) return said(redis_of_7.call, ...) end,
  pcall = function(...) return said(redis_of_7.pcall, ...) end,
}, {__index = redis_of_7})
)";

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

bool is_new(const redisReply& name) {
  const std::string_view text(name.str != nullptr ? name.str : "", name.str != nullptr ? name.len : 0);
  return std::find(kSinceRedis7.begin(), kSinceRedis7.end(), text) != kSinceRedis7.end();
}

std::string sized(char sign, std::size_t size) { return sign + std::to_string(size) + "\r\n"; }

/// `reply` as it goes over the wire; `is_info`: without what 6.2 does not tell.
std::string wire(const redisReply& reply, bool is_info) {
  const std::string text = reply.str != nullptr ? std::string(reply.str, reply.len) : std::string();
  switch (reply.type) {
    case REDIS_REPLY_STRING: return sized('$', text.size()) + text + "\r\n";
    case REDIS_REPLY_STATUS: return "+" + text + "\r\n";
    case REDIS_REPLY_ERROR: return "-" + text + "\r\n";
    case REDIS_REPLY_INTEGER: return ":" + std::to_string(reply.integer) + "\r\n";
    case REDIS_REPLY_ARRAY: break;
    default: return "*-1\r\n";  // the relay takes it as a bulk that is none
  }
  std::size_t count = 0;
  std::string elements;
  for (std::size_t i = 0; i < reply.elements; ++i) {
    if (is_info && is_new(*reply.element[i])) {
      ++i;
      continue;
    }
    elements += wire(*reply.element[i], is_info);
    ++count;
  }
  return sized('*', count) + elements;
}

Words words_of(const redisReply& request) {
  Words words;
  for (std::size_t i = 0; i < request.elements; ++i)
    words.emplace_back(request.element[i]->str, request.element[i]->len);
  return words;
}

Owned<redisReply> ask(redisContext& redis, const Words& words) {
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  for (const std::string& word : words) {
    texts.push_back(word.data());
    sizes.push_back(word.size());
  }
  return Owned<redisReply>(
      static_cast<redisReply*>(redisCommandArgv(&redis, static_cast<int>(words.size()), texts.data(), sizes.data())));
}

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

bool send_all(int peer, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(peer, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

}  // namespace

OldRedis::OldRedis()
    : redis_({"--unixsocket", dir_.file("today.sock")}), listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const sockaddr_un address = address_of(redis_.socket());
  if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener_, 16) != 0)
    throw std::runtime_error("the proxy has no socket");
  acceptor_ = std::jthread([this] {
    std::vector<std::jthread> serving;
    for (int peer = 0; (peer = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
      const std::lock_guard lock(mutex_);
      peers_.push_back(peer);
      serving.emplace_back([this, peer] { serve(peer); });
    }
  });
}

OldRedis::~OldRedis() {
  ::shutdown(listener_, SHUT_RDWR);
  {
    const std::lock_guard lock(mutex_);
    for (const int peer : peers_) ::shutdown(peer, SHUT_RDWR);
  }
  acceptor_.join();
  for (const int peer : peers_) ::close(peer);
  ::close(listener_);
}

void OldRedis::serve(int peer) {
  const Owned<redisContext> redis(redisConnectUnix(dir_.file("today.sock").c_str()));
  const Owned<redisReader> reader(redisReaderCreate());
  std::array<char, 64 * 1024> bytes{};
  for (;;) {
    void* request = nullptr;
    if (redisReaderGetReply(reader.get(), &request) != REDIS_OK) break;
    if (request == nullptr) {
      const ssize_t size = ::read(peer, bytes.data(), bytes.size());
      if (size <= 0) break;
      redisReaderFeed(reader.get(), bytes.data(), static_cast<std::size_t>(size));
      continue;
    }
    Words words = words_of(*Owned<redisReply>(static_cast<redisReply*>(request)));
    if (words.empty()) break;
    const std::string command = upper(words[0]);
    const auto is_count = [](const std::string& word) { return upper(word) == "ENTRIESREAD"; };
    if (command == "XGROUP" && std::any_of(words.begin(), words.end(), is_count)) {
      if (!send_all(peer, "-" + std::string(kSyntaxError) + "\r\n")) break;
      continue;
    }
    if (command == "EVAL" && words.size() > 1) words[1].insert(0, kShim);
    const Owned<redisReply> reply = ask(*redis, words);
    if (!reply || !send_all(peer, wire(*reply, command == "XINFO"))) break;
  }
  ::shutdown(peer, SHUT_RDWR);
}

}  // namespace test_support
