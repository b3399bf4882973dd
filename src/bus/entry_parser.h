#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "bus/entry_intake.h"
#include "bus/hiredis_reader.h"
#include "firebase_relay/message.h"

struct redisReadTask;

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
  friend class ReplyCallbacks<EntryParser>;
  void text(const redisReadTask& task, std::string_view text);
  void array(const redisReadTask& task, std::size_t size);
  void integer() { said_.is_odd = true; }
  void field(const redisReadTask& task, std::string_view text);

  ReaderHandle reader_;
  EntryIntake* intake_ = nullptr;  ///< of the call under way, as is the next
  MessageBlock* block_ = nullptr;
  Said said_;
};

}  // namespace firebase_relay::bus
