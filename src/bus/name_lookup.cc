#include "bus/name_lookup.h"

#include <exception>
#include <mutex>
#include <system_error>
#include <utility>

#include "base/thread.h"
#include "base/wakeup.h"

namespace firebase_relay::bus {

struct NameLookup::Shared {
  Wakeup answered;
  std::mutex mutex;
  std::optional<Result<std::vector<Address>>> answer;  // guarded by mutex
  std::uint64_t round = 0;                             // guarded by mutex; how many answers were taken
  int under_way = 0;                                   // guarded by mutex

  void put(std::uint64_t asked_in, Result<std::vector<Address>> found) {
    const std::lock_guard lock(mutex);
    --under_way;
    if (round != asked_in || answer) return;
    answer = std::move(found);
    answered.signal();
  }
};

NameLookup::NameLookup(Resolver resolver) : resolver_(std::move(resolver)), shared_(std::make_shared<Shared>()) {}

void NameLookup::ask(const std::string& host, std::uint16_t port) {
  std::uint64_t round = 0;
  {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->answer || shared_->under_way >= kUnderWayMax) return;
    ++shared_->under_way;
    round = shared_->round;
  }
  try {
    start_detached_thread("name look-up", [shared = shared_, resolver = resolver_, host, port, round] {
      try {
        shared->put(round, resolver(host, port));
      } catch (const std::exception& error) {  // bad_alloc at a limit of memory: an attempt fails, the relay goes on
        shared->put(round, fail(ErrorCode::kUnavailable, "the name '" + host + "': " + error.what()));
      }
    });
  } catch (const std::system_error& error) {
    shared_->put(
        round,
        fail(ErrorCode::kUnavailable, "the name '" + host + "': no thread to look it up: " + error.code().message(),
             "raise the limit of processes (pids_limit, ulimit -u), or give an address in --redis-url"));
  }
}

int NameLookup::fd() const { return shared_->answered.fd(); }

std::optional<Result<std::vector<Address>>> NameLookup::take() {
  const std::lock_guard lock(shared_->mutex);
  if (!shared_->answer) return std::nullopt;
  shared_->answered.clear();
  ++shared_->round;
  return std::exchange(shared_->answer, std::nullopt);
}

void NameLookup::forget() {
  const std::lock_guard lock(shared_->mutex);
  shared_->answered.clear();
  shared_->answer.reset();
  ++shared_->round;
}

}  // namespace firebase_relay::bus
