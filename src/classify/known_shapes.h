#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "classify/opened.h"
#include "classify/shape.h"

namespace firebase_relay::classify {

/// What was found in payloads, kept by their shape (classify/shape.h): the next payload of that shape is opened without
/// a parser.
///
/// Memory:  a few shapes of bounded size; of a flood of them most are not kept.
/// Threads: one; every worker has its own.
class KnownShapes {
 public:
  /// Opens a payload that has begun (Opened::begin). False: its shape is not known; then its scalars are undefined.
  bool recall(Opened& payload);
  /// Keeps the shape of a payload that was opened without it.
  void remember(const Opened& payload);

 private:
  /// Where everything is in any payload of one shape.
  struct Found {
    static constexpr std::uint32_t kNoScalar = 0xFFFFFFFF;
    struct Field {
      FieldId id;
      bool is_inner;         ///< below the envelope's `data`
      std::uint32_t scalar;  ///< which one it is; kNoScalar: an object or a list
      Shape::Mark begin;
      Shape::Mark end;
      Value value;  ///< its reach, and for objects and lists its type
    };
    Shape shape;
    bool is_enveloped;
    Shape::Mark message_begin;
    Shape::Mark message_end;
    Value message;
    std::vector<Field> fields;
  };

  static void fill_in(const Found& found, Opened& payload);
  static void add_fields(const Opened& payload, bool is_inner, Found& found);

  std::vector<std::unique_ptr<Found>> found_;  ///< the one that fitted last comes first
  unsigned not_found_ = 0;                     ///< payloads that had none of these shapes
};

}  // namespace firebase_relay::classify
