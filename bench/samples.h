#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "firebase_relay/message.h"

namespace relay_bench {

enum class Shape : std::uint8_t { kPrice, kOrder, kPerformance, kProfit, kRegistration, kUnrouted };
inline constexpr std::string_view kShapeNames[] = {"price",  "order",        "performance",
                                                   "profit", "registration", "unrouted"};
std::optional<Shape> shape_named(std::string_view name);

struct SampleOptions {
  Shape shape = Shape::kPrice;
  bool enveloped = true;
  std::uint32_t tickers = 10;
  std::size_t bytes = 0;  ///< of a price's payload at least, by a list of levels as an order book has; 0: as it comes
};

struct Sample {
  std::string channel;
  std::string payload;
};

/// The n-th message of a feed: the same on every machine and in every run, so that counted instructions can be
/// compared. Messages differ from one another, and their times lie a millisecond apart.
Sample sample(const SampleOptions& options, std::uint64_t n);

/// Messages as one read from Redis brings them at full speed: a block of about 256 kB.
std::unique_ptr<firebase_relay::MessageBlock> block_of(const SampleOptions& options, std::uint64_t first,
                                                       std::uint64_t number);

/// What Redis sends to the subscriber of a pattern for `sample`; appended to `out`.
void append_as_reply(const Sample& sample, std::string& out);
/// The PUBLISH that `redis-cli --pipe` takes; appended to `out`.
void append_as_command(const Sample& sample, std::string& out);
/// The XADD to `stream` in its place; appended to `out`.
void append_as_entry(const Sample& sample, std::string_view stream, std::string& out);

}  // namespace relay_bench
