#include "flush/token.h"

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <utility>

#include "flush/answer_text.h"
#include "flush/clock_skew.h"
#include "flush/http_client.h"

namespace firebase_relay::flush {
namespace {

using std::chrono::seconds;

constexpr const char* kNewKey =
    "the key is revoked or deleted: make a new one in the Firebase console (Project settings, Service accounts)";

/// What goes into a header: RFC 6750 §2.1, and the few others that are visible ASCII.
bool is_token(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

std::string text_of(const nlohmann::json& json, const char* name) {
  const auto found = json.is_object() ? json.find(name) : json.end();
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

/// With `***` for whatever is as long as a token or an assertion: an endpoint may repeat what it was sent.
std::string without_tokens(std::string_view text) {
  constexpr std::size_t kTokenMin = 40;
  const auto is_of_token = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_' ||
           c == '.' || c == '=';
  };
  std::string shown;
  while (!text.empty()) {
    const auto length =
        static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_of_token) - text.begin());
    shown += length >= kTokenMin ? "***" : text.substr(0, std::max<std::size_t>(length, 1));
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return shown;
}

}  // namespace

std::chrono::sys_seconds TokenSource::begin(const Now& now) {
  exchanging_ = true;
  began_at_ = now.steady;
  return std::chrono::floor<seconds>(now.utc) + skew_;
}

TokenNews TokenSource::ended(Result<HttpResponse> answer, const Now& now) {
  exchanging_ = false;
  again_at_once_ = false;
  std::optional<Error> error;
  if (!answer) {
    error = Error{ErrorCode::kUnavailable, "the token endpoint does not answer: " + answer.error().what,
                  "check the network, the key's token_uri and the CA certificates (--ca-file)"};
  } else if (answer->status == 200) {
    error = take(*answer);
  } else {
    error = judge_refusal(*answer, now);
  }
  if (answer) wipe(answer->body);
  TokenNews news;
  if (!error) {
    news.life = life_;
    news.is_first = !std::exchange(had_token_, true) || trouble_;
    trouble_.reset();
    tried_skew_ = false;
    backoff_.reset();
    const SteadyTime::duration life = life_;
    due_ = began_at_ + (life < kShortLife ? life / 2 : life - kEarly);
    return news;
  }
  news.error = *error;
  if (!again_at_once_) {
    news.next_try_in = backoff_.next();
    trouble_ = std::move(error);
  }
  due_ = now.steady + news.next_try_in;
  return news;
}

/// Takes the token out of a good answer, or says what is wrong with it.
std::optional<Error> TokenSource::take(HttpResponse& answer) {
  constexpr seconds kLifeMax{86'400};
  nlohmann::json json = nlohmann::json::parse(answer.body, nullptr, false);
  std::string token = text_of(json, "access_token");
  if (const auto copy = json.is_object() ? json.find("access_token") : json.end();
      copy != json.end() && copy->is_string())
    wipe(copy->get_ref<std::string&>());
  const double life = json.is_object() && json.contains("expires_in") && json["expires_in"].is_number()
                          ? json["expires_in"].get<double>()
                          : 0;
  if (!is_token(token) || !(life >= 1)) {
    wipe(token);
    return Error{ErrorCode::kUnavailable, "the token endpoint's answer holds no access_token with its expires_in",
                 "is the key's token_uri right, is there a proxy or a login page in between?"};
  }
  life_ = seconds(static_cast<std::int64_t>(std::min(life, static_cast<double>(kLifeMax.count()))));
  token_ = Secret(std::move(token));
  expires_at_ = began_at_ + life_;  // on the safe side: it lives from when it was made, which was later
  return std::nullopt;
}

Error TokenSource::judge_refusal(const HttpResponse& answer, const Now& now) {
  const std::string status = std::to_string(answer.status);
  if (answer.status == 429 || answer.status >= 500)
    return {ErrorCode::kUnavailable, "the token endpoint answers " + status, ""};
  const nlohmann::json json = nlohmann::json::parse(answer.body, nullptr, false);
  const std::string name = without_tokens(text_of(json, "error"));
  const std::string description = without_tokens(text_of(json, "error_description"));
  if (name.empty()) {
    const std::string to = answer.location.empty() ? "" : " to " + without_tokens(shown_location(answer.location));
    return {ErrorCode::kRefused, "the token endpoint answers " + status + to,
            "is the key's token_uri right, is there a proxy or a login page in between?"};
  }
  const std::string what =
      "the token endpoint refuses the key: " + name + (description.empty() ? "" : ": " + description);
  if (name != "invalid_grant") return {ErrorCode::kRefused, what, kNewKey};
  const std::optional<seconds> ours_less_theirs = clock_skew(answer.date, now.utc);
  if (!ours_less_theirs)
    return {ErrorCode::kRefused, what, std::string(kNewKey) + "; or this machine's clock is wrong"};
  const seconds wanted = std::chrono::abs(*ours_less_theirs) > kClockSkewMax ? -*ours_less_theirs : seconds(0);
  if (std::chrono::abs(wanted - skew_) <= kClockSkewMax) return {ErrorCode::kRefused, what, kNewKey};
  skew_ = wanted;
  again_at_once_ = !std::exchange(tried_skew_, true);  // once: an endpoint may have a clock that jumps
  if (skew_ == seconds(0)) return {ErrorCode::kRefused, what + "; this machine's clock is right again", ""};
  const std::string off = std::to_string(std::abs(skew_.count())) + (skew_.count() > 0 ? " s behind" : " s ahead of");
  return {ErrorCode::kRefused,
          "this machine's clock is " + off + " the token endpoint's, whose time is taken for tokens from now on",
          "set this machine's clock (NTP)"};
}

void TokenSource::refused(SteadyTime now) {
  token_ = Secret();
  if (!exchanging_) due_ = std::min(due_, now);
}

Result<std::optional<Secret>> TokenSource::token(SteadyTime now) const {
  if (!token_.empty() && now < expires_at_) return std::optional(token_);
  if (trouble_) return tl::unexpected<Error>(*trouble_);
  return std::optional<Secret>();
}

}  // namespace firebase_relay::flush
