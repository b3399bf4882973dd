#include "terminal/given.h"

#include <algorithm>
#include <cstdint>
#include <numeric>

#include "base/secret_file.h"
#include "base/stray_character.h"
#include "observe/printable.h"

namespace firebase_relay::terminal {
namespace {

constexpr std::size_t kShownBytesMax = 120;

/// How many letters were added, left out, taken for another or swapped with the next one (optimal string alignment), of
/// the first 60 bytes.
std::size_t distance_between(std::string_view a, std::string_view b) {
  a = a.substr(0, 60);
  b = b.substr(0, 60);
  std::vector<std::size_t> above(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::vector<std::size_t> next(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    next[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      next[j + 1] = std::min({row[j] + (a[i] == b[j] ? 0 : 1), next[j] + 1, row[j + 1] + 1});
      if (i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j]) next[j + 1] = std::min(next[j + 1], above[j - 1] + 1);
    }
    above.swap(row);
    row.swap(next);
  }
  return row.back();
}

}  // namespace

Result<void> take_entries(const std::vector<ConfigEntry>& entries, const std::string& file, Settings& settings) {
  for (const ConfigEntry& entry : entries) {
    const Flag* flag = find_flag(entry.key);
    const std::string origin =
        observe::printable(file) + ":" + std::to_string(entry.line) + ": " + observe::printable(entry.key, 100);
    if (flag == nullptr || flag->name == "config") {
      std::vector<std::string> known;
      for (const Flag& each : flag_table()) {
        if (each.name != "config") known.emplace_back(each.name);
      }
      return fail(ErrorCode::kInvalid,
                  origin + ": unknown key" + suggestion(entry.key, known, "; see firebase-relay --help"));
    }
    settings[flag->name] = Given{entry.text, origin, Level::kFile};
  }
  return {};
}

tl::unexpected<Error> wrong(const Given& given, const Flag& flag, const std::string& complaint) {
  const std::string shown = flag.may_hold_secret ? masked(given.text) : given.text;
  return fail(ErrorCode::kInvalid,
              given.origin + ": got '" + observe::printable(shown, kShownBytesMax) + "': " + complaint);
}

Result<void> expect_clean(const Given& given, const Flag& flag) {
  if (flag.value_name == "FILE" && looks_like_a_key(given.text)) {
    return fail(ErrorCode::kInvalid, given.origin +
                                         ": expected a file's name, found the key itself (not shown); write it into a "
                                         "file that only its owner may read, and give that file's name");
  }
  const auto stray = stray_character(given.text);
  const bool is_list = flag.is_list();  // blanks between its parts are no part of them
  if (!stray || (is_list && (given.text.starts_with(' ') || given.text.ends_with(' ')))) return {};
  return fail(ErrorCode::kInvalid, given.origin + ": the value " + std::string(stray->what));
}

std::string masked(std::string_view url) {
  constexpr std::string_view kHidden = "***";
  const auto is_plain = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' ||
           c == '_';
  };
  const auto scheme_end = url.find("://");
  const std::size_t begin = scheme_end == std::string_view::npos ? 0 : scheme_end + 3;
  std::string shown(url.substr(0, begin));
  std::string_view rest = url.substr(begin);
  const auto at = rest.rfind('@');
  const bool has_user = at != std::string_view::npos;
  if (has_user) {
    shown += std::string(kHidden) + '@';
    rest.remove_prefix(at + 1);
  }
  // A password whose `@` was forgotten stands where the port does.
  const std::string_view place = rest.substr(0, rest.find_first_of("/?#;&"));
  const auto colon = place.rfind(':');
  const std::string_view port = colon == std::string_view::npos ? "" : place.substr(colon + 1);
  const bool is_address = place.starts_with('[');
  const bool is_port = std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!has_user && !is_address && (!is_port || colon == 0)) {
    shown += kHidden;
    return shown;
  }
  const auto end = std::find_if_not(rest.begin() + static_cast<std::ptrdiff_t>(place.size()), rest.end(),
                                    [&](char c) { return is_plain(c) || c == '/' || c == '%' || c == '~'; });
  shown.append(rest.begin(), end);
  if (end != rest.end()) shown += (*end == '?' ? "?" : "") + std::string(kHidden);
  return shown;
}

const std::string& nearest(std::string_view word, const std::vector<std::string>& known) {
  return *std::min_element(known.begin(), known.end(), [&](const auto& a, const auto& b) {
    return distance_between(word, a) < distance_between(word, b);
  });
}

std::string suggestion(std::string_view word, const std::vector<std::string>& known, std::string_view otherwise) {
  const std::size_t distance_max = std::min<std::size_t>(3, word.size() / 3);  // of a short word all but letters differ
  const std::string& found = nearest(word, known);
  if (distance_between(word, found) > distance_max) return std::string(otherwise);
  return "; did you mean " + found + "?";
}

}  // namespace firebase_relay::terminal
