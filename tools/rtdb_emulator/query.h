#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rtdb_emulator/node.h"
#include "rtdb_emulator/path.h"

namespace rtdb_emulator {

/// A URL's parameters, decoded.
using Parameters = std::map<std::string, std::string>;
/// Those behind a URL's `?`; what is malformed is left out.
Parameters parse_parameters(std::string_view query);

/// Where a window begins or ends: by the value that the children are ordered by, then by key.
struct Bound {
  Node value;
  std::optional<std::string> key;  ///< nothing: all children with the value are inside or, if not inclusive, outside
  bool is_inclusive = true;
};

/// `orderBy` and what goes with it. Source: firebase.google.com/docs/database/rest/retrieve-data.
struct Query {
  /// By which part of each child.
  enum class OrderBy : std::uint8_t { kKey, kValue, kPriority, kChild };
  OrderBy order_by = OrderBy::kKey;
  Path child;
  std::optional<Bound> start, end;
  std::size_t limit = 0;  ///< 0: none
  bool limit_to_last = false;
};

/// No query, a query, or why it is none.
std::variant<std::monostate, Query, Refusal> parse_query(const Parameters& parameters);
/// The query that an SDK sends, where no `i` is by priority; or why it is none.
/// Source: firebase-js-sdk packages/database/src/core/view/QueryParams.ts (queryParamsGetQueryObject).
std::variant<Query, Refusal> parse_query_object(const nlohmann::json& query);

/// The children of `node` that `query` takes, in its order. They live as long as `node` is left as it is.
std::vector<const Node::Children::value_type*> children_taken(const Query& query, const Node& node);
/// The children that `query` takes, as an object; a value that has none, as it is.
std::string run_query(const Query& query, const Node& node);
/// What has to be indexed for `query`: `.value`, or a path below each child. Empty: it needs no index.
std::string index_of(const Query& query);

}  // namespace rtdb_emulator
