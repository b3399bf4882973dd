#include "classify/timestamp.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>

namespace firebase_relay::classify {
namespace {

using std::chrono::milliseconds;

/// Reads from the front of a text; every function says whether it found what it looked for, and takes only then.
/// Each message with a time of its own comes through here: no calls, no searching.
class Reader {
 public:
  explicit Reader(std::string_view text) : at_(text.data()), end_(at_ + text.size()) {}

  /// Exactly `kDigits` digits.
  template <int kDigits>
  bool number(int& value) {
    if (end_ - at_ < kDigits) return false;
    int read = 0;
    bool ok = true;
    for (int i = 0; i < kDigits; ++i) {
      const auto digit = static_cast<unsigned>(at_[i] - '0');
      ok = ok && digit <= 9;
      read = read * 10 + static_cast<int>(digit);
    }
    if (!ok) return false;
    value = read;
    at_ += kDigits;
    return true;
  }
  bool character(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  bool either(char a, char b) { return character(a) || character(b); }
  /// Digits of a fraction of a second; the first three count.
  bool fraction(int& millis) {
    constexpr std::array<int, 3> kWeights = {100, 10, 1};
    const char* const begin = at_;
    millis = 0;
    for (; at_ != end_ && *at_ >= '0' && *at_ <= '9'; ++at_) {
      if (at_ - begin < 3) millis += (*at_ - '0') * kWeights[static_cast<std::size_t>(at_ - begin)];
    }
    return at_ != begin;
  }
  [[nodiscard]] bool at_end() const { return at_ == end_; }

 private:
  const char* at_;
  const char* end_;
};

bool read_date(Reader& reader, std::chrono::sys_days& day) {
  int year, month, date;
  if (!reader.number<4>(year) || !reader.character('-') || !reader.number<2>(month) || !reader.character('-') ||
      !reader.number<2>(date)) {
    return false;
  }
  const std::chrono::year_month_day ymd{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                        std::chrono::day(static_cast<unsigned>(date))};
  day = ymd;
  return ymd.ok();
}

/// Up to the minute.
bool read_minute(Reader& reader, UtcMillis& moment) {
  std::chrono::sys_days day;
  int hour, minute;
  if (!read_date(reader, day) || !(reader.either('T', 't') || reader.character(' '))) return false;
  if (!reader.number<2>(hour) || !reader.character(':') || !reader.number<2>(minute)) return false;
  if (hour > 23 || minute > 59) return false;
  moment = UtcMillis(day) + std::chrono::hours(hour) + std::chrono::minutes(minute);
  return true;
}

bool read_seconds(Reader& reader, milliseconds& time) {
  int second = 0, millis = 0;
  if (reader.character(':')) {
    if (!reader.number<2>(second)) return false;
    if (reader.either('.', ',') && !reader.fraction(millis)) return false;
  }
  if (second > 60) return false;  // 60: a leap second
  time = std::chrono::seconds(second) + milliseconds(millis);
  return true;
}

/// `Z`, `+HH`, `+HHMM`, `+HH:MM` or nothing, which is UTC.
bool read_zone(Reader& reader, std::chrono::minutes& offset) {
  offset = {};
  if (reader.at_end() || reader.either('Z', 'z')) return true;
  const bool is_west = reader.character('-');
  if (!is_west && !reader.character('+')) return false;
  int hours, minutes = 0;
  if (!reader.number<2>(hours)) return false;
  reader.character(':');
  if (!reader.at_end() && !reader.number<2>(minutes)) return false;
  if (hours > 23 || minutes > 59) return false;
  offset = std::chrono::hours(hours) + std::chrono::minutes(minutes);
  if (is_west) offset = -offset;
  return true;
}

/// What follows the minute, to the end.
std::optional<UtcMillis> parse_rest(Reader& reader, UtcMillis minute) {
  milliseconds time;
  std::chrono::minutes offset;
  if (!read_seconds(reader, time) || !read_zone(reader, offset) || !reader.at_end()) return std::nullopt;
  return minute + time - offset;
}

std::optional<UtcMillis> parse_iso(std::string_view text) {
  Reader reader(text);
  UtcMillis minute;
  if (!read_minute(reader, minute)) return std::nullopt;
  return parse_rest(reader, minute);
}

/// A decimal number as its digits: no double has the nanoseconds since 1970, nor can one be cut to milliseconds.
struct Decimal {
  static constexpr int kDigitsMax = 20;           ///< what is behind them is less than a millisecond
  std::array<std::uint8_t, kDigitsMax> digits{};  ///< from the first one that is not 0 on
  int count = 0;
  int point = 0;  ///< how many of them stand before the point; below 0: so many zeros stand behind it first
  bool is_negative = false;
};

/// The exponent behind its `e`, to the end; limited to what leaves nothing of a number, or makes far too much of it.
bool read_exponent(const char* at, const char* end, int& exponent) {
  constexpr int kExponentMax = 1000;
  if (at != end && *at == '+') {
    ++at;
    if (at != end && *at == '-') return false;
  }
  const auto [behind, error] = std::from_chars(at, end, exponent);
  if (error != std::errc() || behind != end) return false;
  exponent = std::clamp(exponent, -kExponentMax, kExponentMax);
  return true;
}

/// As JSON writes numbers, and as texts have them besides: zeros in front, nothing before the point or behind it.
bool read_decimal(std::string_view text, Decimal& number) {
  const char* at = text.data();
  const char* const end = at + text.size();
  number.is_negative = at != end && *at == '-';
  if (number.is_negative) ++at;
  bool has_digits = false;
  bool is_fraction = false;
  for (; at != end; ++at) {
    if (*at == '.' && !is_fraction) {
      is_fraction = true;
      continue;
    }
    const auto digit = static_cast<unsigned>(*at - '0');
    if (digit > 9) break;
    has_digits = true;
    const bool is_zero_in_front = number.count == 0 && digit == 0;
    if (!is_zero_in_front && number.count < Decimal::kDigitsMax)
      number.digits[static_cast<std::size_t>(number.count++)] = static_cast<std::uint8_t>(digit);
    if (!is_zero_in_front && !is_fraction) ++number.point;
    if (is_zero_in_front && is_fraction) --number.point;
  }
  if (!has_digits) return false;
  if (at == end) return true;
  int exponent = 0;
  if ((*at != 'e' && *at != 'E') || !read_exponent(at + 1, end, exponent)) return false;
  number.point += exponent;
  return true;
}

/// The seconds since 1970, or their thousandths, millionths or billionths: told apart by size.
std::optional<UtcMillis> parse_epoch(std::string_view text) {
  struct Unit {
    int digits_max;  ///< before the point: one more, and it is the next unit
    int to_millis;   ///< by how many places the point moves to the right
  };
  constexpr std::array<Unit, 4> kUnits = {{{11, 3}, {14, 0}, {17, -3}, {20, -6}}};  // each ends in the year 5138
  Decimal number;
  if (!read_decimal(text, number)) return std::nullopt;
  const auto* unit = kUnits.begin();
  while (unit != kUnits.end() && number.point > unit->digits_max) ++unit;
  if (unit == kUnits.end()) return std::nullopt;
  std::int64_t millis = 0;
  for (int i = 0; i < number.point + unit->to_millis; ++i)
    millis = millis * 10 + (i < number.count ? number.digits[static_cast<std::size_t>(i)] : 0);
  return UtcMillis(milliseconds(number.is_negative ? -millis : millis));
}

bool is_iso(std::string_view text) { return text.size() > 4 && text[4] == '-'; }

}  // namespace

std::optional<UtcMillis> parse_timestamp(std::string_view text) {
  return is_iso(text) ? parse_iso(text) : parse_epoch(text);
}

bool is_usable_event_time(UtcMillis time, UtcMillis arrived_at) noexcept {
  constexpr UtcMillis kEarliest{std::chrono::sys_days(std::chrono::year(2000) / 1 / 1)};
  return time >= kEarliest && time <= arrived_at + std::chrono::days(1);
}

std::optional<UtcMillis> TimestampParser::parse(std::string_view text) {
  if (!is_iso(text) || text.size() < kMinuteSize) return parse_timestamp(text);
  if (std::memcmp(text.data(), text_.data(), kMinuteSize) != 0) {
    Reader reader(text);
    if (!read_minute(reader, minute_)) return std::nullopt;
    std::memcpy(text_.data(), text.data(), kMinuteSize);
  }
  Reader rest(text.substr(kMinuteSize));
  return parse_rest(rest, minute_);
}

}  // namespace firebase_relay::classify
