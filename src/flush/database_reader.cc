#include "flush/database_reader.h"

#include <chrono>
#include <thread>
#include <utility>

#include "classify/key_codec.h"
#include "deliver/verdicts.h"
#include "flush/database_url.h"
#include "flush/json_keys.h"

namespace firebase_relay::flush {
namespace {

constexpr int kTriesMax = 5;
constexpr Backoff::Options kPatience{std::chrono::seconds(1), std::chrono::seconds(8)};

/// A key as the value of `startAt` and the like: a JSON string.
void append_key(std::string& query, const char* name, const std::string& key) {
  if (key.empty()) return;
  std::string text = "\"";
  classify::append_json_escaped(key, text);
  query += '&';
  query += name;
  query += '=';
  append_percent_encoded(query, text + '"');
}

}  // namespace

DatabaseReader::DatabaseReader(SenderOptions options) : where_(options.database.shown()), sender_(std::move(options)) {}

std::string DatabaseReader::shown(const std::string& path) const { return where_ + ", " + path; }

Result<std::vector<std::string>> DatabaseReader::list(const std::string& path) {
  const Result<Page> answer = get(path, "shallow=true");
  if (!answer) return error_of(answer);
  if (answer->is_cut_off)
    return fail(ErrorCode::kRefused, shown(path) + ": more stands there than can be listed",
                "is it a place that the routes mean?");
  const auto keys = keys_of_object(answer->body);
  if (!keys) return fail(ErrorCode::kRefused, shown(path) + ": the answer is no JSON", "is this a Realtime Database?");
  std::vector<std::string> quoted(keys->size());
  for (std::size_t i = 0; i < keys->size(); ++i) classify::append_json_escaped((*keys)[i], quoted[i]);
  return quoted;
}

Result<DatabaseReader::Page> DatabaseReader::page(const std::string& path, const KeyRange& range, std::size_t count,
                                                  From from) {
  std::string query = "orderBy=%22%24key%22";
  append_key(query, "startAt", range.begin);
  append_key(query, "endAt", range.end);
  query += (from == From::kFirst ? "&limitToFirst=" : "&limitToLast=") + std::to_string(count);
  return get(path, query);
}

Result<DatabaseReader::Page> DatabaseReader::get(const std::string& path, const std::string& query) {
  using deliver::Verdict;
  Backoff backoff(kPatience, random_seed());
  bool has_refreshed = false;
  for (int tries = 1;; ++tries) {
    PatchSender::Finished finished = ask(path, query);
    bytes_ += finished.answer_bytes;
    const Answer& answer = finished.answer;
    if (answer.transport == Answer::Transport::kAnswered && answer.status == 200)
      return Page{std::move(finished.body), finished.is_cut_off};
    const deliver::AnswerRule& rule = deliver::judge(answer);
    const bool refreshes = rule.verdict == Verdict::kRefresh && !std::exchange(has_refreshed, true);
    if (tries >= kTriesMax || (rule.verdict != Verdict::kRetry && !refreshes)) {
      const bool is_no = rule.verdict != Verdict::kRetry;
      return fail(is_no ? ErrorCode::kRefused : ErrorCode::kUnavailable, shown(path) + ": " + answer.detail,
                  std::string(rule.remedy));
    }
    if (refreshes) sender_.refresh_credentials();
    std::this_thread::sleep_for(backoff.next());
  }
}

PatchSender::Finished DatabaseReader::ask(const std::string& path, const std::string& query) {
  sender_.ask({"GET", path, query, ""});
  std::vector<PatchSender::Finished> finished;
  while (finished.empty()) sender_.wait(SteadyTime::max(), finished);
  return std::move(finished.front());
}

}  // namespace firebase_relay::flush
