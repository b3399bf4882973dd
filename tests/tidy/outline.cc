#include "tidy/outline.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <regex>
#include <sstream>
#include <string_view>

#include "support/paths.h"

namespace test_support {
namespace {

namespace fs = std::filesystem;

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// Overwrites comments, what is between quotes, and the preprocessor's lines with blanks; lines stay where they are.
class Blanking {
 public:
  explicit Blanking(std::string text) : text_(std::move(text)) {}

  std::string done() {
    while (at_ < text_.size()) step();
    return std::move(text_);
  }

 private:
  void step() {
    const std::string_view rest = std::string_view(text_).substr(at_);
    if (rest.starts_with("//")) return blank_upto(text_.find('\n', at_));
    if (rest.starts_with("/*")) return blank_upto(behind("*/", at_ + 2));
    if (rest.starts_with("R\"")) return blank_raw_string();
    if (rest.starts_with('"')) return blank_quoted('"');
    // Between digits it parts them: 60'000.
    if (rest.starts_with('\'') && !(at_ > 0 && is_word(text_[at_ - 1]))) return blank_quoted('\'');
    if (rest.starts_with('#')) return blank_directive();
    ++at_;
  }
  [[nodiscard]] std::size_t behind(std::string_view end, std::size_t from) const {
    const std::size_t found = text_.find(end, from);
    return found == std::string::npos ? text_.size() : found + end.size();
  }
  void blank_upto(std::size_t end) {
    for (end = std::min(end, text_.size()); at_ < end; ++at_)
      if (text_[at_] != '\n') text_[at_] = ' ';
  }
  void blank_raw_string() {
    const std::size_t open = text_.find('(', at_);
    blank_upto(behind(")" + text_.substr(at_ + 2, open - at_ - 2) + "\"", open));
  }
  void blank_quoted(char quote) {
    std::size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != quote) end += text_[end] == '\\' ? 2 : 1;
    blank_upto(end + 1);
  }
  void blank_directive() {
    std::size_t end = text_.find('\n', at_);
    while (end != std::string::npos && text_[end - 1] == '\\') end = text_.find('\n', end + 1);
    blank_upto(end);
  }

  std::string text_;
  std::size_t at_ = 0;
};

/// What a declaration says in front of its body.
struct Head {
  std::string text;  ///< as Declaration::head
  bool has_value = false;
};

Head head_of(const std::string& text) {
  static const std::regex kOperator(R"(operator\s*(\(\)|\[\]|[^\w\s(]+))");
  static const std::regex kUnneeded(R"(\[\]|template\s*<>|alignas\s*\(\)|\b(requires|explicit)\s*\(\))");
  static const std::regex kBlanks(R"(\s+)");
  const std::string rest = std::regex_replace(text, kOperator, "operator_");
  std::string head;
  bool has_value = false;
  int depth = 0;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    const char c = rest[i];
    const bool is_arrow = c == '>' && i > 0 && rest[i - 1] == '-';
    if (depth > 0 && !is_arrow && std::string_view(")]}>").find(c) != std::string_view::npos) --depth;
    has_value = depth == 0 && c == '=';
    if (has_value) break;
    if (depth == 0) head += c;
    if (std::string_view("([{<").find(c) != std::string_view::npos) ++depth;
  }
  head = std::regex_replace(head, kUnneeded, " ");
  head = std::regex_replace(head, kBlanks, " ");
  head.erase(0, std::min(head.size(), head.find_first_not_of(' ')));
  head.erase(head.find_last_not_of(' ') + 1);
  return {head, has_value};
}

/// Without the blanks at its end.
std::string without_end(std::string text) {
  text.erase(text.find_last_not_of(" \n") + 1);
  return text;
}

std::string first_match(const std::string& text, const std::regex& pattern) {
  std::smatch found;
  return std::regex_search(text, found, pattern) ? found[1].str() : std::string();
}

/// The last word of `head`, in front of the brackets of a function or of an initial value.
std::string name_in(const std::string& head) {
  static const std::regex kFunction(R"(((?:\w+(?:<>)?::)*(?:~?\w+))\s*\(\))");
  static const std::regex kVariable(R"((\w+)(?:\{\})?$)");
  static const std::regex kAlias(R"(^using (\w+)$)");
  static const std::regex kEnumeration(R"(^enum (?:class )?(\w+))");
  static const std::regex kBrackets("<>");
  for (const std::regex* pattern : {&kEnumeration, &kFunction, &kAlias, &kVariable}) {
    const std::string name = first_match(head, *pattern);
    if (!name.empty()) return std::regex_replace(name, kBrackets, "");
  }
  return head;
}

/// What is known where a namespace or a class begins.
struct Scope {
  std::string name;
  bool is_class = false;
  bool is_visible = true;     ///< from outside, if it is not private
  bool is_in_public = true;   ///< behind `public:`, or in front of it in a struct
  std::size_t group_end = 0;  ///< the last line of the declaration before
  bool group_has_comment = false;
};

class Reader {
 public:
  explicit Reader(const std::string& text) : code_(Blanking(text).done()) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) lines_.push_back(line);
    std::istringstream code_lines(code_);
    for (std::string line; std::getline(code_lines, line);)
      has_code_.push_back(line.find_first_not_of(' ') != std::string::npos);
  }

  std::vector<Declaration> read() {
    read_scope({});
    return std::move(found_);
  }

 private:
  void read_scope(Scope scope) {
    while (skip_blanks() && code_[at_] != '}') {
      if (const std::optional<bool> is_public = take_access()) {
        scope.is_in_public = *is_public;
      } else if (code_[at_] == ';') {
        ++at_;
      } else {
        read_declaration(scope);
      }
    }
    if (at_ < code_.size()) ++at_;
  }

  bool skip_blanks() {
    while (at_ < code_.size() && std::isspace(static_cast<unsigned char>(code_[at_])) != 0) ++at_;
    return at_ < code_.size();
  }
  std::optional<bool> take_access() {
    static const std::regex kAccess(R"((public|private|protected)\s*:(?!:))");
    std::smatch found;
    const auto begin = code_.cbegin() + static_cast<std::ptrdiff_t>(at_);
    if (!std::regex_search(begin, code_.cend(), found, kAccess, std::regex_constants::match_continuous))
      return std::nullopt;
    at_ += static_cast<std::size_t>(found.length());
    return found[1] == "public";
  }

  void read_declaration(Scope& scope) {
    const std::size_t begin = at_;
    while (at_ < code_.size() && code_[at_] != ';' && code_[at_] != '{') step();
    const std::size_t end_of_text = at_;
    const std::string text = without_end(code_.substr(begin, end_of_text - begin));
    const Head head = head_of(text);
    const bool has_body = at_ < code_.size() && code_[at_] == '{';
    if (has_body && (head.text.starts_with("namespace") || head.text.starts_with("extern")))
      return read_namespace(scope, head.text);

    static const std::regex kClass(R"(^(?:class|struct|union) ([\w:]+)(?:<>)?(?: final)?(?: :[^:].*)?$)");
    const std::string class_name = has_body ? first_match(head.text, kClass) : "";
    Declaration declaration;
    declaration.scope = scope.name;
    declaration.name = class_name.empty() ? name_in(head.text) : class_name;
    declaration.text = text;
    declaration.kind = kind_of(head.text, text, has_body, !class_name.empty());
    declaration.is_class = !class_name.empty();
    declaration.is_in_class = scope.is_class;
    declaration.is_public = scope.is_visible && scope.is_in_public;
    declaration.first_line = line_at(begin);
    note_comment(declaration, scope);
    const std::size_t index = found_.size();
    found_.push_back(declaration);

    if (!class_name.empty()) {
      ++at_;
      read_scope({.name = declaration.full_name(),
                  .is_class = true,
                  .is_visible = declaration.is_public,
                  .is_in_public = !head.text.starts_with("class")});
      at_ = std::min(code_.find(';', at_), code_.size());
    } else {
      skip_to_end(head.text.find("()") != std::string::npos && !head.has_value);
    }
    note_end(found_[index], line_at(end_of_text));
    scope.group_end = found_[index].last_line;
    if (at_ < code_.size()) ++at_;
  }

  /// Goes to the last character of a declaration that is no class.
  void skip_to_end(bool may_have_body) {
    while (at_ < code_.size() && code_[at_] != ';') {
      // A body stands behind a blank; what initialises a member or a variable does not.
      const bool is_body = may_have_body && code_[at_] == '{' && std::isspace(code_[at_ - 1]) != 0;
      if (code_[at_] == '{') {
        skip_brackets();
      } else {
        step();
      }
      if (!is_body) continue;
      --at_;
      return;
    }
  }

  void note_end(Declaration& declaration, std::size_t end_of_head) {
    declaration.last_line = line_at(std::min(at_, code_.size() - 1));
    const auto lines = has_code_.begin() - 1;  // they have numbers from 1
    declaration.code_lines =
        static_cast<std::size_t>(std::count(lines + static_cast<std::ptrdiff_t>(declaration.first_line),
                                            lines + static_cast<std::ptrdiff_t>(declaration.last_line) + 1, true));
    for (std::size_t line = declaration.first_line; line <= end_of_head; ++line)
      declaration.is_documented |= lines_[line - 1].find("///<") != std::string::npos;
  }

  void read_namespace(const Scope& around, const std::string& head) {
    static const std::regex kName(R"(^(?:inline )?namespace ([\w:]+)$)");
    const std::string name = first_match(head, kName);
    const bool is_linkage = head.starts_with("extern");
    Scope scope{.name = around.name, .is_visible = around.is_visible};
    if (!is_linkage) {
      scope.name += (around.name.empty() ? "" : "::") + (name.empty() ? "(file)" : name);
      scope.is_visible = around.is_visible && !name.empty() && name != "detail";
    }
    ++at_;
    read_scope(scope);
  }

  /// What stands above a declaration, and what above its group.
  void note_comment(Declaration& declaration, Scope& scope) {
    std::size_t line = declaration.first_line - 1;  // numbers from 1
    bool has_comment = false;
    while (line > 0 && trimmed(line).starts_with("//") && !has_code_[line - 1]) {
      const std::string text = trimmed(line--);
      const bool is_behind_another = text.starts_with("///<");
      has_comment |= text.starts_with("///") && !is_behind_another;
      if (!is_behind_another)
        declaration.comment.insert(0, text.substr(std::min(text.size(), text.find_first_not_of('/'))));
    }
    const bool goes_on = scope.group_end != 0 && line == scope.group_end;
    scope.group_has_comment = has_comment || (goes_on && scope.group_has_comment);
    declaration.is_documented = scope.group_has_comment;
  }
  [[nodiscard]] std::string trimmed(std::size_t line) const {
    const std::string& text = lines_[line - 1];
    return text.substr(std::min(text.size(), text.find_first_not_of(' ')));
  }

  static Declaration::Kind kind_of(const std::string& head, const std::string& text, bool has_body, bool is_class) {
    static const std::regex kNothing(R"(^(friend|static_assert|namespace|template|using namespace)\b)");
    static const std::regex kAnnounced(R"(^(class|struct|union|enum|enum class) [\w:]+$)");
    static const std::regex kEnum(R"(^enum\b)");
    if (is_class || (has_body && std::regex_search(head, kEnum))) return Declaration::Kind::kType;
    if (head.starts_with("using ")) {
      const bool is_alias = text.find('=') != std::string::npos;
      return is_alias ? Declaration::Kind::kType : Declaration::Kind::kOther;
    }
    if (std::regex_search(head, kNothing) || std::regex_search(head, kAnnounced)) return Declaration::Kind::kOther;
    return head.find("()") != std::string::npos ? Declaration::Kind::kFunction : Declaration::Kind::kVariable;
  }

  /// One character further, or over what stands in brackets.
  void step() {
    if (code_[at_] == '(' || code_[at_] == '[') {
      skip_brackets();
    } else {
      ++at_;
    }
  }
  /// From an opening bracket behind its closing one.
  void skip_brackets() {
    int depth = 0;
    do {
      const char c = code_[at_++];
      if (c == '(' || c == '[' || c == '{') ++depth;
      if (c == ')' || c == ']' || c == '}') --depth;
    } while (depth > 0 && at_ < code_.size());
  }
  [[nodiscard]] std::size_t line_at(std::size_t at) const {
    return static_cast<std::size_t>(std::count(code_.begin(), code_.begin() + static_cast<std::ptrdiff_t>(at), '\n')) +
           1;
  }

  std::string code_;
  std::vector<std::string> lines_;
  std::vector<bool> has_code_;  ///< per line
  std::size_t at_ = 0;
  std::vector<Declaration> found_;
};

}  // namespace

std::vector<Declaration> outline_of(const std::string& text) { return Reader(text).read(); }

std::vector<fs::path> sources_in(const std::vector<std::string>& folders) {
  std::vector<fs::path> files;
  for (const std::string& folder : folders) {
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(source_dir()) / folder)) {
      const std::string extension = entry.path().extension();
      if (extension == ".h" || extension == ".cc") files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string place_of(const fs::path& file, std::size_t line) {
  return fs::relative(file, source_dir()).string() + ':' + std::to_string(line);
}

}  // namespace test_support
