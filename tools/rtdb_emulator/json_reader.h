#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "rtdb_emulator/node.h"
#include "rtdb_emulator/path.h"

namespace rtdb_emulator {

/// The members of a PATCH body: path relative to the URL, and value.
using Updates = std::vector<std::pair<std::string, Node>>;

/// A string, a number, a server value or nothing.
bool can_be_priority(const Node& node);
inline constexpr char kNoPriority[] = "Invalid data; .priority must be a string, a number, a server value or null.";

/// Reads a value as the database does: null, {} and [] are nothing, arrays become children, `.sv`, `.value` and
/// `.priority` mean what they mean, of duplicate keys the last counts, and everything else is checked. `depth`: keys of
/// the place that it is written to.
std::variant<Node, Refusal> read_value(std::string_view json, std::size_t depth);
/// As read_value for an object whose keys are paths; null is one update, of the place itself: its path is empty.
std::variant<Updates, Refusal> read_updates(std::string_view json, std::size_t depth);

}  // namespace rtdb_emulator
