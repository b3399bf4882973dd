// What holds for any name and any time, looked for by rapidcheck, which shrinks a counterexample to a small one. The
// other tests have the cases that somebody thought of.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

#include "classify/key_codec.h"
#include "classify/timestamp.h"

namespace firebase_relay::classify {
namespace {

using std::chrono::milliseconds;

std::string encoded(const std::string& raw) {
  std::string key;
  append_encoded_key(raw, key);
  return key;
}

/// Of any bytes, and many of those that the codec is about.
std::string any_name() {
  const auto byte =
      rc::gen::oneOf(rc::gen::arbitrary<char>(), rc::gen::elementOf(std::string("%%%.$#[]/25EF\"\\\x7F\xC3\xA9")));
  return *rc::gen::container<std::string>(byte);
}

RC_GTEST_PROP(Key, HoldsNoReservedByteAndGivesTheNameBack, ()) {
  const std::string name = any_name();
  const std::string key = encoded(name);
  RC_ASSERT(!key.empty());
  RC_ASSERT(decode_key(key) == name);
  const auto is_refused = [](char c) { return c != '%' && is_reserved_in_key(static_cast<unsigned char>(c)); };
  RC_ASSERT(std::none_of(key.begin(), key.end(), is_refused));
}

/// By what both codecs would make of it; bytes beyond ASCII are left to them.
RC_GTEST_PROP(Key, IsPlainWhenNeitherKeyNorStringChangesIt, ()) {
  const std::string plain = *rc::gen::container<std::string>(rc::gen::elementOf(std::string("aZ09-_: ~")));
  const std::string name = *rc::gen::arbitrary<bool>() ? plain : any_name();
  std::string escaped;
  append_json_escaped(encoded(name), escaped);
  const bool is_ascii = std::all_of(name.begin(), name.end(), [](char c) { return (c & 0x80) == 0; });
  RC_ASSERT(is_plain_key(name) == (is_ascii && escaped == name));
}

RC_GTEST_PROP(Key, OfTwoNamesIsTwoKeys, ()) {
  const std::string one = any_name();
  const std::string other = any_name();
  RC_ASSERT((encoded(one) == encoded(other)) == (one == other));
}

/// From 1970 to the year 2500. Some centuries on, a double has no millisecond for epoch seconds any more; what is more
/// than a day ahead is no message's time anyway.
rc::Gen<std::int64_t> any_time() { return rc::gen::inRange<std::int64_t>(0, 16'725'225'600'000); }

RC_GTEST_PROP(HistoryKey, SortsByTimeWhateverTheMessages, ()) {
  const std::int64_t one = *any_time();
  const std::int64_t other = *any_time();
  const auto key_time = [](std::int64_t ms) {
    return std::string(HistoryKey(UtcMillis(milliseconds(ms)), {}, 0).text().substr(0, 8));
  };
  RC_ASSERT((key_time(one) < key_time(other)) == (one < other));
}

/// By the C library, which shares nothing with the parser.
std::string iso_by_the_system(std::int64_t ms, char between) {
  const auto seconds = static_cast<std::time_t>(ms / 1000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02d-%02d%c%02d:%02d:%02d.%03d", parts.tm_year + 1900, parts.tm_mon + 1,
                parts.tm_mday, between, parts.tm_hour, parts.tm_min, parts.tm_sec, static_cast<int>(ms % 1000));
  return text.data();
}

RC_GTEST_PROP(Timestamp, IsTheSameMomentInEveryForm, ()) {
  const std::int64_t ms = *any_time();
  const auto expected = std::optional(UtcMillis(milliseconds(ms)));
  for (const char* zone : {"", "Z", "+00:00"}) {
    RC_ASSERT(parse_timestamp(iso_by_the_system(ms, 'T') + zone) == expected);
    RC_ASSERT(parse_timestamp(iso_by_the_system(ms, ' ') + zone) == expected);
  }
  std::array<char, 32> epoch{};
  std::snprintf(epoch.data(), epoch.size(), "%lld.%03d", static_cast<long long>(ms / 1000),
                static_cast<int>(ms % 1000));
  RC_ASSERT(parse_timestamp(epoch.data()) == expected);
}

/// `value` with the point `places` digits from its end.
std::string with_point(std::uint64_t value, std::size_t places) {
  std::string digits = std::to_string(value);
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  if (places > 0) digits.insert(digits.size() - places, ".");
  return digits;
}

/// Which unit a number is of, by integers alone; and that a fraction or an exponent says the same.
RC_GTEST_PROP(Timestamp, OfAnEpochIsOfTheUnitThatItsSizeTells, ()) {
  constexpr std::array<std::uint64_t, 4> kBounds = {100'000'000'000, 100'000'000'000'000, 100'000'000'000'000'000,
                                                    10'000'000'000'000'000'000U};
  const auto exact = [&](std::uint64_t value) -> std::int64_t {
    if (value < kBounds[0]) return static_cast<std::int64_t>(value * 1000);
    if (value < kBounds[1]) return static_cast<std::int64_t>(value);
    return static_cast<std::int64_t>(value < kBounds[2] ? value / 1000 : value / 1'000'000);
  };
  const std::uint64_t bound = kBounds[*rc::gen::inRange<std::size_t>(0, kBounds.size())];
  const std::uint64_t near = bound - 1000 + *rc::gen::inRange<std::uint64_t>(0, 2000);
  const std::uint64_t any = *rc::gen::inRange<std::uint64_t>(0, 5 * kBounds[3] / 4);
  for (const std::uint64_t value : {near, any, any >> 10, any >> 20, any >> 30}) {
    const auto expected = std::optional(UtcMillis(milliseconds(exact(value))));
    const std::string plain = std::to_string(value);
    RC_ASSERT(parse_timestamp(plain) == expected);
    RC_ASSERT(parse_timestamp("00" + plain + ".000") == expected);
    const auto places = *rc::gen::inRange<std::size_t>(0, 25);
    RC_ASSERT(parse_timestamp(with_point(value, places) + "e" + std::to_string(places)) == expected);
    RC_ASSERT(parse_timestamp(plain + "0000e-4") == expected);
  }
}

/// A fraction of any unit is cut, never rounded: the millisecond has not begun.
RC_GTEST_PROP(Timestamp, OfAnEpochIsCutToMilliseconds, ()) {
  const std::int64_t ms = *rc::gen::inRange<std::int64_t>(946'684'800'000, 16'725'225'600'000);
  const auto expected = std::optional(UtcMillis(milliseconds(ms)));
  const std::string digits = std::to_string(ms);
  const std::string nines(*rc::gen::inRange<std::size_t>(0, 40), '9');
  RC_ASSERT(parse_timestamp(with_point(static_cast<std::uint64_t>(ms), 3) + nines) == expected);
  RC_ASSERT(parse_timestamp(digits + "." + nines) == expected);
  RC_ASSERT(parse_timestamp(digits + "999." + nines) == expected);
  RC_ASSERT(parse_timestamp(digits + "999999." + nines) == expected);
}

// What it has read before makes no difference.
RC_GTEST_PROP(Timestamp, OfManyIsTheSameAsOfEach, ()) {
  TimestampParser parser;
  const std::int64_t around = *any_time();
  for (int i = 0; i < 20; ++i) {
    std::string text = iso_by_the_system(around + *rc::gen::inRange<std::int64_t>(-90'000, 90'000), "T t"[i % 3]);
    if (*rc::gen::inRange(0, 3) == 0)
      text[*rc::gen::inRange<std::size_t>(0, text.size())] = *rc::gen::arbitrary<char>();
    text.resize(*rc::gen::inRange<std::size_t>(i % 4 == 0 ? 0 : text.size(), text.size() + 1));
    RC_ASSERT(parser.parse(text) == parse_timestamp(text));
  }
}

RC_GTEST_PROP(Timestamp, OfAnyTextIsAMomentOrNone, (const std::string& text)) {
  const auto time = parse_timestamp(text);
  RC_ASSERT(!time || !text.empty());
}

}  // namespace
}  // namespace firebase_relay::classify
