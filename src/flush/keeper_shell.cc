#include "flush/keeper_shell.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "classify/key_codec.h"
#include "deliver/verdicts.h"
#include "firebase_relay/history_key.h"
#include "flush/database_url.h"
#include "flush/json_keys.h"

namespace firebase_relay::flush {
namespace {

using keep::Reply;

/// What goes out for a request of the keeper.
Question question_of(const keep::List& list) { return {"GET", list.path, "shallow=true", ""}; }

Question question_of(const keep::AskFlat& flat) {
  const std::string end = flat.is_last ? "limitToLast=1" : "limitToFirst=1";
  return {"GET", flat.path, "orderBy=%22%24key%22&endAt=%22.%22&" + end, ""};
}

/// What keys of older entries are in front of: keys of the day's first moment begin with it. Days are behind the `.`,
/// whatever is asked for.
std::string end_of(std::chrono::sys_days before) {
  const HistoryKey first(before, {}, 0);
  return std::string(std::min(first.text().substr(0, kHistoryKeyTimeSize), std::string_view(".")));
}

Question question_of(const keep::ListFlat& flat) {
  std::string query = "orderBy=%22%24key%22&endAt=%22" + end_of(flat.before) + "%22";
  if (!flat.from.empty()) {
    query += "&startAt=%22";
    append_percent_encoded(query, flat.from);
    query += "%22";
  }
  query += (flat.are_newest ? "&limitToLast=" : "&limitToFirst=") + std::to_string(flat.count);
  return {"GET", flat.path, std::move(query), ""};
}

constexpr const char* kTiny = "print=silent&writeSizeLimit=tiny";

Question question_of(const keep::RemoveDay& day) { return {"DELETE", day.path, kTiny, ""}; }

Question question_of(const keep::RemovePieces& pieces) {
  std::string body = "{";
  for (const std::string& key : pieces.keys) body += '"' + key + "\":null,";
  body.back() = '}';
  return {"PATCH", pieces.path, kTiny, std::move(body)};
}

/// The keys that an answer names, as they stand between quotes.
std::optional<std::vector<std::string>> quoted_keys(const std::string& body) {
  std::optional<std::vector<std::string>> keys = keys_of_object(body);
  if (!keys) return std::nullopt;
  for (std::string& key : *keys) {
    std::string quoted;
    classify::append_json_escaped(key, quoted);
    key = std::move(quoted);
  }
  return keys;
}

/// What a person can do, if it takes one. `prune` is no way out of its own refusal.
std::string remedy_of(const Answer& answer) {
  constexpr int kPaymentRequired = 402;
  const deliver::AnswerRule& rule = deliver::judge(answer);
  if (rule.verdict != deliver::Verdict::kHold && rule.verdict != deliver::Verdict::kRefresh) return "";
  if (answer.status == kPaymentRequired)
    return "402: over its quota the database takes no removal either; remove history in the Firebase console, take the "
           "paid plan, or wait for the month if it is the download";
  return std::string(rule.remedy);
}

Reply reply_of(const PatchSender::Finished& finished, bool removes) {
  constexpr int kTooLarge = 413;
  Reply reply;
  reply.skew = finished.clock_skew;
  const Answer& answer = finished.answer;
  const int status = answer.transport == Answer::Transport::kAnswered ? answer.status : 0;
  if (removes) {
    const bool is_done = status == 204 || (status == 200 && finished.body.starts_with("null"));  // DELETE may say so
    if (is_done) reply.outcome = Reply::Outcome::kDone;
    if (answer.write_too_big || status == kTooLarge) reply.outcome = Reply::Outcome::kTooBig;
  } else if (status == 200 && finished.is_cut_off) {
    reply.outcome = Reply::Outcome::kTooBig;
  } else if (status == 200) {
    if (auto keys = quoted_keys(finished.body)) {
      reply.outcome = Reply::Outcome::kDone;
      reply.keys = std::move(*keys);
    }
  }
  if (reply.outcome == Reply::Outcome::kFailed) {
    reply.detail = answer.detail;
    reply.remedy = remedy_of(answer);
  }
  return reply;
}

}  // namespace

bool KeeperShell::take(const PatchSender::Finished& finished, const Now& now) {
  if (finished.request != Question::kRequest) return false;
  tell(reply_of(finished, removes_), now);
  return true;
}

/// Leave is given or refused at once, so what follows from it is done here, too.
void KeeperShell::tell(keep::Event event, const Now& now) {
  for (std::optional<keep::Event> next = std::move(event); next;) {
    keep::Decisions decisions;
    keeper_.handle(*std::exchange(next, std::nullopt), now, decisions);
    for (const keep::Report& what : decisions.reports) wiring_.report(what, now.steady);
    for (const keep::Action& action : decisions.actions) {
      if (const auto* ask = std::get_if<keep::AskLeave>(&action)) next = keep::Leave{wiring_.leave(*ask, now.steady)};
      if (const auto* list = std::get_if<keep::List>(&action)) send(question_of(*list), false);
      if (const auto* flat = std::get_if<keep::AskFlat>(&action)) send(question_of(*flat), false);
      if (const auto* page = std::get_if<keep::ListFlat>(&action)) send(question_of(*page), false);
      if (const auto* day = std::get_if<keep::RemoveDay>(&action)) send(question_of(*day), true);
      if (const auto* pieces = std::get_if<keep::RemovePieces>(&action)) send(question_of(*pieces), true);
    }
  }
}

void KeeperShell::send(Question question, bool removes) {
  removes_ = removes;
  wiring_.sender.ask(std::move(question));
}

}  // namespace firebase_relay::flush
