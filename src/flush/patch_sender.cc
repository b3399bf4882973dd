#include "flush/patch_sender.h"

#include <curl/curl.h>

#include <algorithm>
#include <stdexcept>
#include <unordered_map>
#include <utility>
#include <variant>

#include "base/clock.h"
#include "flush/answer_text.h"
#include "flush/curl_handle.h"
#include "flush/transfer.h"

namespace firebase_relay::flush {

/// A request whose credential is on its way.
struct PatchSender::Parked {
  std::variant<Send, Question> what;
  SteadyTime began;

  [[nodiscard]] RequestId request() const {
    const Send* send = std::get_if<Send>(&what);
    return send ? send->request : Question::kRequest;
  }
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

void PatchSender::ask(Question question) {
  handles_->parked.push_back({std::move(question), std::chrono::steady_clock::now()});
  start_parked();
}

/// Looks at the requests that wait for a credential: sends them if it has come, and answers them if none will come.
void PatchSender::start_parked() {
  if (handles_->parked.empty()) return;
  const SteadyTime now = std::chrono::steady_clock::now();
  const Result<std::optional<Credential>> credential = options_.credentials->current();
  std::vector<Parked> waiting;
  for (Parked& parked : handles_->parked) {
    if (credential && *credential) {
      start(parked, **credential);
    } else if (credential && now - parked.began < options_.request_timeout) {
      waiting.push_back(std::move(parked));
    } else {
      Answer answer;
      answer.transport = Answer::Transport::kConnect;
      answer.detail = "no access token yet: " + (credential ? std::string("the token endpoint has not answered")
                                                            : one_line(credential.error().what));
      handles_->answered_here.push_back({parked.request(), std::move(answer), now - parked.began});
    }
  }
  handles_->parked = std::move(waiting);
}

void PatchSender::start(const Parked& parked, const Credential& credential) {
  auto transfer = std::make_unique<Transfer>(options_);
  std::visit([&](const auto& what) { transfer->begin(what, credential, parked.began); }, parked.what);
  CURL* easy = transfer->easy();
  handles_->busy.emplace(easy, std::move(transfer));
  curl_multi_add_handle(handles_->multi, easy);
  if (const Send* send = std::get_if<Send>(&parked.what); send && started_) started_(*send);
}

void PatchSender::collect(std::vector<Finished>& finished) {
  const std::size_t known = finished.size();
  handles_->collect(finished);
  for (std::size_t i = known; options_.answered && i < finished.size(); ++i)
    options_.answered(finished[i].answer_bytes);
}

void PatchSender::wait(SteadyTime deadline, std::vector<Finished>& finished) {
  start_parked();
  collect(finished);
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
  collect(finished);
  // A full request takes several turns of curl. As long as curl can go on sending it does, before more blocks are
  // taken: else, while much comes, requests would not be answered in time.
  constexpr int kTurnsMax = 16;
  for (int turn = 0; active > 0 && finished.empty() && turn < kTurnsMax; ++turn) {
    curl_multi_poll(handles_->multi, nullptr, 0, 0, &active);
    if (active > 0) collect(finished);
  }
}

void PatchSender::wake() { curl_multi_wakeup(handles_->multi); }

void PatchSender::refresh_credentials() { options_.credentials->refused(); }

}  // namespace firebase_relay::flush
