// The simulation's own flags, beside those of gtest.
#include <gtest/gtest.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "sim/campaign.h"

namespace firebase_relay::sim {
namespace {

Campaign chosen;

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool set(std::string_view flag, std::string_view value) {
  const std::optional<std::uint64_t> number = number_in(value);
  if (!number) return false;
  if (flag == "--seed") {
    chosen.first = chosen.last = *number;
  } else if (flag == "--seeds") {
    chosen.last = *number;
  } else if (flag == "--minutes") {
    chosen.minutes = std::chrono::minutes(*number);
  } else if (flag == "--threads") {
    chosen.threads = static_cast<unsigned>(*number);
  } else {
    return false;
  }
  return true;
}

}  // namespace

const Campaign& campaign() { return chosen; }

}  // namespace firebase_relay::sim

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  const char* seeds = std::getenv("SIM_SEEDS");
  bool is_clear = seeds == nullptr || firebase_relay::sim::set("--seeds", seeds);
  for (int i = 1; i < argc; i += 2)
    is_clear = is_clear && i + 1 < argc && firebase_relay::sim::set(argv[i], argv[i + 1]);
  if (is_clear) return RUN_ALL_TESTS();
  std::fprintf(
      stderr,
      "usage: delivery_sim [--seed N | --seeds N | --minutes N] [--threads N] [--gtest_…]; SIM_TRACE=1 prints all\n");
  return 2;
}
