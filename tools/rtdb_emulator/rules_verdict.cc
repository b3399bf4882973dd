#include "rtdb_emulator/rules_verdict.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

namespace rtdb_emulator {
namespace {

using Kind = Expression::Kind;

RuleValue value_of(const Node* node) {
  if (!node || node->is_empty()) return std::monostate();
  if (node->children()) return Structure();
  if (const auto* integer = std::get_if<std::int64_t>(&node->value)) return static_cast<double>(*integer);
  if (const auto* number = std::get_if<double>(&node->value)) return *number;
  if (const auto* boolean = std::get_if<bool>(&node->value)) return *boolean;
  if (const auto* text = std::get_if<std::string>(&node->value)) return *text;
  return Structure();  // a server value that has not become one
}

RuleValue value_of(const nlohmann::json& json) {
  if (json.is_null()) return std::monostate();
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number()) return json.get<double>();
  if (json.is_string()) return json.get<std::string>();
  return Structure();
}

bool is_nothing(const RuleValue& value) { return std::holds_alternative<std::monostate>(value); }

/// The tree as it is, and as it will be.
class View {
 public:
  View(const Node& root, const Writes& writes) : root_(root), writes_(writes) {}

  [[nodiscard]] RuleValue before(const Path& place) const { return value_of(find_node(root_, place)); }
  [[nodiscard]] RuleValue after(const Path& place) const {
    bool is_touched = false;
    for (const auto& [path, value] : writes_) {
      if (is_of_priority(path)) continue;
      if (is_prefix(path, place)) return value_of(find_node(*value, below(place, path)));
      if (!is_prefix(place, path)) continue;
      is_touched = true;
      if (!value->is_empty()) return Structure();
    }
    const Node* node = find_node(root_, place);
    const Node::Children* children = node ? node->children() : nullptr;
    if (!is_touched || !children) return value_of(node);
    // What is below is deleted in part: something stands here while one child does.
    const bool has_children = std::any_of(children->begin(), children->end(), [&](const auto& child) {
      Path path = place;
      path.push_back(child.first);
      return !is_nothing(after(path));
    });
    return has_children ? RuleValue(Structure()) : RuleValue();
  }

 private:
  const Node& root_;
  const Writes& writes_;
};

/// A rule at its place. What comes to nothing that the rule could use is an error: the rule does not grant then.
class Evaluator {
 public:
  using Variables = std::map<std::string, std::string>;

  Evaluator(const nlohmann::json& auth, const View& view, const Variables& variables, const Path& place)
      : auth_(auth), view_(view), variables_(variables), place_(place) {}

  [[nodiscard]] bool grants(const Expression& rule) const { return boolean(rule).value_or(false); }

 private:
  struct Spot {
    Path path;
    bool is_new = false;
  };

  [[nodiscard]] std::optional<bool> boolean(const Expression& expression) const {
    const auto result = value(expression);
    const bool* boolean = result ? std::get_if<bool>(&*result) : nullptr;
    return boolean ? std::optional(*boolean) : std::nullopt;
  }

  [[nodiscard]] std::optional<RuleValue> value(const Expression& expression) const {
    switch (expression.kind) {
      case Kind::kLiteral: return expression.literal;
      case Kind::kVariable: return RuleValue(variables_.at(expression.name));
      case Kind::kAuth: return RuleValue(of_auth(expression.names));
      case Kind::kVal: return at(expression.operands.front());
      case Kind::kExists: {
        const auto found = at(expression.operands.front());
        return found ? std::optional<RuleValue>(!is_nothing(*found)) : std::nullopt;
      }
      case Kind::kNot: {
        const auto operand = boolean(expression.operands.front());
        return operand ? std::optional<RuleValue>(!*operand) : std::nullopt;
      }
      case Kind::kEqual: return equality(expression, true);
      case Kind::kUnequal: return equality(expression, false);
      case Kind::kAnd: return chain(expression, false);
      case Kind::kOr: return chain(expression, true);
      case Kind::kData:
      case Kind::kNewData:
      case Kind::kRoot:
      case Kind::kChild:
      case Kind::kParent: break;  // a place has no value of its own
    }
    return std::nullopt;
  }

  [[nodiscard]] RuleValue of_auth(const std::vector<std::string>& names) const {
    const nlohmann::json* found = &auth_;
    for (const std::string& name : names) {
      if (!found->is_object() || !found->contains(name)) return {};
      found = &found->at(name);
    }
    return value_of(*found);
  }

  [[nodiscard]] std::optional<RuleValue> at(const Expression& expression) const {
    const auto found = spot(expression);
    if (!found) return std::nullopt;
    return found->is_new ? view_.after(found->path) : view_.before(found->path);
  }

  [[nodiscard]] std::optional<Spot> spot(const Expression& expression) const {
    if (expression.kind == Kind::kRoot) return Spot{};
    if (expression.kind == Kind::kData) return Spot{place_, false};
    if (expression.kind == Kind::kNewData) return Spot{place_, true};
    auto found = spot(expression.operands.front());
    if (!found) return std::nullopt;
    if (expression.kind == Kind::kParent) {
      if (found->path.empty()) return std::nullopt;
      found->path.pop_back();
      return found;
    }
    const auto key = value(expression.operands.back());
    const auto* text = key ? std::get_if<std::string>(&*key) : nullptr;
    if (!text) return std::nullopt;
    for (std::string& piece : split_path(*text)) found->path.push_back(std::move(piece));
    return found;
  }

  [[nodiscard]] std::optional<RuleValue> equality(const Expression& expression, bool wanted) const {
    const auto left = value(expression.operands.front());
    const auto right = value(expression.operands.back());
    if (!left || !right) return std::nullopt;
    if (left->index() != right->index()) return RuleValue(!wanted);
    if (std::holds_alternative<Structure>(*left)) return std::nullopt;  // the database does not compare objects
    return RuleValue(is_same(*left, *right) == wanted);
  }
  static bool is_same(const RuleValue& a, const RuleValue& b) {
    if (const auto* text = std::get_if<std::string>(&a)) return *text == std::get<std::string>(b);
    if (const auto* number = std::get_if<double>(&a)) return *number == std::get<double>(b);
    if (const auto* boolean = std::get_if<bool>(&a)) return *boolean == std::get<bool>(b);
    return true;  // two nulls
  }

  /// The first operand that is `decisive` ends it, and so does an error.
  [[nodiscard]] std::optional<RuleValue> chain(const Expression& expression, bool decisive) const {
    for (const Expression& operand : expression.operands) {
      const auto result = boolean(operand);
      if (!result) return std::nullopt;
      if (*result == decisive) return RuleValue(decisive);
    }
    return RuleValue(!decisive);
  }

  const nlohmann::json& auth_;
  const View& view_;
  const Variables& variables_;
  const Path& place_;
};

const RulesLevel* next(const RulesLevel& level, const std::string& key) {
  const auto child = level.children.find(key);
  return child != level.children.end() ? &child->second : level.any.get();
}

bool is_granted(const RulesLevel& top, std::optional<Expression> RulesLevel::*rule, const nlohmann::json& auth,
                const View& view, const Path& target) {
  const RulesLevel* level = &top;
  Evaluator::Variables variables;
  Path place;
  const Path path(target.begin(), target.end() - (is_of_priority(target) ? 1 : 0));
  while (true) {
    const auto& expression = level->*rule;
    if (expression && Evaluator(auth, view, variables, place).grants(*expression)) return true;
    if (place.size() == path.size()) return false;
    const std::string& key = path[place.size()];
    const RulesLevel* lower = next(*level, key);
    if (!lower) return false;
    if (lower == level->any.get()) variables[level->variable] = key;
    place.push_back(key);
    level = lower;
  }
}

}  // namespace

bool rules_allow_read(const RulesLevel& top, const nlohmann::json& auth, const Node& root, const Path& place) {
  const Writes none;
  return is_granted(top, &RulesLevel::read, auth, View(root, none), place);
}

bool rules_allow_write(const RulesLevel& top, const nlohmann::json& auth, const Node& root, const Writes& writes) {
  const View view(root, writes);
  return std::all_of(writes.begin(), writes.end(),
                     [&](const auto& write) { return is_granted(top, &RulesLevel::write, auth, view, write.first); });
}

bool rules_have_index(const RulesLevel& top, const Path& place, const std::string& index) {
  const RulesLevel* level = &top;
  for (const std::string& key : place) {
    level = next(*level, key);
    if (!level) return false;
  }
  return std::find(level->indexes.begin(), level->indexes.end(), index) != level->indexes.end();
}

}  // namespace rtdb_emulator
