#include "classify/routes.h"

#include <algorithm>
#include <optional>

#include "classify/key_codec.h"

namespace firebase_relay::classify {
namespace {

constexpr std::string_view kTickerMark = "{TICKER}";

/// Matches `pattern` against all of `text`; `ticker` becomes what {TICKER} stands for. Each mark takes as little as it
/// can, and only the last one is ever given more: so the cost is at most the product of the lengths, whatever the
/// pattern.
bool match_glob(std::string_view pattern, std::string_view text, std::string_view& ticker) {
  struct Mark {
    std::size_t behind;  ///< where the pattern goes on
    std::size_t begin;   ///< of what it takes of the text
    std::size_t end;
    bool is_ticker;
  };
  std::optional<Mark> last;
  std::size_t p = 0;
  std::size_t t = 0;
  for (;;) {
    const std::string_view rest = pattern.substr(p);
    const bool is_ticker = rest.starts_with(kTickerMark);
    if (is_ticker || rest.starts_with('*')) {
      if (is_ticker && t == text.size()) return false;
      last = Mark{p + (is_ticker ? kTickerMark.size() : 1), t, t + (is_ticker ? 1u : 0u), is_ticker};
    } else if (rest.empty() && t == text.size()) {
      return true;
    } else if (!rest.empty() && t < text.size() && rest.front() == text[t]) {
      ++p;
      ++t;
      continue;
    } else if (!last || last->end == text.size()) {
      return false;
    } else {
      ++last->end;
    }
    p = last->behind;
    t = last->end;
    if (last->is_ticker) ticker = text.substr(last->begin, last->end - last->begin);
  }
}

/// What str() of a Python enum and Rust's or C++'s paths put in front of a value's name.
std::string_view without_enum(std::string_view status) {
  const std::size_t mark = status.find_last_of(".:");
  return mark == std::string_view::npos ? status : status.substr(mark + 1);
}

bool joins_words(char c) { return c == '_' || c == '-' || c == ' '; }

/// Of ASCII: no broker has a status in other letters.
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::string plain_status(std::string_view status) {
  std::string plain;
  for (const char c : without_enum(status)) {
    if (!joins_words(c)) plain += lower(c);
  }
  return plain;
}

bool is_status(std::string_view status, std::string_view plain) noexcept {
  std::size_t at = 0;
  for (const char c : without_enum(status)) {
    if (joins_words(c)) continue;
    if (at == plain.size() || lower(c) != plain[at]) return false;
    ++at;
  }
  return at == plain.size();
}

bool Route::leads_to_channels() const {
  using Piece = PathTemplate::Piece;
  if (kind != Kind::kUnrouted || live.size() != 1) return false;
  const auto& pieces = live.front().path.pieces;
  return pieces.size() == 2 && pieces.front().second == "channels/" && pieces.back().first == Piece::kChannel;
}

bool ChannelPattern::matches(std::string_view channel) const {
  std::string_view ticker;
  return match_glob(pattern_, channel, ticker);
}

std::string_view ChannelPattern::ticker_in(std::string_view channel) const {
  std::string_view ticker;
  return match_glob(pattern_, channel, ticker) ? ticker : std::string_view{};
}

bool PathTemplate::uses(Piece piece) const {
  return std::any_of(pieces.begin(), pieces.end(), [&](const auto& p) { return p.first == piece; });
}

}  // namespace firebase_relay::classify
