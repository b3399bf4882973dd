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

}  // namespace

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
