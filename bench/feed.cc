// Writes PUBLISH commands, or XADD to a stream, to stdout, for redis-cli --pipe: a file prepared once, so that
// publishing costs next to nothing. Usage: feed KIND MESSAGES [TICKERS] [BYTES] [STREAM]
#include <cstdio>
#include <cstdlib>

#include "samples.h"

int main(int argc, char** argv) {
  const auto shape = argc >= 3 ? relay_bench::shape_named(argv[1]) : std::nullopt;
  if (!shape) {
    std::fputs(
        "usage: feed price|order|performance|profit|registration|unrouted MESSAGES [TICKERS] [BYTES] "
        "[STREAM]\n",
        stderr);
    return 2;
  }
  relay_bench::SampleOptions options{*shape};
  const std::uint64_t messages = std::strtoull(argv[2], nullptr, 10);
  if (argc > 3) options.tickers = static_cast<std::uint32_t>(std::strtoul(argv[3], nullptr, 10));
  if (argc > 4) options.bytes = std::strtoull(argv[4], nullptr, 10);
  if (options.tickers == 0) options.tickers = 1;

  constexpr std::size_t kWriteBytes = 1 << 20;
  std::string out;
  for (std::uint64_t n = 0; n < messages; ++n) {
    if (argc > 5)
      append_as_entry(sample(options, n), argv[5], out);
    else
      append_as_command(sample(options, n), out);
    if (out.size() < kWriteBytes && n + 1 < messages) continue;
    if (std::fwrite(out.data(), 1, out.size(), stdout) != out.size()) return 1;
    out.clear();
  }
  return std::fflush(stdout) == 0 ? 0 : 1;
}
