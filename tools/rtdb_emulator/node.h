#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace rtdb_emulator {

/// The order in which the database gives keys back: those that read as 32-bit integers first, by number, ties shorter
/// first; then the rest as texts. Source: firebase-js-sdk packages/database/src/core/util/util.ts (nameCompare,
/// tryParseInt).
struct KeyOrder {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const;
};

using Number = std::variant<std::int64_t, double>;

/// `.sv`: becomes a value when it is written.
struct ServerValue {
  bool is_timestamp = true;
  Number increment;  ///< where it is no timestamp
};

/// A place in the tree: nothing, a leaf, or children. A node without a value and without children does not exist.
struct Node {
  using Children = std::map<std::string, Node, KeyOrder>;
  std::variant<std::monostate, bool, std::int64_t, double, std::string, ServerValue, Children> value;
  std::unique_ptr<Node> priority;  ///< `.priority`; null: none

  Node() = default;
  template <class Value>
  explicit Node(Value of) : value(std::move(of)) {}

  [[nodiscard]] bool is_empty() const;
  [[nodiscard]] const Children* children() const { return std::get_if<Children>(&value); }
  [[nodiscard]] Children* children() { return std::get_if<Children>(&value); }
  [[nodiscard]] Node copy() const;
};

/// Nothing, where nothing is.
const Node& no_node();

}  // namespace rtdb_emulator
