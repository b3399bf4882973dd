#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>

#include "rtdb_emulator/node.h"
#include "rtdb_emulator/path.h"

namespace rtdb_emulator {

/// A URL's parameters, decoded.
using Parameters = std::map<std::string, std::string>;

/// `orderBy` and what goes with it. Source: firebase.google.com/docs/database/rest/retrieve-data.
struct Query {
  /// By which part of each child.
  enum class OrderBy : std::uint8_t { kKey, kValue, kPriority, kChild };
  OrderBy order_by = OrderBy::kKey;
  Path child;
  std::optional<Node> start_at, end_at, equal_to;
  std::size_t limit = 0;  ///< 0: none
  bool limit_to_last = false;
};

/// No query, a query, or why it is none. `path`: for the message about a missing index.
std::variant<std::monostate, Query, Refusal> parse_query(const Parameters& parameters, const Path& path);
/// The children that `query` takes, as an object.
std::string run_query(const Query& query, const Node& node);

}  // namespace rtdb_emulator
