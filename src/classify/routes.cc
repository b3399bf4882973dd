#include "classify/routes.h"

#include <algorithm>
#include <limits>

#include "classify/key_codec.h"

namespace firebase_relay::classify {
namespace {

constexpr std::string_view kTickerMark = "{TICKER}";
constexpr std::size_t kNone = std::string_view::npos;

/// Matches `pattern` against the front of `text`; `ticker` becomes what {TICKER} stands for. Backtracks, but a pattern has
/// few marks and a channel is seen once (fragment_writer.cc keeps what came of it).
bool match_glob(std::string_view pattern, std::string_view text, std::string_view* ticker) {
  if (pattern.empty()) return text.empty();
  const bool is_ticker = pattern.starts_with(kTickerMark);
  if (pattern.front() != '*' && !is_ticker) {
    return !text.empty() && pattern.front() == text.front() && match_glob(pattern.substr(1), text.substr(1), ticker);
  }
  const std::string_view rest = pattern.substr(is_ticker ? kTickerMark.size() : 1);
  for (std::size_t taken = is_ticker ? 1 : 0; taken <= text.size(); ++taken) {
    if (!match_glob(rest, text.substr(taken), ticker)) continue;
    if (is_ticker && ticker) *ticker = text.substr(0, taken);
    return true;
  }
  return false;
}

}  // namespace

bool ChannelPattern::matches(std::string_view channel) const { return match_glob(pattern_, channel, nullptr); }

std::string_view ChannelPattern::ticker_in(std::string_view channel) const {
  std::string_view ticker;
  return match_glob(pattern_, channel, &ticker) ? ticker : std::string_view{};
}

bool PathTemplate::uses(Piece piece) const {
  return std::any_of(pieces.begin(), pieces.end(), [&](const auto& p) { return p.first == piece; });
}

}  // namespace firebase_relay::classify
