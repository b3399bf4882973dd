#include "flush/json_members.h"

#include <algorithm>

#include "base/json_fault.h"

namespace firebase_relay::flush {
namespace {

/// Goes through a text that is known to be JSON.
class Members {
 public:
  explicit Members(std::string_view text) : text_(text) {}

  std::optional<std::vector<JsonMember>> all() {
    skip_blanks();
    std::vector<JsonMember> members;
    if (text_.substr(at_).starts_with("null")) return members;
    if (text_[at_] != '{') return std::nullopt;
    for (step_over(); text_[at_] != '}';) {
      JsonMember member;
      member.key = between_quotes();
      step_over();  // the colon
      member.value = value();
      members.push_back(member);
      if (text_[at_] == ',') step_over();
    }
    return members;
  }

 private:
  void skip_blanks() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }
  void step_over() {
    ++at_;
    skip_blanks();
  }
  std::string_view between_quotes() {
    const std::size_t begin = ++at_;
    while (text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
    const std::string_view inside = text_.substr(begin, at_ - begin);
    step_over();
    return inside;
  }
  std::string_view value() {
    const std::size_t begin = at_;
    std::size_t end = at_;
    int depth = 0;
    for (;;) {
      const char c = text_[at_];
      const bool ends = depth == 0 && (c == ',' || c == '}');
      if (ends) return text_.substr(begin, end - begin);
      if (c == '"') {
        const std::string_view inside = between_quotes();
        end = static_cast<std::size_t>(inside.data() + inside.size() + 1 - text_.data());
        continue;
      }
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') --depth;
      end = at_ + 1;
      step_over();
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<std::vector<JsonMember>> members_of_object(std::string_view text) {
  if (find_json_fault(text) || text.starts_with('\xEF')) return std::nullopt;
  return Members(text).all();
}

}  // namespace firebase_relay::flush
