#include "classify/routes.h"

#include <algorithm>
#include <array>
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

constexpr char kSkipped = '\0';
constexpr char kRestart = '.';

/// What each byte of a status becomes.
constexpr auto kPlain = [] {
  std::array<char, 256> plain{};
  for (unsigned byte = 0; byte < plain.size(); ++byte) {
    const bool is_capital = byte >= 'A' && byte <= 'Z';
    plain[byte] = static_cast<char>(is_capital ? byte - 'A' + 'a' : byte);
  }
  for (const char joins_words : {'_', '-', ' '}) plain[static_cast<unsigned char>(joins_words)] = kSkipped;
  plain[':'] = kRestart;  // of C++ and Rust; Python's enums have a point
  return plain;
}();

}  // namespace

PlainStatus::PlainStatus(std::string_view status) noexcept {
  if (status.size() > kSizeMax) status.remove_prefix(status.find_last_of(".:") + 1);  // npos + 1: nothing
  if (status.size() > kSizeMax) return;
  for (const char c : status) {
    const char plain = kPlain[static_cast<unsigned char>(c)];
    text_[size_] = plain;
    size_ = plain == kRestart ? 0 : size_ + (plain == kSkipped ? 0 : 1);
  }
}

bool Condition::make_status() {
  test = Test::kStatus;
  for (std::string& value : values) {
    value = PlainStatus(value).text();
    sizes |= std::uint64_t{1} << value.size();
  }
  return (sizes & 1) == 0;
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
