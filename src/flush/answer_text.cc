#include "flush/answer_text.h"

namespace firebase_relay::flush {

std::string described(const ForeignAnswer& answer, const Credential& credential) {
  constexpr std::size_t kTypeMax = 60;
  constexpr std::size_t kBodyMax = 200;
  std::string text = std::to_string(answer.status);
  if (answer.status >= 300 && answer.status < 400 && !answer.location.empty()) {
    text.append(" to ").append(without(shown_location(answer.location), credential));
    return one_line(text) +
           ": no redirect is followed; if that is the database's own address, give it as --database-url";
  }
  if (!answer.content_type.empty()) text.append(" ").append(answer.content_type.substr(0, kTypeMax));
  if (answer.is_too_long) text += ", longer than any answer that is read";
  if (answer.body.empty()) return one_line(without(text, credential)) + ", without a body";
  text.append(": ").append(answer.body.substr(0, kBodyMax));
  return one_line(without(text, credential));
}

std::string shown_location(std::string_view location) {
  constexpr std::size_t kBytesMax = 160;
  location = location.substr(0, location.find_first_of("?#"));
  const std::size_t slashes = location.find("//");
  const std::size_t begin = slashes == std::string_view::npos ? location.size() : slashes + 2;
  const std::size_t user_end = location.substr(0, location.find('/', begin)).rfind('@');
  std::string shown(location);
  if (user_end != std::string_view::npos && user_end >= begin) shown.erase(begin, user_end + 1 - begin);
  return shown.substr(0, kBytesMax);
}

std::string one_line(std::string_view text) {
  constexpr std::size_t kBytesMax = 300;
  std::string line;
  for (const char c : text.substr(0, kBytesMax)) line += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
  return line;
}

}  // namespace firebase_relay::flush
