#include "bus/reply_reader.h"

#include <hiredis/read.h>

#include <algorithm>
#include <new>
#include <set>
#include <utility>

namespace firebase_relay::bus {
namespace {

// hiredis moves the rest of its buffer to the front for every 1024 bytes that it has parsed (0.14,
// redisReaderGetReply): small pieces keep that rest small.
constexpr std::size_t kPieceBytes = 4096;
// Of memory that has grown for a large message, what is kept afterwards.
constexpr std::size_t kIdleBytesMax = 64 * 1024;

/// With this HELLO's answer begins.
constexpr std::string_view kHello = "server";

/// Copies into memory that is used again, unless it is much more than what comes now.
void keep(std::string_view text, std::string& kept) {
  if (kept.capacity() > kIdleBytesMax && text.size() <= kIdleBytesMax) std::string().swap(kept);  // assigned, it stays
  kept.assign(text);
}

}  // namespace

bool is_redis_own_channel(std::string_view channel) {
  return channel.starts_with("__keyspace@") || channel.starts_with("__keyevent@") ||
         channel.starts_with("__sentinel__:");
}

/// The state that hiredis' callbacks work on. They return a pointer that must not be null and is never looked at.
struct ReplyReader::Parser {
  explicit Parser(ChannelFilter filter) : channels(std::move(filter)), patterns(channels.subscriptions().size()) {
    make_reader();
  }
  ~Parser() { redisReaderFree(reader); }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  void make_reader() {
    reader = redisReaderCreateWithFunctions(&functions);
    if (!reader) throw std::bad_alloc();
    reader->privdata = this;
    reader->maxbuf = kIdleBytesMax;
  }
  /// hiredis keeps what it used for a large message until its buffer happens to be empty; so we would hold it twice.
  bool give_back() {
    if (!std::exchange(is_grown, false)) return true;
    const std::string rest(reader->buf + reader->pos, reader->len - reader->pos);
    redisReaderFree(std::exchange(reader, nullptr));
    make_reader();
    return redisReaderFeed(reader, rest.data(), rest.size()) == REDIS_OK;
  }

  void text(const redisReadTask& task, std::string_view text) {
    is_grown = is_grown || text.size() > kIdleBytesMax;
    if (!task.parent) return end_single(task.type, text);
    if (task.parent->parent) return;  // an array in an array: HELLO's list of modules
    if (!is_message && other == kHello) return field_of_hello(task.idx, text);
    switch (task.idx) {
      case 0:
        is_message = text == "pmessage";
        if (!is_message) other.assign(text);
        break;
      case 1:
        if (is_message && patterns > 1) pattern.assign(text);
        break;
      case 2:
        if (is_message) channel(text);
        break;
      case 3:
        if (is_message) payload(text);
        break;
      default: break;
    }
  }
  /// A field and its value by turns; of these texts the mode is wanted.
  void field_of_hello(int index, std::string_view text) {
    if (index % 2 == 0) {
      is_mode_next = text == "mode";
    } else if (std::exchange(is_mode_next, false)) {
      mode.assign(text);
    }
  }
  void channel(std::string_view name) {
    is_skipped = is_redis_own_channel(name) || channels.leaves_out(name);
    if (!is_skipped) keep(name, channel_now);  // the payload may come with a later read, for another block
  }
  void payload(std::string_view bytes) {
    if (is_skipped) return;
    if (patterns == 1) return block->append(channel_now, bytes);
    const bool is_same = !run.empty() && channel_now == last_channel && bytes == last_payload;
    if (is_same && run.insert(pattern).second) return;  // the same message under another pattern
    run = {pattern};
    keep(channel_now, last_channel);
    keep(bytes, last_payload);
    block->append(channel_now, bytes);
  }
  void end_single(int type, std::string_view text) {
    const auto kind = type == REDIS_REPLY_ERROR    ? Reply::Type::kError
                      : type == REDIS_REPLY_STATUS ? Reply::Type::kStatus
                                                   : Reply::Type::kOther;
    replies->push_back({kind, std::string(text)});
    other.clear();
  }
  /// A whole reply is read.
  void end_reply() {
    if (is_message || other.empty()) return;
    if (other == kHello) return replies->push_back({Reply::Type::kMode, mode});
    const auto kind = other == "psubscribe"     ? Reply::Type::kSubscribed
                      : other == "punsubscribe" ? Reply::Type::kUnsubscribed
                      : other == "pong"         ? Reply::Type::kPong
                                                : Reply::Type::kOther;
    replies->push_back({kind, other});
  }
  void begin_array() {
    is_message = false;
    is_mode_next = false;
    other.clear();
    mode.clear();
  }

  static Parser& of(const redisReadTask* task) { return *static_cast<Parser*>(task->privdata); }
  static void* on_string(const redisReadTask* task, char* bytes, std::size_t size) {
    of(task).text(*task, {bytes, size});
    return task->privdata;
  }
  static void* on_array(const redisReadTask* task, int) {
    if (!task->parent) of(task).begin_array();
    return task->privdata;
  }
  static void* on_integer(const redisReadTask* task, long long) { return task->privdata; }
  static void* on_nil(const redisReadTask* task) { return task->privdata; }
  static void on_free(void*) {}
  static inline redisReplyObjectFunctions functions{on_string, on_array, on_integer, on_nil, on_free};

  ChannelFilter channels;
  std::size_t patterns;
  redisReader* reader = nullptr;
  bool is_grown = false;  ///< there was a large text
  MessageBlock* block = nullptr;
  std::vector<Reply>* replies = nullptr;

  // Of the reply being read.
  bool is_message = false;
  bool is_skipped = false;
  bool is_mode_next = false;
  std::string other;
  std::string mode;
  std::string pattern;
  std::string channel_now;

  // Of the message read last, with more than one pattern.
  std::string last_channel;
  std::string last_payload;
  std::set<std::string> run;
};

ReplyReader::ReplyReader(ChannelFilter channels) : parser_(std::make_unique<Parser>(std::move(channels))) {}
ReplyReader::~ReplyReader() = default;

bool ReplyReader::feed(std::string_view bytes, MessageBlock& block, std::vector<Reply>& replies) {
  parser_->block = &block;
  parser_->replies = &replies;
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kPieceBytes);
    bytes.remove_prefix(piece.size());
    if (redisReaderFeed(parser_->reader, piece.data(), piece.size()) != REDIS_OK) return false;
    for (;;) {
      void* reply = nullptr;
      if (redisReaderGetReply(parser_->reader, &reply) != REDIS_OK) return false;
      if (!reply) break;
      parser_->end_reply();
      if (!parser_->give_back()) return false;
    }
  }
  return true;
}

std::string ReplyReader::error() const { return parser_->reader->errstr; }

}  // namespace firebase_relay::bus
