#include "flush/token_keeper.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/thread.h"
#include "flush/jwt.h"

namespace firebase_relay::flush {
namespace {

constexpr std::chrono::seconds kExchangeTimeout{10};

std::chrono::milliseconds wait_until(SteadyTime due, SteadyTime now) {
  if (due == SteadyTime::max()) return std::chrono::milliseconds(-1);
  if (due <= now) return std::chrono::milliseconds(0);
  return std::chrono::ceil<std::chrono::milliseconds>(due - now);
}

Credential bearer(const Secret& token) {
  constexpr std::string_view kBearer = "Bearer ";
  std::string header;
  header.reserve(kBearer.size() + token.reveal().size());
  header.append(kBearer).append(token.reveal());
  Credential credential;
  credential.authorization = Secret(std::move(header));
  return credential;
}

/// One exchange: an assertion issued at `issued_at` for a token.
Result<HttpResponse> exchange(const ServiceAccount& account, std::chrono::sys_seconds issued_at,
                              const std::shared_ptr<const CaFile>& ca, const std::stop_token& stop) {
  const Result<Secret> assertion = sign_assertion(account, issued_at);
  if (!assertion) return error_of(assertion);
  HttpRequest request;
  request.method = "POST";
  request.url = account.token_uri;
  request.content_type = "application/x-www-form-urlencoded";
  constexpr std::string_view kForm = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=";
  std::string form;
  form.reserve(kForm.size() + assertion->reveal().size());
  form.append(kForm).append(assertion->reveal());
  request.body = Secret(std::move(form));
  request.ca = ca;
  request.timeout = kExchangeTimeout;
  request.stop = stop;
  return http_request(request);
}

}  // namespace

TokenKeeper::TokenKeeper(ServiceAccount account, Wiring wiring)
    : account_(std::move(account)),
      wiring_(std::move(wiring)),
      source_(wiring_.jitter_seed),
      thread_(start_thread("token", [this](const std::stop_token& stop) { run(stop); })) {}

TokenKeeper::~TokenKeeper() {
  thread_.request_stop();
  thread_.join();
}

void TokenKeeper::run(const std::stop_token& stop) {
  const std::stop_callback wake(stop, [this] { wakeup_.signal(); });
  while (!stop.stop_requested()) {
    std::chrono::milliseconds wait{};
    std::chrono::sys_seconds issued_at;
    {
      const std::lock_guard lock(mutex_);
      const Now now = read_clocks();
      wait = wait_until(source_.due(), now.steady);
      if (wait.count() == 0) issued_at = source_.begin(now);
    }
    if (wait.count() != 0) {
      wakeup_.wait(wait);
      continue;
    }
    Result<HttpResponse> answer = exchange(account_, issued_at, wiring_.ca, stop);
    if (stop.stop_requested()) return;
    TokenNews news;
    {
      const std::lock_guard lock(mutex_);
      news = source_.ended(std::move(answer), read_clocks());
    }
    wiring_.report(news);
    const std::lock_guard lock(changed_mutex_);
    if (changed_) changed_();
  }
}

Result<std::optional<Credential>> TokenKeeper::current() {
  const std::lock_guard lock(mutex_);
  Result<std::optional<Secret>> token = source_.token(std::chrono::steady_clock::now());
  if (!token) return error_of(token);
  if (!*token) return std::optional<Credential>();
  return std::optional(bearer(**token));
}

void TokenKeeper::refused() {
  {
    const std::lock_guard lock(mutex_);
    source_.refused(std::chrono::steady_clock::now());
  }
  wakeup_.signal();
}

void TokenKeeper::watch(const std::function<void()>& changed) {
  const std::lock_guard lock(changed_mutex_);
  changed_ = changed;
}

Result<Credential> fetch_once(const ServiceAccount& account, const std::shared_ptr<const CaFile>& ca,
                              std::optional<Error>& flaw) {
  TokenSource source(0);
  for (;;) {
    const std::chrono::sys_seconds issued_at = source.begin(read_clocks());
    const TokenNews news = source.ended(exchange(account, issued_at, ca, {}), read_clocks());
    if (news.life) break;
    if (news.next_try_in.count() > 0) return tl::unexpected<Error>(news.error);
    flaw = news.error;  // the clock, mended for the next try
  }
  return bearer(*source.token(std::chrono::steady_clock::now()).value());
}

std::shared_ptr<CredentialSource> open_source(Credentials credentials, TokenKeeper::Wiring wiring) {
  if (credentials.account) return std::make_shared<TokenKeeper>(std::move(*credentials.account), std::move(wiring));
  return std::make_shared<FixedCredential>(std::move(credentials.fixed));
}

}  // namespace firebase_relay::flush
