#include "base/invariant.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>

namespace firebase_relay {
namespace {
std::atomic<const char*> broken{nullptr};
}  // namespace

void invariant_broken(const char* what) noexcept {
#ifdef RELAY_CHECKED
  std::fprintf(stderr, "a broken invariant: %s\n", what);
  std::abort();
#else
  const char* none = nullptr;
  broken.compare_exchange_strong(none, what, std::memory_order_relaxed);
#endif
}

const char* take_broken_invariant() noexcept {
  if (broken.load(std::memory_order_relaxed) == nullptr) return nullptr;
  return broken.exchange(nullptr, std::memory_order_relaxed);
}

}  // namespace firebase_relay
