#include "flush/patch_sender.h"

#include <curl/curl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include "base/clock.h"
#include "flush/header_lines.h"
#include "flush/status_lines.h"

namespace firebase_relay::flush {
namespace {

constexpr std::size_t kAnswerKeptMax = 1024;  // of a body that explains an error
constexpr std::size_t kDetailMax = 200;
constexpr long kUploadBuffer = 256 * 1024;  // one copy into curl's buffer per read

/// libcurl's start-up is not thread-safe, so it happens once, before the first handle.
void start_curl() {
  static const CURLcode kStarted = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (kStarted != CURLE_OK) throw std::runtime_error(curl_easy_strerror(kStarted));
}

/// A path between quotes as the path it is: `\"` and `\\` without their backslash.
std::string unquoted(std::string_view path) {
  std::string plain;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '\\' && i + 1 < path.size()) ++i;
    plain += path[i];
  }
  return plain;
}

std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text.substr(0, kDetailMax)) line += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
  return line;
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

/// One request on its way. Its handle is never used again (4 us for a new one; connections belong to the multi handle):
/// libcurl 7.88 keeps a pointer into the last answer's headers, and a next answer that begins with a continued header
/// line makes it write there. Found by fuzzing.
class PatchSender::Transfer {
 public:
  explicit Transfer(const SenderOptions& options) : easy_(curl_easy_init()) {
    if (!easy_) throw std::runtime_error("curl_easy_init failed");
    set(CURLOPT_UPLOAD, 1L);
    set(CURLOPT_CUSTOMREQUEST, "PATCH");
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(CURLOPT_UPLOAD_BUFFERSIZE, kUploadBuffer);
    set(CURLOPT_TCP_NODELAY, 1L);
    set(CURLOPT_TCP_KEEPALIVE, 1L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(options.request_timeout.count()));
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_USERAGENT, "firebase-relay/" FIREBASE_RELAY_VERSION);
    if (options.ca) options.ca->apply_to(easy_);
    if (options.database.is_local()) set(CURLOPT_NOPROXY, "*");
    // No CURLOPT_SEEKFUNCTION: libcurl must not send a body again by itself. Whether a lost request may be applied
    // later is for delivery to know.
    set(CURLOPT_READFUNCTION, &Transfer::read);
    set(CURLOPT_READDATA, this);
    set(CURLOPT_WRITEFUNCTION, &Transfer::write);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_HEADERFUNCTION, &Transfer::header);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_PRIVATE, this);
  }
  ~Transfer() { curl_easy_cleanup(easy_); }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  void begin(const Send& send, const std::string& url, const Credential& credential, SteadyTime began) {
    request_ = send.request;
    parts_ = send.parts;
    began_ = began;
    credential_ = credential;
    headers_.add("Content-Type: application/json");
    headers_.add("Expect:");  // no 100-continue: it costs a round trip
    headers_.add_authorization(credential.authorization);
    set(CURLOPT_HTTPHEADER, headers_.get());
    set(CURLOPT_URL, with_parameter(url, credential).reveal().data());  // libcurl copies it
    set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(send.bytes));
  }

  Finished finish(CURLcode code) const {
    curl_off_t connected_us = 0;
    curl_easy_getinfo(easy_, CURLINFO_PRETRANSFER_TIME_T, &connected_us);
    long status = 0;
    if (status_lines_.are_valid()) curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    Answer answer;
    answer.transport = transport_of(code, connected_us > 0);
    answer.status = static_cast<int>(status);
    answer.retry_after = parse_retry_after(retry_after_, utc_now());
    const bool is_ok = code == CURLE_OK && status >= 200 && status < 300;
    if (code != CURLE_OK) answer.detail = curl_easy_strerror(code) + certificate_flaw(code);
    if (code == CURLE_OK && !is_ok)
      answer.detail = std::to_string(status) + " " + one_line(without(answer_, credential_));
    answer.write_too_big = status == 400 && answer_.find("exceeds the maximum size") != std::string::npos;
    return {request_, std::move(answer), std::chrono::steady_clock::now() - began_};
  }

  [[nodiscard]] CURL* easy() const { return easy_; }

 private:
  /// What is wrong with the certificate; libcurl's own text says only that something is.
  [[nodiscard]] std::string certificate_flaw(CURLcode code) const {
    long flaw = X509_V_OK;
    curl_easy_getinfo(easy_, CURLINFO_SSL_VERIFYRESULT, &flaw);
    if (code != CURLE_PEER_FAILED_VERIFICATION || flaw == X509_V_OK) return "";
    return std::string(": ") + X509_verify_cert_error_string(flaw);
  }
  template <class Value>
  void set(CURLoption option, Value value) {
    const CURLcode code = curl_easy_setopt(easy_, option, value);
    if (code != CURLE_OK) throw std::runtime_error(std::string("curl_easy_setopt: ") + curl_easy_strerror(code));
  }

  /// Fills libcurl's buffer from as many parts as it takes.
  static std::size_t read(char* out, std::size_t size, std::size_t count, void* self) {
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
  static std::size_t write(char* data, std::size_t size, std::size_t count, void* self) {
    std::string& answer = static_cast<Transfer*>(self)->answer_;
    answer.append(data, std::min(size * count, kAnswerKeptMax - std::min(kAnswerKeptMax, answer.size())));
    return size * count;
  }
  static std::size_t header(char* data, std::size_t size, std::size_t count, void* self) {
    constexpr std::string_view kName = "retry-after:";
    std::string_view line(data, size * count);
    Transfer& transfer = *static_cast<Transfer*>(self);
    transfer.status_lines_.take(line);
    const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; };
    if (line.size() > kName.size() &&
        std::equal(kName.begin(), kName.end(), line.begin(), [&](char b, char a) { return same(a, b); })) {
      line.remove_prefix(kName.size());
      while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
      while (!line.empty() && static_cast<unsigned char>(line.back()) <= ' ') line.remove_suffix(1);
      transfer.retry_after_ = line;
    }
    return size * count;
  }

  CURL* easy_;
  RequestId request_ = 0;
  std::vector<std::string_view> parts_;
  std::size_t part_ = 0;
  std::size_t offset_ = 0;
  std::string answer_;
  std::string retry_after_;
  StatusLines status_lines_;
  SteadyTime began_;
  Credential credential_;
  HeaderLines headers_;
};

/// A request whose credential is on its way.
struct PatchSender::Parked {
  Send send;
  SteadyTime began;
};

struct PatchSender::Handles {
  CURLM* multi = nullptr;
  std::unordered_map<CURL*, std::unique_ptr<Transfer>> busy;
  std::vector<Parked> parked;
  std::vector<Finished> answered_here;  ///< without being sent

  ~Handles() {
    for (auto& [easy, transfer] : busy) curl_multi_remove_handle(multi, easy);
    busy.clear();
    curl_multi_cleanup(multi);
  }
  void collect(std::vector<Finished>& finished) {
    for (Finished& answer : answered_here) finished.push_back(std::move(answer));
    answered_here.clear();
    int running = 0;
    curl_multi_perform(multi, &running);
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      CURL* easy = message->easy_handle;
      const auto done = busy.find(easy);
      finished.push_back(done->second->finish(message->data.result));
      curl_multi_remove_handle(multi, easy);
      busy.erase(done);
    }
  }
};

PatchSender::PatchSender(SenderOptions options) : options_(std::move(options)), handles_(std::make_unique<Handles>()) {
  start_curl();
  handles_->multi = curl_multi_init();
  if (!handles_->multi) throw std::runtime_error("curl_multi_init failed");
  if (!options_.credentials) options_.credentials = std::make_shared<FixedCredential>(Credential{});
  options_.credentials->watch([this] { wake(); });
}

PatchSender::~PatchSender() { options_.credentials->watch({}); }

void PatchSender::send(const Send& send) {
  handles_->parked.push_back({send, std::chrono::steady_clock::now()});
  start_parked();
}

/// Sends what has a credential now, and answers what will get none.
void PatchSender::start_parked() {
  if (handles_->parked.empty()) return;
  const SteadyTime now = std::chrono::steady_clock::now();
  const Result<std::optional<Credential>> credential = options_.credentials->current();
  std::vector<Parked> waiting;
  for (Parked& parked : handles_->parked) {
    if (credential && *credential) {
      start(parked.send, **credential, parked.began);
    } else if (credential && now - parked.began < options_.request_timeout) {
      waiting.push_back(std::move(parked));
    } else {
      Answer answer;
      answer.transport = Answer::Transport::kConnect;
      answer.detail = "no access token yet: " + (credential ? std::string("the token endpoint has not answered")
                                                            : one_line(credential.error().what));
      handles_->answered_here.push_back({parked.send.request, std::move(answer), now - parked.began});
    }
  }
  handles_->parked = std::move(waiting);
}

void PatchSender::start(const Send& send, const Credential& credential, SteadyTime began) {
  auto transfer = std::make_unique<Transfer>(options_);
  transfer->begin(send, options_.database.patch_url(unquoted(send.base)), credential, began);
  CURL* easy = transfer->easy();
  handles_->busy.emplace(easy, std::move(transfer));
  curl_multi_add_handle(handles_->multi, easy);
  if (started_) started_(send);
}

void PatchSender::wait(SteadyTime deadline, std::vector<Finished>& finished) {
  start_parked();
  handles_->collect(finished);
  if (!finished.empty()) return;
  constexpr std::chrono::seconds kLongest{10};  // health sees the flusher turn
  for (const Parked& parked : handles_->parked) deadline = std::min(deadline, parked.began + options_.request_timeout);
  const SteadyTime now = std::chrono::steady_clock::now();
  const auto left =
      deadline <= now ? SteadyTime::duration::zero() : std::min<SteadyTime::duration>(deadline - now, kLongest);
  const auto timeout = std::chrono::ceil<std::chrono::milliseconds>(left);
  int active = 0;
  curl_multi_poll(handles_->multi, nullptr, 0, static_cast<int>(timeout.count()), &active);
  start_parked();
  handles_->collect(finished);
  // A full request takes several turns of curl. What may be sent goes before what may be taken in: else it would not be
  // answered in time while much comes.
  constexpr int kTurnsMax = 16;
  for (int turn = 0; active > 0 && finished.empty() && turn < kTurnsMax; ++turn) {
    curl_multi_poll(handles_->multi, nullptr, 0, 0, &active);
    if (active > 0) handles_->collect(finished);
  }
}

void PatchSender::wake() { curl_multi_wakeup(handles_->multi); }

void PatchSender::refresh_credentials() { options_.credentials->refused(); }

}  // namespace firebase_relay::flush
