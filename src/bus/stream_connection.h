#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bus/entry_intake.h"
#include "bus/entry_parser.h"
#include "bus/hiredis_reader.h"
#include "bus/link.h"

namespace firebase_relay::bus {

/// One connection over which Redis is asked, and answers: what reading a stream, and noting how far, have in common.
/// Never blocks. A Sentinel and a replica are sent away.
///
/// Threads: the subscriber's. Reads no clock.
class StreamConnection {
 public:
  using State = Link::State;
  /// What came of what was asked.
  struct Answer {
    Link::Asked to;
    ReplyTree reply;               ///< none for an error, and for kRead, whose entries went another way
    std::optional<Error> refusal;  ///< with its remedy
    std::string error;             ///< the same as Redis says it
  };
  /// Where the entries of kRead go; nothing for a connection that reads none.
  struct Entries {
    EntryIntake& intake;
    MessageBlock& block;
  };

  /// Begins to connect; `names` must outlive it. Closed when the greeting, and what is asked with it in `opened`, is
  /// not answered by `until`: it is the owner who calls ready().
  StreamConnection(const RedisUrl& url, std::shared_ptr<const TlsContext> tls, NameLookup& names, SteadyTime now,
                   SteadyTime until, std::function<void(StreamConnection&)> opened);
  StreamConnection(const StreamConnection&) = delete;
  StreamConnection& operator=(const StreamConnection&) = delete;

  [[nodiscard]] State state() const { return link_.state(); }
  [[nodiscard]] const Error& error() const { return link_.error(); }
  /// What to poll for, while it is not kClosed; until it is kReady proceed() is due at deadline() all the same.
  [[nodiscard]] int fd() const { return link_.fd(); }
  [[nodiscard]] short poll_events() const { return link_.poll_events(); }
  [[nodiscard]] SteadyTime deadline() const { return link_.deadline(); }
  [[nodiscard]] std::optional<TlsPeer> tls_peer() const { return link_.tls_peer(); }
  void ready() { link_.ready(); }
  void close(Error error) { link_.close(std::move(error)); }

  /// Asks; answers come in order. `object`: the stream it is about.
  void ask(Command command, const std::vector<std::string_view>& words, std::string_view object);
  void write() { link_.write(); }
  [[nodiscard]] bool awaits_answer() const { return link_.awaits_answer(); }
  /// Call when poll() says so. Answers are appended to `answers`. True: something was heard.
  bool proceed(SteadyTime now, Entries* entries, std::vector<Answer>& answers);

 private:
  void hear(std::string_view bytes, Entries* entries, std::vector<Answer>& answers);
  ReplyState hear_entries(std::string_view& bytes, Entries& entries, std::vector<Answer>& answers);
  ReplyState hear_tree(std::string_view& bytes, std::vector<Answer>& answers);
  void take_tree(ReplyTree reply, std::vector<Answer>& answers);
  void take_error(std::string text, std::vector<Answer>& answers);

  SteadyTime until_;
  std::unique_ptr<EntryParser> entries_;  ///< of the answer that has begun, as is the next
  ReaderHandle tree_{nullptr, [](redisReader*) {}};
  std::string broken_;
  Link link_;
};

}  // namespace firebase_relay::bus
