#include "classify/timestamp.h"

#include <charconv>
#include <cmath>
#include <cstdint>

namespace firebase_relay::classify {
namespace {

using std::chrono::milliseconds;

/// Reads from the front of a text; every function says whether it found what it looked for, and takes only then.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  /// Exactly `digits` digits.
  bool number(int digits, int& value) {
    if (static_cast<int>(text_.size()) < digits) return false;
    int read = 0;
    for (int i = 0; i < digits; ++i) {
      const char c = text_[static_cast<std::size_t>(i)];
      if (c < '0' || c > '9') return false;
      read = read * 10 + (c - '0');
    }
    value = read;
    text_.remove_prefix(static_cast<std::size_t>(digits));
    return true;
  }
  bool one_of(std::string_view characters, char& found) {
    if (text_.empty() || characters.find(text_.front()) == std::string_view::npos) return false;
    found = text_.front();
    text_.remove_prefix(1);
    return true;
  }
  bool character(char c) {
    char found;
    return one_of({&c, 1}, found);
  }
  /// Digits of a fraction of a second; the first three count.
  bool fraction(int& millis) {
    int digits = 0;
    millis = 0;
    for (; !text_.empty() && text_.front() >= '0' && text_.front() <= '9'; text_.remove_prefix(1), ++digits) {
      if (digits < 3) millis = millis * 10 + (text_.front() - '0');
    }
    for (int i = digits; i < 3; ++i) millis *= 10;
    return digits > 0;
  }
  [[nodiscard]] bool at_end() const { return text_.empty(); }

 private:
  std::string_view text_;
};

bool read_date(Reader& reader, std::chrono::sys_days& day) {
  int year, month, date;
  if (!reader.number(4, year) || !reader.character('-') || !reader.number(2, month) || !reader.character('-') ||
      !reader.number(2, date)) {
    return false;
  }
  const std::chrono::year_month_day ymd{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                        std::chrono::day(static_cast<unsigned>(date))};
  day = ymd;
  return ymd.ok();
}

bool read_time(Reader& reader, milliseconds& time) {
  int hour, minute, second = 0, millis = 0;
  if (!reader.number(2, hour) || !reader.character(':') || !reader.number(2, minute)) return false;
  if (reader.character(':')) {
    if (!reader.number(2, second)) return false;
    char point;
    if (reader.one_of(".,", point) && !reader.fraction(millis)) return false;
  }
  if (hour > 23 || minute > 59 || second > 60) return false;  // 60: a leap second
  time = std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second) + milliseconds(millis);
  return true;
}

/// `Z`, `+HH`, `+HHMM`, `+HH:MM` or nothing, which is UTC.
bool read_zone(Reader& reader, std::chrono::minutes& offset) {
  offset = {};
  char sign;
  if (reader.at_end() || reader.one_of("Zz", sign)) return true;
  if (!reader.one_of("+-", sign)) return false;
  int hours, minutes = 0;
  if (!reader.number(2, hours)) return false;
  reader.character(':');
  if (!reader.at_end() && !reader.number(2, minutes)) return false;
  if (hours > 23 || minutes > 59) return false;
  offset = std::chrono::hours(hours) + std::chrono::minutes(minutes);
  if (sign == '-') offset = -offset;
  return true;
}

std::optional<UtcMillis> parse_iso(std::string_view text) {
  Reader reader(text);
  std::chrono::sys_days day;
  milliseconds time;
  std::chrono::minutes offset;
  char separator;
  if (!read_date(reader, day) || !reader.one_of("Tt ", separator) || !read_time(reader, time) ||
      !read_zone(reader, offset) || !reader.at_end()) {
    return std::nullopt;
  }
  return UtcMillis(day) + time - offset;
}

std::optional<UtcMillis> parse_epoch(std::string_view text) {
  constexpr double kSecondsMax =
      1e11;  // the year 5138: later ones are no times, and milliseconds stay exact in a double
  double seconds;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || !(std::abs(seconds) < kSecondsMax))
    return std::nullopt;
  // Half a microsecond more, so that 1.001, a bit less as a double, does not become 1.000.
  return UtcMillis(milliseconds(static_cast<std::int64_t>(std::floor(seconds * 1000.0 + 0.0005))));
}

}  // namespace

std::optional<UtcMillis> parse_timestamp(std::string_view text) {
  const bool is_iso = text.size() > 4 && text[4] == '-';
  return is_iso ? parse_iso(text) : parse_epoch(text);
}

}  // namespace firebase_relay::classify
