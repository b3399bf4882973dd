#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bus/hiredis_reader.h"
#include "bus/message_intake.h"
#include "firebase_relay/message.h"

struct redisReadTask;

namespace firebase_relay::bus {

/// What came besides messages.
struct Reply {
  /// What kind of reply it is, as far as a subscriber has to know.
  enum class Type : std::uint8_t { kStatus, kError, kSubscribed, kUnsubscribed, kPong, kMode, kOther };
  Type type;
  std::string text;  ///< of kMode: what HELLO calls it, `standalone`, `cluster` or `sentinel`
};

/// One reply of Redis, whatever it is, with hiredis' reader and object functions of our own: a message's payload goes
/// from the reader's buffer straight into the block, without an object in between. Lives as long as its reply: so
/// nothing of one reply is told of the next, and memory that has grown for a large one goes with it.
///
/// Threads: the subscriber's.
class ReplyParser {
 public:
  /// Where to put what is found. `block` may be another one at each call.
  struct Output {
    MessageIntake& intake;
    MessageBlock& block;
    std::vector<Reply>& replies;
  };

  ReplyParser();
  ~ReplyParser();
  ReplyParser(const ReplyParser&) = delete;
  ReplyParser& operator=(const ReplyParser&) = delete;

  /// Takes what is the reply's off the front of `bytes`: all of them while it is kOpen. Not to be called again after
  /// another state.
  ReplyState feed(std::string_view& bytes, const Output& output);
  [[nodiscard]] std::string error() const;

 private:
  friend class ReplyCallbacks<ReplyParser>;
  void text(const redisReadTask& task, std::string_view text);
  void array(const redisReadTask&, std::size_t) {}
  void integer() {}
  void word_of_array(int index, std::string_view text);
  void field_of_hello(int index, std::string_view text);
  void end_reply();

  ReaderHandle reader_;
  const Output* output_ = nullptr;  ///< of the call under way
  bool is_message_ = false;
  bool is_mode_next_ = false;
  std::string other_;  ///< the first word of what is no message
  std::string mode_;
  std::string pattern_;
  std::optional<std::string> channel_;  ///< none yet, or one that is no text: nobody's message
};

}  // namespace firebase_relay::bus
