#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "broker_sim/market.h"

namespace broker_sim {

/// What the contract says of one publication: written from its text, sharing nothing with the relay, which it judges.
struct Place {
  std::string kind;    ///< price, order, performance, profit, registration, unrouted
  std::string ticker;  ///< as published; empty when unrouted
  nlohmann::json message;
  std::optional<std::int64_t> time_ms;  ///< the message's own, else the envelope's
};

/// Nothing: a dead letter, or a channel of Redis' own.
std::optional<Place> place_of(const Publication& publication, std::int64_t at_ms);

/// Is this nobody's message, but Redis' notification?
bool is_redis_own(const std::string& channel);

}  // namespace broker_sim
