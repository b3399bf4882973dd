#pragma once

#include <cstdint>

namespace firebase_relay::classify {

/// How far a value reaches below its place: what the limits of a path are checked with.
struct Reach {
  std::uint32_t keys = 0;        ///< on the longest way down
  std::uint32_t path_bytes = 0;  ///< of the longest encoded path below, slashes included
};

/// What kind of JSON a value is.
enum class ValueType : std::uint8_t { kString, kNumber, kBool, kNull, kObject, kArray };

/// One value of a payload: a range of its bytes.
struct Value {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  ValueType type = ValueType::kNull;
  bool has_escapes = false;  ///< kString: there is a backslash in it
  Reach reach;
};

/// A string, with its quotes, a number, `true`, `false` or `null` of a payload.
struct Scalar {
  std::uint32_t begin;
  std::uint32_t end;
  ValueType type;
};

}  // namespace firebase_relay::classify
