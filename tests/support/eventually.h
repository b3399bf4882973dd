#pragma once

#include <chrono>
#include <thread>

namespace test_support {

/// Asks until `holds()` or the deadline: what tests do in place of sleeping. Returns the last answer.
template <class Condition>
bool eventually(Condition holds, std::chrono::milliseconds timeout = std::chrono::seconds(20)) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (!holds()) {
    if (std::chrono::steady_clock::now() >= deadline) return holds();
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

}  // namespace test_support
