#include "rtdb_emulator/node.h"

#include <charconv>
#include <optional>

namespace rtdb_emulator {
namespace {

std::optional<std::int64_t> as_integer(std::string_view key) {
  if (key.empty() || key.size() > 40) return std::nullopt;
  std::string_view digits = key;
  if (digits.front() == '-') digits.remove_prefix(1);
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  const std::size_t significant = digits.find_first_not_of('0');
  if (significant != std::string_view::npos && digits.size() - significant > 10) return std::nullopt;
  std::int64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (key.front() == '-') number = -number;
  if (number < INT32_MIN || number > INT32_MAX) return std::nullopt;
  return number;
}

}  // namespace

bool KeyOrder::operator()(std::string_view a, std::string_view b) const {
  const auto number_a = as_integer(a);
  const auto number_b = as_integer(b);
  if (number_a && number_b) {
    if (*number_a != *number_b) return *number_a < *number_b;
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  }
  if (number_a || number_b) return number_a.has_value();
  return a < b;
}

bool Node::is_empty() const {
  if (std::holds_alternative<std::monostate>(value)) return true;
  const Children* all = children();
  return all && all->empty();
}

Node Node::copy() const {
  Node result;
  if (const Children* all = children()) {
    Children copies;
    for (const auto& [key, child] : *all) copies.emplace_hint(copies.end(), key, child.copy());
    result.value = std::move(copies);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    result.value = *text;
  } else {
    std::visit(
        [&](const auto& leaf) {
          if constexpr (!std::is_same_v<std::decay_t<decltype(leaf)>, Children>) result.value = leaf;
        },
        value);
  }
  if (priority) result.priority = std::make_unique<Node>(priority->copy());
  return result;
}

const Node& no_node() {
  static const Node kNothing;
  return kNothing;
}

const Node* find_node(const Node& root, const Path& path) {
  const Node* node = &root;
  for (const std::string& key : path) {
    if (key == ".priority") return node->priority ? node->priority.get() : nullptr;
    const Node::Children* children = node->children();
    const auto child = children ? children->find(key) : Node::Children::const_iterator{};
    if (!children || child == children->end()) return nullptr;
    node = &child->second;
  }
  return node;
}

}  // namespace rtdb_emulator
