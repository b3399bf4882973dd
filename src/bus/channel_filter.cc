#include "bus/channel_filter.h"

#include <algorithm>

namespace firebase_relay::bus {
namespace {

/// What one element of a pattern (all but `*`) says to one character, and how many bytes of the pattern it is.
struct Verdict {
  bool matches;
  std::size_t pattern_bytes;
};

/// `[…]`, from its bracket on. Redis' own readings: an end of the pattern closes it, `]` closes it even as the first, a
/// range is of chars as they are signed here, may be the wrong way round, and may end in `]`.
Verdict match_class(std::string_view pattern, char c) {
  std::size_t at = 1;
  const bool negated = at < pattern.size() && pattern[at] == '^';
  if (negated) ++at;
  bool found = false;
  while (at < pattern.size() && pattern[at] != ']') {
    const std::size_t left = pattern.size() - at;
    if (pattern[at] == '\\' && left >= 2) {
      found = found || pattern[at + 1] == c;
      at += 2;
    } else if (left >= 3 && pattern[at + 1] == '-') {
      const auto [low, high] = std::minmax(pattern[at], pattern[at + 2]);
      found = found || (low <= c && c <= high);
      at += 3;
    } else {
      found = found || pattern[at] == c;
      ++at;
    }
  }
  return {found != negated, std::min(at + 1, pattern.size())};
}

Verdict match_element(std::string_view pattern, char c) {
  switch (pattern[0]) {
    case '?': return {true, 1};
    case '[': return match_class(pattern, c);
    case '\\':
      if (pattern.size() >= 2) return {pattern[1] == c, 2};
      return {c == '\\', 1};
    default: return {pattern[0] == c, 1};
  }
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view text) {
  if (text.empty()) return pattern.empty();  // Redis: no pattern matches a channel without a name
  std::size_t p = 0;
  std::size_t t = 0;
  // Every element but `*` takes exactly one character: so only the last `*` ever has to take one more.
  std::size_t behind_star = std::string_view::npos;
  std::size_t star_until = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      behind_star = ++p;
      star_until = t;
      continue;
    }
    if (p < pattern.size()) {
      const Verdict verdict = match_element(pattern.substr(p), text[t]);
      if (verdict.matches) {
        p += verdict.pattern_bytes;
        ++t;
        continue;
      }
    }
    if (behind_star == std::string_view::npos) return false;
    p = behind_star;
    t = ++star_until;
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

ChannelFilter::ChannelFilter(const std::vector<std::string>& patterns) {
  for (const std::string& pattern : patterns) {
    if (pattern.starts_with('!')) {
      left_out_.push_back(pattern.substr(1));
    } else {
      subscriptions_.push_back(pattern);
    }
  }
  if (subscriptions_.empty()) subscriptions_.emplace_back("*");
}

bool ChannelFilter::takes(std::string_view channel) const {
  const bool is_wanted = std::any_of(subscriptions_.begin(), subscriptions_.end(),
                                     [&](const std::string& pattern) { return glob_matches(pattern, channel); });
  return is_wanted && !leaves_out(channel);
}

}  // namespace firebase_relay::bus
