#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_fault.h"
#include "classify/message_line.h"
#include "observe/log.h"
#include "observe/printable.h"
#include "outbox/dead_letters.h"
#include "relay/relay.h"
#include "relay/storage.h"
#include "terminal/commands.h"
#include "terminal/complain.h"
#include "terminal/drain.h"
#include "terminal/signals.h"

namespace firebase_relay::terminal {
namespace {

using outbox::DeadLetterId;
using outbox::DeadLetters;
using outbox::RetryMark;
using outbox::StoredDeadLetter;

constexpr std::size_t kExcerptBytes = 60;

std::string json_of(const StoredDeadLetter& stored) {
  nlohmann::ordered_json line;
  line["id"] = stored.id;
  line["arrived_at"] = observe::iso_utc(stored.letter.arrived_at);
  line["reason"] = name_of(stored.letter.reason);
  line["count"] = stored.letter.count;
  line["bytes"] = stored.payload_size;
  line["cut_off"] = stored.is_cut_off();
  line["retry"] = stored.retry != RetryMark::kNone;
  if (!stored.letter.stream.empty()) {
    line["stream"] = observe::printable(stored.letter.stream);
    line["entry"] = to_text(stored.letter.entry);
  }
  std::string text = line.dump();
  text.pop_back();
  text += ',';
  classify::append_json_members(stored.letter.channel, stored.letter.payload, text);
  return text + "}";
}

/// Where it stops being JSON; empty: it does not, or of its payload only the beginning is kept.
std::string fault_of(const StoredDeadLetter& stored) {
  const bool is_known = is_json_fault(stored.letter.reason) && !stored.is_cut_off();
  return is_known ? json_fault_text(stored.letter.payload) : "";
}

int list(DeadLetters& letters, bool json) {
  const auto all = letters.list(UINT32_MAX);
  if (!all) return complain(all.error());
  for (const StoredDeadLetter& stored : *all) {
    if (json) {
      std::puts(json_of(stored).c_str());
      continue;
    }
    const std::string fault = fault_of(stored);
    std::printf("%6lld  %s  %-17s %s  %s%s%s%s\n", static_cast<long long>(stored.id),
                observe::iso_utc(stored.letter.arrived_at).c_str(), std::string(name_of(stored.letter.reason)).c_str(),
                observe::printable(stored.letter.channel, kExcerptBytes).c_str(),
                observe::printable(stored.letter.payload, kExcerptBytes).c_str(), fault.empty() ? "" : "  at ",
                fault.c_str(), stored.retry == RetryMark::kNone ? "" : "  (marked for a retry)");
  }
  if (!json && all->empty()) std::puts("no dead letters");
  return kExitOk;
}

int show(DeadLetters& letters, DeadLetterId id) {
  const auto found = letters.find(id);
  if (!found) return complain(found.error());
  if (!*found)
    return complain({ErrorCode::kInvalid, "there is no dead letter " + std::to_string(id), "see dead-letters list"});
  const StoredDeadLetter& stored = **found;
  const std::string fault = fault_of(stored);
  if (!stored.letter.stream.empty())
    std::fprintf(stderr, "stream   %s\nentry    %s\n", observe::printable(stored.letter.stream).c_str(),
                 to_text(stored.letter.entry).c_str());
  std::fprintf(stderr, "reason   %s%s%s\narrived  %s\nchannel  %s\ncount    %u\nbytes    %llu%s\n",
               std::string(name_of(stored.letter.reason)).c_str(), fault.empty() ? "" : " at ", fault.c_str(),
               observe::iso_utc(stored.letter.arrived_at).c_str(), observe::printable(stored.letter.channel).c_str(),
               stored.letter.count, static_cast<unsigned long long>(stored.payload_size),
               stored.is_cut_off() ? ", of which the first are kept: it cannot be retried" : "");
  std::fwrite(stored.letter.payload.data(), 1, stored.letter.payload.size(), stdout);
  if (::isatty(STDOUT_FILENO) == 1) std::fputc('\n', stdout);  // into a file or a pipe go the bytes and nothing else
  return kExitOk;
}

/// Those that cannot be retried or dropped, each with why; a word on stderr for each. How many there are.
std::size_t complain_of_missing(DeadLetters& letters, const std::vector<DeadLetterId>& ids, bool whole_ones) {
  std::size_t missing = 0;
  for (const DeadLetterId id : ids) {
    const auto found = letters.find(id);
    const bool is_there = found && *found;
    if (is_there && !(whole_ones && (*found)->is_cut_off())) continue;
    ++missing;
    complain(is_there ? Error{ErrorCode::kInvalid,
                              "dead letter " + std::to_string(id) + " cannot be retried: of its " +
                                  std::to_string((*found)->payload_size) + " bytes only the first are kept",
                              "publish the message again"}
                      : Error{ErrorCode::kInvalid, "there is no dead letter " + std::to_string(id),
                              "see dead-letters list"});
  }
  return missing;
}

/// No relay runs here, so this command is one for as long as it takes.
int send_marked(DeadLetters& letters, const CommandLine& line) {
  if (!line.options.database)
    return complain({ErrorCode::kInvalid, "no relay runs here, and no database is named",
                     "give --database-url, or start the relay: it sends what is marked"});
  const Signals signals;
  observe::Log log({line.options.log_level, line.options.log_format});
  for (const std::string& warning : line.warnings) log.logger().warn("{}", warning);
  auto relay = relay::Relay::start(line.options, log, relay::FromDeadLetters{});
  if (!relay) return complain(relay.error());
  const relay::Outcome outcome = drain(**relay, signals);
  std::printf("%llu delivered, %llu set aside again, %llu wait in the outbox\n",
              static_cast<unsigned long long>(outcome.delivered), static_cast<unsigned long long>(outcome.dead),
              static_cast<unsigned long long>(outcome.left));
  // A disk that failed leaves them marked in their table: neither delivered nor in the outbox.
  const auto still_marked = letters.marked(1);
  if (!still_marked) return complain(still_marked.error());
  if (!still_marked->empty()) std::puts("some are still marked: the next relay or retry sends them");
  return outcome.left == 0 && outcome.dead == 0 && still_marked->empty() ? kExitOk : kExitFailed;
}

/// Of all letters these are not retried: it is said, and no failure, or whoever retries all now and then fails for
/// ever.
void tell_of_cut_off(DeadLetters& letters) {
  const auto cut_off = letters.cut_off();
  if (cut_off && *cut_off > 0)
    std::printf("%llu stay: of their payload only the first bytes are kept -> publish those messages again\n",
                static_cast<unsigned long long>(*cut_off));
}

int retry(DeadLetters& letters, const std::vector<DeadLetterId>& ids, const CommandLine& line) {
  const std::size_t missing = complain_of_missing(letters, ids, true);
  const auto marked = letters.mark(ids, line.live ? RetryMark::kHistoryAndLive : RetryMark::kHistory);
  if (!marked) return complain(marked.error());
  std::printf("%llu marked for a retry\n", static_cast<unsigned long long>(*marked));
  if (line.all) tell_of_cut_off(letters);
  if (*marked == 0) return missing == 0 ? kExitOk : kExitFailed;
  if (outbox::is_outbox_in_use(line.options.outbox_file)) {
    std::puts("the relay that runs here sends them");
    return missing == 0 ? kExitOk : kExitFailed;
  }
  std::fflush(stdout);
  const int sent = send_marked(letters, line);
  return missing == 0 ? sent : kExitFailed;
}

int drop(DeadLetters& letters, const std::vector<DeadLetterId>& ids) {
  const std::size_t missing = complain_of_missing(letters, ids, false);
  const auto dropped = letters.drop(ids);
  if (!dropped) return complain(dropped.error());
  std::printf("%llu dropped\n", static_cast<unsigned long long>(*dropped));
  return missing == 0 ? kExitOk : kExitFailed;
}

Result<std::vector<DeadLetterId>> ids_of(const CommandLine& line) {
  std::vector<DeadLetterId> ids;
  for (std::size_t i = 1; i < line.arguments.size(); ++i) {
    const std::string& word = line.arguments[i];
    DeadLetterId id = 0;
    const auto read = std::from_chars(word.data(), word.data() + word.size(), id);
    if (read.ec != std::errc() || read.ptr != word.data() + word.size())
      return fail(ErrorCode::kInvalid, "'" + observe::printable(word, 100) + "' is no id of a dead letter",
                  "see dead-letters list");
    ids.push_back(id);
  }
  return ids;
}

}  // namespace

int dead_letters(const CommandLine& line) {
  const std::string& action = line.arguments.front();
  constexpr std::string_view kActions[] = {"list", "show", "retry", "drop"};
  if (std::find(std::begin(kActions), std::end(kActions), action) == std::end(kActions))
    return complain({ErrorCode::kInvalid, "dead-letters " + observe::printable(action, 100) + ": unknown",
                     "expected list, show, retry or drop"});
  const auto ids = ids_of(line);
  if (!ids) return complain(ids.error());
  const bool changes = action == "retry" || action == "drop";
  if (changes && ids->empty() != line.all)
    return complain({ErrorCode::kInvalid, "dead-letters " + action + ": which ones?", "give their ids, or --all"});
  if (action == "show" && ids->size() != 1)
    return complain({ErrorCode::kInvalid, "dead-letters show: expected one id", "see dead-letters list"});
  auto letters = DeadLetters::open(line.options.outbox_file, relay::dead_letter_limits(line.options));
  if (!letters) return complain(letters.error());
  if (action == "list") return list(*letters, line.json);
  if (action == "show") return show(*letters, ids->front());
  if (action == "retry") return retry(*letters, *ids, line);
  return drop(*letters, *ids);
}

}  // namespace firebase_relay::terminal
