#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace broker_sim {

/// The same seed gives the same bots, whatever the machine does meanwhile.
class Random {
 public:
  /// `seed`: from it all that is drawn follows.
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  /// 0 … `below` - 1.
  std::uint64_t below(std::uint64_t below) { return engine_() % below; }
  bool chance(unsigned percent) { return below(100) < percent; }
  template <class T>
  const T& one_of(const std::vector<T>& values) {
    return values[below(values.size())];
  }
  /// `length` bytes of any value.
  std::string bytes(std::size_t length) {
    std::string text;
    for (std::size_t i = 0; i < length; ++i) text.push_back(static_cast<char>(below(256)));
    return text;
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace broker_sim
