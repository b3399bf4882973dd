#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <optional>
#include <string>

#include "base/clock.h"
#include "firebase_relay/result.h"
#include "flush/http_client.h"
#include "observe/log.h"
#include "terminal/commands.h"
#include "terminal/complain.h"
#include "terminal/signals.h"
#include "terminal/status_text.h"

namespace firebase_relay::terminal {
namespace {

constexpr std::chrono::milliseconds kWatchEvery{2000};

Result<observe::Snapshot> look(const std::string& url) {
  flush::HttpRequest request;
  request.url = url;
  request.is_to_relay = true;
  const std::string remedy = "is the relay running, and is this its --http-listen?";
  const auto answer = flush::http_request(request);
  if (!answer) return fail(ErrorCode::kUnavailable, url + ": " + answer.error().what, remedy);
  auto snapshot = observe::read_snapshot(answer->body);
  if (answer->status != 200 || !snapshot) return fail(ErrorCode::kUnavailable, url + ": no relay answers here", remedy);
  return std::move(*snapshot);
}

std::string text_of(const observe::Snapshot& now, const std::optional<EarlierSnapshot>& earlier) {
  return status_text(now, earlier, utc_now(), observe::wants_colour(STDOUT_FILENO));
}

std::string text_of(const Error& error) { return error.what + "; " + error.remedy; }

/// One look after the other: over what stood there on a terminal, else a block behind the last one.
class Watch {
 public:
  explicit Watch(std::string url) : url_(std::move(url)), in_place_(::isatty(STDOUT_FILENO) == 1) {}

  /// False: the relay is not reachable.
  bool look_and_print() {
    auto now = look(url_);
    const SteadyTime at = std::chrono::steady_clock::now();
    if (!now) {
      earlier_.reset();  // it may be another one when it comes back
      print(text_of(now.error()) + "\n");
      return false;
    }
    if (earlier_) earlier_->ago = at - earlier_at_;
    print(text_of(*now, earlier_));
    earlier_ = EarlierSnapshot{std::move(*now), {}};
    earlier_at_ = at;
    return true;
  }

 private:
  void print(const std::string& text) {
    std::string out = in_place_ ? (is_first_ ? "\033[2J\033[H" : "\033[H") : (is_first_ ? "" : "\n");
    is_first_ = false;
    for (const char c : text) {
      if (in_place_ && c == '\n') out += "\033[K";  // what is left of a longer line
      out += c;
    }
    if (in_place_) out += "\033[J";
    std::fputs(out.c_str(), stdout);
    std::fflush(stdout);
  }

  std::string url_;
  bool in_place_;
  bool is_first_ = true;
  std::optional<EarlierSnapshot> earlier_;
  SteadyTime earlier_at_;
};

}  // namespace

int status(const CommandLine& line) {
  const std::string url = url_of_relay(line.options, "/metrics");
  if (!line.watch) {
    const auto now = look(url);
    if (now) {
      std::fputs(text_of(*now, std::nullopt).c_str(), stdout);
      return kExitOk;
    }
    complain(now.error());
    return kExitFailed;
  }
  const Signals signals;
  Watch watch(url);
  bool is_reachable = watch.look_and_print();
  while (signals.wait(kWatchEvery) == 0 && std::ferror(stdout) == 0) is_reachable = watch.look_and_print();
  return is_reachable ? kExitOk : kExitFailed;
}

}  // namespace firebase_relay::terminal
