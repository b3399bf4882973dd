#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rtdb_emulator/path.h"

namespace rtdb_emulator {

/// An object: a rule can tell it from null and from a text, and nothing else of it.
struct Structure {};
/// What an expression of a rule comes to.
using RuleValue = std::variant<std::monostate, bool, double, std::string, Structure>;

/// An expression of a rule, as a tree. Source of what it means: firebase.google.com/docs/reference/security/database.
struct Expression {
  /// With its operands, and what the other members say of it.
  enum class Kind : std::uint8_t {
    kLiteral,   ///< `literal`
    kVariable,  ///< `name`, with its `$`
    kAuth,      ///< `names` below `auth`; none: `auth` itself
    kData,      ///< what stands at the rule's place
    kNewData,   ///< what will stand there
    kRoot,
    kChild,   ///< of a place, at a path
    kParent,  ///< of a place
    kVal,     ///< of a place
    kExists,  ///< of a place
    kNot,
    kEqual,
    kUnequal,
    kAnd,  ///< of two or more
    kOr    ///< of two or more
  };
  Kind kind = Kind::kLiteral;
  std::vector<Expression> operands;
  RuleValue literal;
  std::string name;
  std::vector<std::string> names;
  unsigned depth = 1;  ///< of the tree
};

/// The rules of one place, and of the places below it.
struct RulesLevel {
  std::optional<Expression> read, write;  ///< nothing: neither grants nor denies
  std::vector<std::string> indexes;       ///< `.indexOn`: paths below each child, or `.value`
  std::map<std::string, RulesLevel, std::less<>> children;
  std::string variable;             ///< the key of `any`, with its `$`
  std::unique_ptr<RulesLevel> any;  ///< of all children that are not named; null: none
};

/// A `database.rules.json`.
struct Rules {
  std::string text;  ///< as it was written
  RulesLevel top;
};

/// What is wrong with a text, and where.
struct RulesFault {
  std::size_t line = 1;    ///< from 1
  std::size_t column = 1;  ///< from 1, in characters
  std::string text;
  /// `LINE:COLUMN: text`, as the database says it.
  [[nodiscard]] std::string message() const {
    return std::to_string(line) + ":" + std::to_string(column) + ": " + text;
  }
};

/// Reads rules, with comments. Whatever is not evaluated here is a fault, since rules that are understood in part would
/// let in whom the database keeps out.
std::variant<Rules, RulesFault> parse_rules(std::string_view text);

}  // namespace rtdb_emulator
