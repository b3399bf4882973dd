#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "rtdb_emulator/path.h"

namespace rtdb_emulator {

/// The order in which the database gives keys back: those that read as 32-bit integers first, by number, ties shorter
/// first; then the rest as texts. Source: firebase-js-sdk packages/database/src/core/util/util.ts (nameCompare,
/// tryParseInt).
struct KeyOrder {
  /// std::map: look-ups take any kind of text.
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const;
};

/// A number as the database tells them apart: whole, or with a fraction.
using Number = std::variant<std::int64_t, double>;

/// `.sv`: becomes a value when it is written.
struct ServerValue {
  bool is_timestamp = true;
  Number increment;  ///< where it is no timestamp
};

/// A place in the tree: nothing, a leaf, or children. A node without a value and without children does not exist.
struct Node {
  /// By key, in the database's order. None of them is empty.
  using Children = std::map<std::string, Node, KeyOrder>;
  std::variant<std::monostate, bool, std::int64_t, double, std::string, ServerValue, Children> value;
  std::unique_ptr<Node> priority;  ///< `.priority`; null: none

  Node() = default;
  /// `of`: one of the kinds of `value`.
  template <class Value>
  explicit Node(Value of) : value(std::move(of)) {}

  /// True: nothing stands here, so the node does not exist.
  [[nodiscard]] bool is_empty() const;
  /// Null: it has a value, or is empty.
  [[nodiscard]] const Children* children() const { return std::get_if<Children>(&value); }
  [[nodiscard]] Children* children() { return std::get_if<Children>(&value); }
  /// With all that is below it.
  [[nodiscard]] Node copy() const;
};

/// What is to stand where, all at once. No place of it is an ancestor of another one.
using Writes = std::vector<std::pair<Path, const Node*>>;

/// Nothing, where nothing is.
const Node& no_node();
/// What stands at `path` below `root`, or its priority; null: nothing.
const Node* find_node(const Node& root, const Path& path);

}  // namespace rtdb_emulator
