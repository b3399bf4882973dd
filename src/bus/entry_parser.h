#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "bus/entry_intake.h"
#include "bus/hiredis_reader.h"
#include "firebase_relay/message.h"

struct redisReadTask;
struct redisReplyObjectFunctions;

namespace firebase_relay::bus {

/// One answer to XREAD, with hiredis' reader and object functions of our own: entries become messages as their bytes
/// come, without an object in between. Lives as long as its reply.
///
///     answer  = nothing | { stream }
///     stream  = key, { entry }
///     entry   = id, { name, value }
///
/// Threads: the subscriber's.
class EntryParser {
 public:
  /// What the answer says besides its entries.
  struct Said {
    std::string error;    ///< Redis' own; empty: none
    bool is_odd = false;  ///< something else than an answer to XREAD
  };

  EntryParser();
  EntryParser(const EntryParser&) = delete;
  EntryParser& operator=(const EntryParser&) = delete;

  /// As feed_reply(). Entries go to `intake`, and their messages into `block`, which may be another one at each call.
  ReplyState feed(std::string_view& bytes, EntryIntake& intake, MessageBlock& block);
  /// When it is whole.
  [[nodiscard]] const Said& said() const { return said_; }
  /// Why it is broken.
  [[nodiscard]] std::string error() const;

 private:
  void text(const redisReadTask& task, std::string_view text);
  void field(const redisReadTask& task, std::string_view text);

  // hiredis' callbacks. They return a pointer that must not be null and is never looked at.
  static void* on_string(const redisReadTask* task, char* bytes, std::size_t size);
  /// Size is what hiredis counts elements in: int in 0.14, size_t since 1.0.
  template <typename Size>
  static void* on_array(const redisReadTask* task, Size size);
  static void* on_integer(const redisReadTask* task, long long value);
  static void* on_nil(const redisReadTask* task);
  static void on_free(void* object);
  static redisReplyObjectFunctions make_functions();
  static redisReplyObjectFunctions functions;

  ReaderHandle reader_;
  EntryIntake* intake_ = nullptr;  ///< of the call under way, as is the next
  MessageBlock* block_ = nullptr;
  Said said_;
};

}  // namespace firebase_relay::bus
