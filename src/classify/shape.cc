#include "classify/shape.h"

#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "firebase_relay/message.h"

namespace firebase_relay::classify {
namespace {

static_assert(std::endian::native == std::endian::little, "the first byte of a word is its lowest");

constexpr std::size_t kWord = sizeof(std::uint64_t);
constexpr std::uint64_t kEach = 0x0101010101010101ull;  // times a byte: that byte everywhere
static_assert(kPayloadPadding >= kWord, "words are read over the end");

std::uint64_t word_at(const char* at) {
  std::uint64_t word;
  std::memcpy(&word, at, kWord);
  return word;
}

/// Both must have kWord readable bytes behind them.
bool equal(const char* a, const char* b, std::size_t size) {
  for (; size >= kWord; a += kWord, b += kWord, size -= kWord) {
    if (word_at(a) != word_at(b)) return false;
  }
  const std::uint64_t counts = (std::uint64_t{1} << (8 * size)) - 1;
  return ((word_at(a) ^ word_at(b)) & counts) == 0;
}

constexpr std::uint64_t kHighBits = kEach * 0x80;

/// The highest bit of each byte that ends the plain text of a string: a quote, a backslash, a control byte. Bits above
/// the lowest one set may be wrong: a borrow went through them. With its bit 1 turned over a quote comes right behind
/// the control bytes, so that one comparison finds both.
/// Source: Anderson, Bit Twiddling Hacks, "Determine if a word has a zero byte" and "... a byte less than n".
std::uint64_t stops_in(std::uint64_t word) {
  const std::uint64_t quotes_and_controls = (word ^ (kEach * 2)) - kEach * 0x21;
  const std::uint64_t backslashes = (word ^ (kEach * '\\')) - kEach;
  return (quotes_and_controls | backslashes) & ~word & kHighBits;
}

/// Behind the closing quote of the string whose opening one is at `at`; null: not a plain string.
const char* end_of_string(const char* at, const char* end) {
  const char* const inside = ++at;
  std::uint64_t beyond_ascii = 0;
  for (; at < end; at += kWord) {
    const std::uint64_t word = word_at(at);
    const std::uint64_t stops = stops_in(word);
    beyond_ascii |= word & kHighBits;
    if (stops == 0) continue;
    at += std::countr_zero(stops) / 8;
    if (at >= end || *at != '"') return nullptr;
    const bool is_text = beyond_ascii == 0 || simdjson::validate_utf8(inside, static_cast<std::size_t>(at - inside));
    return is_text ? at + 1 : nullptr;
  }
  return nullptr;
}

/// Behind `word`, which has to stand at `at`; null: it does not.
template <std::size_t kSize>
const char* end_of_literal(const char (&word)[kSize], const char* at, const char* end) {
  constexpr auto kLength = static_cast<std::ptrdiff_t>(kSize - 1);
  return end - at >= kLength && std::memcmp(at, word, kLength) == 0 ? at + kLength : nullptr;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Behind the number at `at`; null: not one, or one that takes a parser to tell whether a double can hold it.
const char* end_of_number(const char* at, const char* end) {
  constexpr std::ptrdiff_t kDigitsMax = 64;  // far from 1e308
  const char* const begin = at;
  if (*at == '-') ++at;
  const char* const whole = at;
  while (at < end && is_digit(*at)) ++at;
  if (at == whole || (*whole == '0' && at - whole > 1)) return nullptr;
  if (at < end && *at == '.') {
    const char* const fraction = ++at;
    while (at < end && is_digit(*at)) ++at;
    if (at == fraction) return nullptr;
  }
  return at - begin <= kDigitsMax ? at : nullptr;  // an exponent follows in no shape
}

/// Behind the scalar at `at`, of which there is a byte; null: not one, or one that is left to a parser.
const char* end_of_scalar(const char* at, const char* end, ValueType& type) {
  switch (*at) {
    case '"': type = ValueType::kString; return end_of_string(at, end);
    case 'n': type = ValueType::kNull; return end_of_literal("null", at, end);
    case 't': type = ValueType::kBool; return end_of_literal("true", at, end);
    case 'f': type = ValueType::kBool; return end_of_literal("false", at, end);
    default: type = ValueType::kNumber; return end_of_number(at, end);
  }
}

}  // namespace

Shape::Shape(std::string_view payload, const std::vector<Scalar>& scalars) {
  std::uint32_t at = 0;
  for (const Scalar& scalar : scalars) {
    gaps_.push_back(static_cast<std::uint32_t>(text_.size()));
    text_ += payload.substr(at, scalar.begin - at);
    at = scalar.end;
  }
  gaps_.push_back(static_cast<std::uint32_t>(text_.size()));
  text_ += payload.substr(at);
  gaps_.push_back(static_cast<std::uint32_t>(text_.size()));
  text_.append(kWord, '\0');
}

bool Shape::is_shape_of(std::string_view bytes, std::vector<Scalar>& scalars, std::size_t& looked_at) const {
  const char* const begin = bytes.data();
  const char* const end = begin + bytes.size();
  const char* at = begin;
  const char* gap_at = text_.data();
  const std::size_t count = gaps_.size() - 2;
  scalars.resize(count);
  Scalar* scalar = scalars.data();
  const std::uint32_t* gap_begin = gaps_.data();
  for (std::size_t left = count;; --left, ++scalar, ++gap_begin) {
    looked_at = static_cast<std::size_t>(at - begin);
    const std::size_t gap = gap_begin[1] - gap_begin[0];
    if (static_cast<std::size_t>(end - at) < gap || !equal(at, gap_at, gap)) return false;
    at += gap;
    gap_at += gap;
    if (left == 0) return at == end;
    if (at == end) return false;
    scalar->begin = static_cast<std::uint32_t>(at - begin);
    at = end_of_scalar(at, end, scalar->type);
    if (!at) return false;
    scalar->end = static_cast<std::uint32_t>(at - begin);
  }
}

Shape::Mark Shape::mark(std::uint32_t at, const std::vector<Scalar>& scalars) {
  const auto behind = std::upper_bound(scalars.begin(), scalars.end(), at,
                                       [](std::uint32_t place, const Scalar& scalar) { return place < scalar.end; });
  const auto count = static_cast<std::uint32_t>(behind - scalars.begin());
  return {count, at - (count == 0 ? 0 : scalars[count - 1].end)};
}

}  // namespace firebase_relay::classify
