#include "rtdb_emulator/rules_expression.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace rtdb_emulator {
namespace {

using Kind = Expression::Kind;

/// Deeper than any rule that a person writes; evaluating takes a few calls a level, and civetweb's threads have 100 kB
/// of stack.
constexpr unsigned kRuleDepthMax = 20;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// What an expression can be, as far as that is known before it is evaluated.
enum class Type : std::uint8_t { kAnything, kBoolean, kText, kNumber, kObject, kPlace };

Type type_of(const Expression& expression) {
  switch (expression.kind) {
    case Kind::kLiteral:
      if (std::holds_alternative<bool>(expression.literal)) return Type::kBoolean;
      if (std::holds_alternative<double>(expression.literal)) return Type::kNumber;
      return std::holds_alternative<std::string>(expression.literal) ? Type::kText : Type::kAnything;
    case Kind::kVariable: return Type::kText;
    case Kind::kAuth:
      if (expression.names.empty()) return Type::kObject;
      return expression.names.front() == "uid" ? Type::kText
             : expression.names.size() == 1    ? Type::kObject
                                               : Type::kAnything;
    case Kind::kData:
    case Kind::kNewData:
    case Kind::kRoot:
    case Kind::kChild:
    case Kind::kParent: return Type::kPlace;
    case Kind::kVal: return Type::kAnything;
    case Kind::kExists:
    case Kind::kNot:
    case Kind::kEqual:
    case Kind::kUnequal:
    case Kind::kAnd:
    case Kind::kOr: return Type::kBoolean;
  }
  return Type::kAnything;
}

bool is_null(const Expression& expression) {
  return expression.kind == Kind::kLiteral && std::holds_alternative<std::monostate>(expression.literal);
}

bool can_be_boolean(const Expression& expression) {
  const Type type = type_of(expression);
  return type == Type::kBoolean || (type == Type::kAnything && !is_null(expression));
}

/// By recursive descent; the first fault ends it.
class ExpressionParser {
 public:
  ExpressionParser(std::string_view text, const std::set<std::string>& known, bool allows_new_data)
      : text_(text), known_(known), allows_new_data_(allows_new_data) {}

  std::variant<Expression, ExpressionFault> parse() {
    auto whole = either();
    skip_blanks();
    if (whole && at_ < text_.size()) whole = fail("expected &&, ||, ==, != or the end of the rule, found " + found());
    if (whole && !can_be_boolean(*whole)) whole = fail_at(0, "a rule must be true or false");
    if (!whole) return *fault_;
    return *std::move(whole);
  }

 private:
  using Result = std::optional<Expression>;

  Result fail_at(std::size_t offset, std::string text) {
    if (!fault_) fault_ = ExpressionFault{offset, std::move(text)};
    return std::nullopt;
  }
  Result fail(std::string text) { return fail_at(at_, std::move(text)); }
  /// What stands here, for a fault.
  [[nodiscard]] std::string found() const {
    if (at_ == text_.size()) return "the end of the rule";
    std::size_t end = at_ + 1;
    while (end < text_.size() && is_letter(text_[at_]) && (is_letter(text_[end]) || is_digit(text_[end]))) ++end;
    const std::string_view part = text_.substr(at_, end - at_);
    const bool is_plain = std::all_of(part.begin(), part.end(), [](char c) { return c > ' ' && c < 0x7F; });
    return is_plain ? "'" + std::string(part) + "'" : "a character that is none of a rule";
  }
  void skip_blanks() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
  }
  bool take(std::string_view token) {
    skip_blanks();
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }
  std::string take_name() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && (is_letter(text_[at_]) || (at_ > begin && is_digit(text_[at_])))) ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }

  Result made(Kind kind, std::vector<Expression> operands) {
    Expression expression;
    expression.kind = kind;
    for (const Expression& operand : operands) expression.depth = std::max(expression.depth, operand.depth + 1);
    if (expression.depth > kRuleDepthMax) return fail("a rule must not be nested so deeply");
    expression.operands = std::move(operands);
    return expression;
  }

  /// `next` joined by `token`: one of them as it is, more as `kind`.
  Result joined(Kind kind, std::string_view token, Result (ExpressionParser::*next)()) {
    skip_blanks();
    std::size_t begin = at_;
    std::vector<Expression> operands;
    do {
      Result operand = (this->*next)();
      if (!operand) return std::nullopt;
      operands.push_back(*std::move(operand));
      const bool has_more = take(token);
      if ((has_more || operands.size() > 1) && !can_be_boolean(operands.back()))
        return fail_at(begin, std::string(token) + " joins what is true or false, and nothing else");
      if (!has_more) break;
      skip_blanks();
      begin = at_;
    } while (true);
    if (operands.size() == 1) return std::move(operands.front());
    return made(kind, std::move(operands));
  }
  Result either() { return joined(Kind::kOr, "||", &ExpressionParser::both); }
  Result both() { return joined(Kind::kAnd, "&&", &ExpressionParser::comparison); }

  Result comparison() {
    skip_blanks();
    const std::size_t begin = at_;
    Result left = unary();
    if (!left) return std::nullopt;
    const bool is_equal = take("===") || take("==");
    if (!is_equal && !take("!==") && !take("!=")) return left;
    skip_blanks();
    const std::size_t begin_of_right = at_;
    Result right = unary();
    if (!right) return std::nullopt;
    for (const auto& [side, offset] : {std::pair(&*left, begin), std::pair(&*right, begin_of_right)}) {
      const Expression& other = side == &*left ? *right : *left;
      if (type_of(*side) == Type::kPlace) return fail_at(offset, "a place cannot be compared: add .val()");
      if (type_of(*side) == Type::kObject && !is_null(other))
        return fail_at(offset, "auth can be compared with null only");
    }
    std::vector<Expression> sides;
    sides.push_back(*std::move(left));
    sides.push_back(*std::move(right));
    return made(is_equal ? Kind::kEqual : Kind::kUnequal, std::move(sides));
  }

  Result unary() {
    skip_blanks();
    const bool is_not = text_.substr(at_).starts_with('!') && !text_.substr(at_).starts_with("!=");
    if (!is_not) return steps();
    if (++nesting_ > kRuleDepthMax) return fail("a rule must not be nested so deeply");
    const std::size_t begin = ++at_;
    Result operand = unary();
    --nesting_;
    if (!operand) return std::nullopt;
    if (!can_be_boolean(*operand)) return fail_at(begin, "! needs what is true or false");
    std::vector<Expression> operands;
    operands.push_back(*std::move(operand));
    return made(Kind::kNot, std::move(operands));
  }

  /// A primary expression, and what is asked of it.
  Result steps() {
    Result expression = primary();
    while (expression && take(".")) {
      skip_blanks();
      const std::size_t begin = at_;
      const std::string name = take_name();
      if (name.empty()) return fail("expected a name behind the point, found " + found());
      if (type_of(*expression) == Type::kPlace) {
        expression = method(*std::move(expression), name, begin);
      } else if (expression->kind == Kind::kAuth && (!expression->names.empty() || name == "uid" || name == "token") &&
                 (expression->names.empty() || expression->names.front() == "token")) {
        expression->names.push_back(name);
      } else {
        return fail_at(begin, "No such method/property '" + name + "' that rtdb-emulator knows.");
      }
    }
    return expression;
  }

  Result method(Expression place, const std::string& name, std::size_t begin) {
    const Kind kind = name == "child"    ? Kind::kChild
                      : name == "parent" ? Kind::kParent
                      : name == "val"    ? Kind::kVal
                                         : Kind::kExists;
    if (kind == Kind::kExists && name != "exists")
      return fail_at(begin, "No such method/property '" + name +
                                "' that rtdb-emulator knows: it has child, parent, val and exists.");
    if (!take("(")) return fail("expected (, found " + found());
    std::vector<Expression> operands;
    operands.push_back(std::move(place));
    if (kind == Kind::kChild) {
      skip_blanks();
      const std::size_t begin_of_key = at_;
      Result key = nested();
      if (!key) return std::nullopt;
      if ((type_of(*key) != Type::kText && type_of(*key) != Type::kAnything) || is_null(*key))
        return fail_at(begin_of_key, "child needs a text");
      operands.push_back(*std::move(key));
    }
    if (!take(")")) return fail("expected ), found " + found());
    return made(kind, std::move(operands));
  }

  Result nested() {
    if (++nesting_ > kRuleDepthMax) return fail("a rule must not be nested so deeply");
    Result inside = either();
    --nesting_;
    return inside;
  }

  Result primary() {
    skip_blanks();
    if (take("(")) {
      Result inside = nested();
      if (inside && !take(")")) return fail("expected ), found " + found());
      return inside;
    }
    if (at_ == text_.size()) return fail("expected a value, found the end of the rule");
    if (text_[at_] == '\'' || text_[at_] == '"') return text();
    if (text_[at_] == '$') return variable();
    const bool is_negative = text_[at_] == '-' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1]);
    if (is_digit(text_[at_]) || is_negative) return number();
    return named();
  }

  Result literal(RuleValue value) {
    Expression expression;
    expression.literal = std::move(value);
    return expression;
  }

  Result text() {
    const std::size_t begin = at_;
    const char quote = text_[at_++];
    std::string value;
    for (; at_ < text_.size() && text_[at_] != quote; ++at_) {
      if (text_[at_] == '\\') {
        ++at_;
        const bool is_known =
            at_ < text_.size() && std::string_view("'\"\\").find(text_[at_]) != std::string_view::npos;
        if (!is_known) return fail_at(at_ - 1, "\\ stands before a quote or another \\ only");
      }
      value += text_[at_];
    }
    if (at_ == text_.size()) return fail_at(begin, "a text that does not end");
    ++at_;
    return literal(std::move(value));
  }

  Result number() {
    double value = 0;
    const char* begin = text_.data() + at_;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), value, std::chars_format::fixed);
    if (error != std::errc()) return fail("expected a number, found " + found());
    at_ += static_cast<std::size_t>(end - begin);
    return literal(value);
  }

  Result variable() {
    const std::size_t begin = at_++;
    Expression expression;
    expression.kind = Kind::kVariable;
    expression.name = "$" + take_name();
    if (!known_.contains(expression.name))
      return fail_at(begin, "Unknown variable '" + expression.name + "': no key above this rule is called so.");
    return expression;
  }

  Result named() {
    const std::size_t begin = at_;
    const std::string what = found();
    const std::string name = take_name();
    if (name == "true" || name == "false") return literal(name == "true");
    if (name == "null") return literal(std::monostate());
    Expression expression;
    if (name == "auth") {
      expression.kind = Kind::kAuth;
    } else if (name == "root") {
      expression.kind = Kind::kRoot;
    } else if (name == "data") {
      expression.kind = Kind::kData;
    } else if (name == "newData" && allows_new_data_) {
      expression.kind = Kind::kNewData;
    } else if (name == "newData") {
      return fail_at(begin, "newData means nothing to a .read");
    } else if (!name.empty()) {
      return fail_at(begin, "Unknown variable '" + name +
                                "': rtdb-emulator knows auth, root, data, newData and the $variables of keys.");
    } else {
      return fail_at(begin, "expected a value, found " + what);
    }
    return expression;
  }

  std::string_view text_;
  const std::set<std::string>& known_;
  bool allows_new_data_;
  std::size_t at_ = 0;
  unsigned nesting_ = 0;
  std::optional<ExpressionFault> fault_;
};

}  // namespace

std::variant<Expression, ExpressionFault> parse_expression(std::string_view text, const std::set<std::string>& known,
                                                           bool allows_new_data) {
  return ExpressionParser(text, known, allows_new_data).parse();
}

}  // namespace rtdb_emulator
