#include "rtdb_emulator/long_polling.h"

#include <algorithm>
#include <random>
#include <vector>

#include "rtdb_emulator/clock.h"
#include "rtdb_emulator/wire.h"

namespace rtdb_emulator {
namespace {

constexpr char kScript[] = "application/javascript; charset=utf-8";
constexpr char kClose[] = "pLPCommand('close');\n";

std::string parameter(const Parameters& parameters, const char* name) {
  const auto found = parameters.find(name);
  return found == parameters.end() ? std::string() : found->second;
}

Response script(std::string text) { return {200, std::move(text), {}, kScript}; }

/// Nobody else can guess it: whoever has it is the client.
std::string new_session() {
  std::random_device random;
  std::string text;
  for (int i = 0; i < 4; ++i) text += (text.empty() ? "" : "-") + std::to_string(random());
  return text;
}

/// Tells by its end, as the SDK has no other way, that the page was closed.
constexpr char kDisconnectFrame[] =
    "<!doctype html><script>addEventListener('pagehide', () => navigator.sendBeacon(location.href.replace('dframe=t', "
    "'disconn=t')));</script>\n";

}  // namespace

LongPolling::LongPolling(Shared shared, const RestOptions& options) : shared_(shared), options_(options) {
  watch_ = std::jthread([this] {
    std::unique_lock lock(mutex_);
    while (!ending_.wait_for(lock, std::chrono::seconds(1), [this] { return has_ended_; })) watch_over(lock);
  });
}

LongPolling::~LongPolling() { end(); }

void LongPolling::end() {
  const std::lock_guard lock(mutex_);
  has_ended_ = true;
  ending_.notify_all();
  for (const auto& [session, poller] : pollers_) poller->close(now_ms());
}

Response LongPolling::handle(const Parameters& parameters, const std::string& host) {
  if (parameter(parameters, "start") == "t") return start(parameters, host);
  const std::string session = parameter(parameters, "id");
  if (parameter(parameters, "dframe") == "t") return {200, kDisconnectFrame, {}, "text/html; charset=utf-8"};
  if (parameter(parameters, "disconn") == "t") {
    const auto gone = remove(session);
    if (gone && gone->has_left()) gone->close(now_ms());
    return script("");
  }
  const auto poller = find(session);
  if (!poller) return script(kClose);  // of an earlier run: the client begins again
  if (!poller->take_pieces(parameters, now_ms())) {
    poller->close(now_ms());
    remove(session);
    return script(kClose);
  }
  const Poller::Answer answer = poller->poll(kPoll);
  std::string text = "pRTLPCB(" + std::to_string(answer.number) + ",[";
  for (const std::string& message : answer.messages) text += (text.back() == '[' ? "" : ",") + message;
  text += "]);\n";
  // Two polls may be answered at once: the client closes when it has read all answers up to this one.
  if (answer.is_last) text += "pLPCommand('close'," + std::to_string(answer.number) + ");\n";
  return script(std::move(text));
}

Response LongPolling::start(const Parameters& parameters, const std::string& host) {
  const std::string callback = parameter(parameters, "cb");
  const bool is_name = std::all_of(callback.begin(), callback.end(), [](unsigned char c) { return std::isalnum(c); });
  const std::string named = parameter(parameters, "ns");
  const std::string& ns = named.empty() ? options_.default_ns : named;
  if (!is_name) return error(400, "cb must be a number");
  if (ns.empty()) return error(400, "no database is named: add ?ns=NAME");
  const std::string session = new_session();
  auto poller = std::make_shared<Poller>(shared_, ns, options_.body_bytes_max);
  poller->send(wire::hello(host, session, now_ms()));
  const Poller::Answer answer = poller->poll(std::chrono::milliseconds(0));
  {
    const std::lock_guard lock(mutex_);
    if (has_ended_) return script("");
    pollers_[session] = std::move(poller);
  }
  const auto forward = [&](const std::string& name, const std::string& arguments) {
    const std::string target = "parent.window['" + name + callback + "']";
    return "function " + name + "(" + arguments + ") { if (" + target + ") " + target + "(" + arguments + "); }\n";
  };
  return script(forward("pLPCommand", "c, a, b, d, e") + forward("pRTLPCB", "n, data") + "pLPCommand('start','" +
                session + "','" + session + "');\npRTLPCB(" + std::to_string(answer.number) + ",[" +
                answer.messages.front() + "]);\n");
}

std::shared_ptr<Poller> LongPolling::find(const std::string& session) const {
  const std::lock_guard lock(mutex_);
  const auto found = pollers_.find(session);
  return found == pollers_.end() ? nullptr : found->second;
}

std::shared_ptr<Poller> LongPolling::remove(const std::string& session) {
  const std::lock_guard lock(mutex_);
  const auto found = pollers_.extract(session);
  return found.empty() ? nullptr : found.mapped();
}

/// Closes who is gone and checks the others without the lock, since that takes the database's.
void LongPolling::watch_over(std::unique_lock<std::mutex>& lock) {
  std::vector<std::shared_ptr<Poller>> gone;
  std::vector<std::shared_ptr<Poller>> here;
  for (auto at = pollers_.begin(); at != pollers_.end();) {
    if (at->second->silence() < kGone) {
      here.push_back(at->second);
      ++at;
    } else {
      gone.push_back(std::move(at->second));
      at = pollers_.erase(at);
    }
  }
  lock.unlock();
  for (const auto& poller : here) poller->check_credential(now_ms());
  for (const auto& poller : gone) poller->close(now_ms());
  lock.lock();
}

}  // namespace rtdb_emulator
