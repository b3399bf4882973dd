#pragma once

#include <set>
#include <string>
#include <string_view>
#include <variant>

#include "rtdb_emulator/rules.h"

namespace rtdb_emulator {

/// What is wrong with an expression, and at which of its bytes.
struct ExpressionFault {
  std::size_t offset;
  std::string text;
};

/// Reads one expression of a rule: texts, numbers, true, false, null; `$variables`, those that are `known`; `auth`,
/// `auth.uid`, `auth.token.NAME`; `root`, `data` and, where a `.write` allows it, `newData`, with `.child(…)`,
/// `.parent()`, `.val()` and `.exists()`; `!`, `===`, `!==`, `==`, `!=` (as `===` and `!==`), `&&`, `||`, parentheses.
std::variant<Expression, ExpressionFault> parse_expression(std::string_view text, const std::set<std::string>& known,
                                                           bool allows_new_data);

}  // namespace rtdb_emulator
