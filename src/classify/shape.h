#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "classify/value.h"

namespace firebase_relay::classify {

/// A payload's text without its strings, numbers, `true`, `false` and `null`: its brackets, keys, commas and blanks.
/// Publishers write one shape again and again, so that nearly every payload needs no parser: where all else is equal to
/// text that a parser has found valid, and each scalar is one, the whole is valid, too, and has the same fields.
///
/// Threads: immutable once made.
class Shape {
 public:
  /// A place in every payload of this shape: `offset` bytes behind the end of scalar `behind` - 1; 0: behind the begin
  /// of the payload.
  struct Mark {
    std::uint32_t behind;
    std::uint32_t offset;
  };

  /// `scalars`: all that are in `payload`, in their order.
  Shape(std::string_view payload, const std::vector<Scalar>& scalars);

  /// Has `bytes` this shape? Then `scalars` are its own. A string with an escape, or a number with an exponent, is left
  /// to the parser: false. `looked_at`: how far it had come by then. `bytes` must be followed by kPayloadPadding
  /// readable bytes.
  [[nodiscard]] bool is_shape_of(std::string_view bytes, std::vector<Scalar>& scalars, std::size_t& looked_at) const;

  /// The place of byte `at` of the payload that this was made of, whose scalars they are.
  static Mark mark(std::uint32_t at, const std::vector<Scalar>& scalars);
  static std::uint32_t place_of(const Mark& mark, const std::vector<Scalar>& scalars) {
    return mark.offset + (mark.behind == 0 ? 0 : scalars[mark.behind - 1].end);
  }

 private:
  std::string text_;                 ///< of all gaps, one behind the other
  std::vector<std::uint32_t> gaps_;  ///< where each begins in text_: before each scalar, and behind the last
};

}  // namespace firebase_relay::classify
