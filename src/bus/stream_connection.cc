#include "bus/stream_connection.h"

#include <hiredis/hiredis.h>

#include <utility>

#include "bus/stream_replies.h"

namespace firebase_relay::bus {

StreamConnection::StreamConnection(const RedisUrl& url, std::shared_ptr<const TlsContext> tls, NameLookup& names,
                                   SteadyTime now, SteadyTime until, std::function<void(StreamConnection&)> opened)
    : until_(until),
      link_(url, std::move(tls), names, now, until, [this, opened = std::move(opened)] { opened(*this); }) {
  link_.begin(now);
}

void StreamConnection::ask(Command command, const std::vector<std::string_view>& words, std::string_view object) {
  link_.say(command, words, object);
}

bool StreamConnection::proceed(SteadyTime now, Entries* entries, std::vector<Answer>& answers) {
  const bool heard = link_.proceed(now, [&](std::string_view bytes) { hear(bytes, entries, answers); });
  if (now >= until_ && state() == State::kGreeting) {
    close({ErrorCode::kUnavailable,
           link_.was_answered() ? "no answer to XINFO" : "it took the connection and says nothing",
           "is this Redis, and does it hang? An HTTP server waits so for more"});
  }
  return heard;
}

void StreamConnection::hear(std::string_view bytes, Entries* entries, std::vector<Answer>& answers) {
  const std::string_view all = bytes;
  while (!bytes.empty() && state() != State::kClosed) {
    const bool is_read = link_.awaits_answer() && link_.awaited().command == Command::kRead && entries != nullptr;
    const ReplyState reply = is_read ? hear_entries(bytes, *entries, answers) : hear_tree(bytes, answers);
    if (reply == ReplyState::kBroken) link_.close_to_stranger(all, broken_);
    if (reply != ReplyState::kWhole) return;
  }
}

ReplyState StreamConnection::hear_entries(std::string_view& bytes, Entries& entries, std::vector<Answer>& answers) {
  if (!entries_) entries_ = std::make_unique<EntryParser>();
  entries.block.expect(bytes.size());
  const ReplyState reply = entries_->feed(bytes, entries.intake, entries.block);
  if (reply == ReplyState::kBroken) broken_ = entries_->error();
  if (reply != ReplyState::kWhole) return reply;
  const std::unique_ptr<EntryParser> parser = std::move(entries_);
  link_.note_reply();
  if (!parser->said().error.empty()) {
    take_error(parser->said().error, answers);
  } else if (parser->said().is_odd) {
    broken_ = "no answer to XREAD";
    return ReplyState::kBroken;
  } else {
    answers.push_back({link_.take_awaited(), no_reply(), std::nullopt, {}});
  }
  return reply;
}

ReplyState StreamConnection::hear_tree(std::string_view& bytes, std::vector<Answer>& answers) {
  if (!tree_) tree_ = make_tree_reader();
  void* made = nullptr;
  const ReplyState reply = feed_reply(*tree_, bytes, made);
  if (reply == ReplyState::kBroken) broken_ = tree_->errstr;
  if (reply != ReplyState::kWhole) return reply;
  tree_.reset();
  link_.note_reply();
  take_tree(tree_of(made), answers);
  return reply;
}

void StreamConnection::take_tree(ReplyTree reply, std::vector<Answer>& answers) {
  if (reply->type == REDIS_REPLY_ERROR) return take_error({reply->str, reply->len}, answers);
  if (!link_.awaits_answer())  // as an HTTP server might, whose bytes happen to be a reply
    return link_.close({ErrorCode::kRefused, "not Redis: it says what nobody asked", "is there a proxy in between?"});
  switch (link_.awaited().command) {
    case Command::kAuth:
    case Command::kSelect: link_.take_awaited(); return;
    case Command::kHello: {
      const HelloAnswer hello = read_hello(*reply);
      link_.greeted(hello.mode);
      if (hello.role == "replica" || hello.role == "slave") link_.close(explain_replica());
      return;
    }
    default: answers.push_back({link_.take_awaited(), std::move(reply), std::nullopt, {}});
  }
}

void StreamConnection::take_error(std::string text, std::vector<Answer>& answers) {
  if (!link_.awaits_answer()) return link_.close({ErrorCode::kUnavailable, "Redis says: " + link_.shown(text), ""});
  const std::optional<Link::Asked> asked = link_.refused(text);
  if (!asked) return;
  Error why = link_.explained(*asked, text);
  answers.push_back({*asked, no_reply(), std::move(why), std::move(text)});
}

}  // namespace firebase_relay::bus
