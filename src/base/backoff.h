#pragma once

#include <chrono>
#include <cstdint>
#include <random>

namespace firebase_relay {

/// Waits before a retry: exponential with full jitter, so that many who failed together do not come back together.
/// Source: "Exponential Backoff And Jitter", aws.amazon.com/blogs/architecture: sleep = random(0, min(cap, base *
/// 2^n)). A quarter of `base` is the least, so that an unlucky draw does not hammer a peer that has just failed.
///
/// Threads: one. Draws from its own generator: the same seed gives the same waits.
class Backoff {
 public:
  /// The range of the first wait, and the widest that the range becomes.
  struct Options {
    std::chrono::milliseconds base;
    std::chrono::milliseconds cap;
  };
  /// `seed`: of the generator that the waits are drawn from.
  Backoff(Options options, std::uint64_t seed) : options_(options), random_(seed) {}

  /// The next wait; each call doubles the range, up to `cap`.
  std::chrono::milliseconds next();
  /// The peer is well again: the next wait starts from `base`.
  void reset() { attempts_ = 0; }

 private:
  Options options_;
  std::mt19937_64 random_;
  unsigned attempts_ = 0;
};

/// A seed that no other relay has.
std::uint64_t random_seed();

}  // namespace firebase_relay
