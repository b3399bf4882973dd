#include "flush/transfer.h"

#include <openssl/x509.h>

#include <algorithm>
#include <cstring>

#include "base/clock.h"
#include "flush/answer_text.h"
#include "flush/clock_skew.h"
#include "flush/echo.h"

namespace firebase_relay::flush {
namespace {

constexpr std::size_t kAnswerKeptMax = 1024;  // of a body that explains an error
constexpr long kUploadBuffer = 256 * 1024;    // one copy into curl's buffer per read

/// A path between quotes as the path it is: `\"` and `\\` without their backslash.
std::string unquoted(std::string_view path) {
  std::string plain;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '\\' && i + 1 < path.size()) ++i;
    plain += path[i];
  }
  return plain;
}

Answer::Transport transport_of(CURLcode code, bool was_connected) {
  switch (code) {
    case CURLE_OK: return Answer::Transport::kAnswered;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY: return Answer::Transport::kDns;
    case CURLE_COULDNT_CONNECT: return Answer::Transport::kConnect;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_ISSUER_ERROR: return Answer::Transport::kTls;
    case CURLE_OPERATION_TIMEDOUT: return was_connected ? Answer::Transport::kTimeout : Answer::Transport::kConnect;
    default: return was_connected ? Answer::Transport::kReset : Answer::Transport::kConnect;
  }
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_retry_after(const std::string& value, UtcMillis now) {
  if (value.empty()) return std::nullopt;
  if (std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    constexpr std::size_t kDigitsMax = 9;  // more would be decades
    return std::chrono::seconds(value.size() > kDigitsMax ? 999'999'999 : std::stol(value));
  }
  const time_t date = curl_getdate(value.c_str(), nullptr);
  if (date < 0) return std::nullopt;
  const auto wait = std::chrono::sys_seconds(std::chrono::seconds(date)) - now;
  return std::max(std::chrono::milliseconds(0), std::chrono::duration_cast<std::chrono::milliseconds>(wait));
}

Transfer::Transfer(const SenderOptions& options) : options_(options), handle_(options.ca, options.request_timeout) {
  handle_.set(CURLOPT_UPLOAD, 1L);
  handle_.set(CURLOPT_CUSTOMREQUEST, "PATCH");
  handle_.set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  handle_.set(CURLOPT_UPLOAD_BUFFERSIZE, kUploadBuffer);
  handle_.set(CURLOPT_TCP_NODELAY, 1L);
  handle_.set(CURLOPT_TCP_KEEPALIVE, 1L);
  // No CURLOPT_SEEKFUNCTION: libcurl must not send a body again by itself. Whether a lost request may be applied
  // later is for delivery to know.
  handle_.set(CURLOPT_READFUNCTION, &Transfer::read);
  handle_.set(CURLOPT_READDATA, this);
  handle_.set(CURLOPT_WRITEFUNCTION, &Transfer::write);
  handle_.set(CURLOPT_WRITEDATA, this);
  handle_.set(CURLOPT_HEADERFUNCTION, &Transfer::header);
  handle_.set(CURLOPT_HEADERDATA, this);
  handle_.set(CURLOPT_PRIVATE, this);
}

void Transfer::begin(const Send& send, const Credential& credential, SteadyTime began) {
  request_ = send.request;
  base_ = unquoted(send.base);
  parts_ = send.parts;
  handle_.set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(send.bytes));
  begin_at(options_.database.patch_url(base_), credential, began);
}

void Transfer::begin(const Question& question, const Credential& credential, SteadyTime began) {
  base_ = unquoted(question.path);
  body_ = question.body;
  if (body_.empty()) {
    handle_.set(CURLOPT_HTTPGET, 1L);
  } else {
    parts_ = {body_};
    handle_.set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(body_.size()));
  }
  handle_.set(CURLOPT_CUSTOMREQUEST, question.method.c_str());
  begin_at(options_.database.url_of(base_, question.query), credential, began);
}

void Transfer::begin_at(const std::string& url, const Credential& credential, SteadyTime began) {
  began_ = began;
  credential_ = credential;
  headers_.add("Content-Type: application/json");
  headers_.add("Expect:");  // no 100-continue: it costs a round trip
  headers_.add_authorization(credential.authorization);
  handle_.set(CURLOPT_HTTPHEADER, headers_.get());
  handle_.set_url(with_parameter(url, credential));
}

PatchSender::Finished Transfer::finish(CURLcode code) const {
  curl_off_t connected_us = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_PRETRANSFER_TIME_T, &connected_us);
  long status = 0;
  if (head_.is_valid()) curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
  Answer answer;
  answer.transport = transport_of(code, connected_us > 0);
  const bool has_no_name = code == CURLE_OPERATION_TIMEDOUT && connected_us == 0 && !is_name_known();
  if (has_no_name) answer.transport = Answer::Transport::kDns;
  answer.status = static_cast<int>(status);
  answer.retry_after = parse_retry_after(head_.retry_after(), utc_now());
  const bool is_question = request_ == Question::kRequest;
  answer.gives_back = code == CURLE_OK && status == 200 && !is_question && gives_back_what_was_sent();
  answer.write_too_big = status == 400 && answer_.find("exceeds the maximum size") != std::string::npos;
  const deliver::AnswerRule& rule = deliver::judge(answer);
  if (has_no_name) {
    answer.detail = "no name server has answered for " + options_.database.host + handle_.way();
  } else if (code != CURLE_OK) {
    answer.detail = curl_easy_strerror(code) + certificate_flaw(code) + handle_.way();
  } else if (rule.verdict != deliver::Verdict::kAcknowledged) {
    answer.detail = described(
        {answer.status, head_.content_type(), answer_, is_cut_off_ && status == 200, head_.location()}, credential_);
  }
  const bool tells_the_time =
      is_question ? code == CURLE_OK && is_answer_of_a_database(status) : is_from_a_database(rule);
  return {request_,
          std::move(answer),
          std::chrono::steady_clock::now() - began_,
          tells_the_time ? clock_skew(head_.date(), utc_now()) : std::nullopt,
          is_question ? answer_ : std::string(),
          is_cut_off_,
          answer_bytes()};
}

/// What TLS and the connection take besides is not known here.
std::uint64_t Transfer::answer_bytes() const {
  long head = 0;
  curl_off_t body = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_HEADER_SIZE, &head);
  curl_easy_getinfo(handle_.get(), CURLINFO_SIZE_DOWNLOAD_T, &body);
  return static_cast<std::uint64_t>(head) + static_cast<std::uint64_t>(body);
}

/// Whether the answer's Date is the database's: a login page, or a proxy's own 502, says nothing about that clock. A
/// database answers errors in JSON.
bool Transfer::is_from_a_database(const deliver::AnswerRule& rule) const {
  if (rule.verdict == deliver::Verdict::kAcknowledged) return true;
  return rule.transport == Answer::Transport::kAnswered && rule.hold != HoldReason::kUnknownAnswer &&
         head_.content_type().starts_with("application/json");
}

/// The same for a question: what it asks for comes as JSON, and what it writes is silent.
bool Transfer::is_answer_of_a_database(long status) const {
  constexpr long kNoContent = 204;
  return status == kNoContent || head_.content_type().starts_with("application/json");
}

bool Transfer::is_name_known() const {
  curl_off_t known_us = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_NAMELOOKUP_TIME_T, &known_us);
  return known_us > 0;
}

/// Only a server that ignores print=silent makes this necessary.
bool Transfer::gives_back_what_was_sent() const {
  return !is_cut_off_ && Echo(options_.database.root(), base_, parts_).is_in(answer_);
}

/// What is wrong with the certificate; libcurl's own text says only that something is.
std::string Transfer::certificate_flaw(CURLcode code) const {
  long flaw = X509_V_OK;
  curl_easy_getinfo(handle_.get(), CURLINFO_SSL_VERIFYRESULT, &flaw);
  if (code != CURLE_PEER_FAILED_VERIFICATION || flaw == X509_V_OK) return "";
  return std::string(": ") + X509_verify_cert_error_string(flaw);
}

/// Fills libcurl's buffer from as many parts as it takes.
std::size_t Transfer::read(char* out, std::size_t size, std::size_t count, void* self) {
  Transfer& transfer = *static_cast<Transfer*>(self);
  const std::size_t room = size * count;
  std::size_t filled = 0;
  while (filled < room && transfer.part_ < transfer.parts_.size()) {
    const std::string_view rest = transfer.parts_[transfer.part_].substr(transfer.offset_);
    const std::size_t taken = std::min(room - filled, rest.size());
    std::memcpy(out + filled, rest.data(), taken);
    filled += taken;
    transfer.offset_ += taken;
    if (taken < rest.size()) break;
    ++transfer.part_;
    transfer.offset_ = 0;
  }
  return filled;
}

std::size_t Transfer::write(char* data, std::size_t size, std::size_t count, void* self) {
  Transfer& transfer = *static_cast<Transfer*>(self);
  std::string& answer = transfer.answer_;
  const std::size_t kept_max = transfer.head_.is_ok() ? Echo::kBytesMax : kAnswerKeptMax;
  const std::size_t room = kept_max - std::min(kept_max, answer.size());
  answer.append(data, std::min(size * count, room));
  transfer.is_cut_off_ = transfer.is_cut_off_ || size * count > room;
  return size * count;
}

std::size_t Transfer::header(char* data, std::size_t size, std::size_t count, void* self) {
  static_cast<Transfer*>(self)->head_.take({data, size * count});
  return size * count;
}

}  // namespace firebase_relay::flush
