#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "classify/routes.h"
#include "classify/shape.h"
#include "classify/value.h"
#include "firebase_relay/dead_letter.h"

namespace firebase_relay::classify {

/// The fields that the routes name, found in one message.
struct FieldSet {
  std::uint64_t present = 0;  ///< a bit per FieldId
  std::array<Value, kFieldsMax> values;

  [[nodiscard]] const Value* find(FieldId id) const { return (present >> id) & 1 ? &values[id] : nullptr; }
};

/// A payload, validated and opened: the only time its bytes are looked at. simdjson on-demand checks UTF-8, structure
/// and every value it is asked for, and `Walk` asks for all of them: raw_json() and skipping would check nothing. What
/// a walk found is kept by the payload's shape, and the next payload of that shape needs none (classify/shape.h).
///
/// Ownership: keeps views into the payload given to open(); valid until the next open() and as long as those bytes are.
/// Threads:   one at a time; a worker has its own.
class Payload {
 public:
  explicit Payload(const RouteTable& routes);
  ~Payload();

  /// `bytes` must be followed by kPayloadPadding readable bytes. One byte order mark in front is stepped over.
  /// False: `reason()` says why it is a dead letter.
  bool open(std::string_view bytes);

  [[nodiscard]] DeadLetterReason reason() const { return reason_; }
  /// False for JSON that is a text, a number, a list …: valid, but nothing that a route could take.
  [[nodiscard]] bool is_object() const { return is_object_; }
  /// The message: the envelope's `data`, or all of the payload.
  [[nodiscard]] const Value& message() const { return message_; }
  [[nodiscard]] const FieldSet& fields() const { return is_enveloped_ ? inner_ : outer_; }
  /// The envelope's `timestamp`; null without an envelope or when it has none.
  [[nodiscard]] const Value* envelope_timestamp() const;

  /// The bytes of `value`, as published.
  [[nodiscard]] std::string_view raw(const Value& value) const {
    return bytes_.substr(value.begin, value.end - value.begin);
  }
  /// What the string `value` stands for. Valid until the next call for a string with escapes.
  [[nodiscard]] std::string_view text(const Value& value);
  /// Does `value` hold keys that have to be encoded, or duplicates? Then raw() must not be sent.
  [[nodiscard]] bool needs_rewrite(const Value& value) const { return !edits_.empty() && has_edit_in(value); }
  /// Appends `value` with its keys encoded and all but the last of duplicate keys left out; else the bytes of raw().
  void append(const Value& value, std::string& out) const;

 private:
  class Walk;
  struct Parser;
  /// Replaces bytes [begin, end) of the payload.
  struct Edit {
    std::uint32_t begin;
    std::uint32_t end;
    std::string text;
  };

  /// What a walk found, apart from the scalars: where each field is, in any payload of this shape.
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

  bool walk();
  bool recall();
  void fill_in(const Found& found);
  void remember();
  [[nodiscard]] bool has_edit_in(const Value& value) const;

  const RouteTable& routes_;
  std::unique_ptr<Parser> parser_;
  std::string_view bytes_;
  DeadLetterReason reason_ = DeadLetterReason::kInvalidJson;
  bool is_object_ = false;
  bool is_enveloped_ = false;
  Value message_;
  FieldSet outer_;
  FieldSet inner_;
  std::vector<Edit> edits_;
  std::vector<Scalar> scalars_;
  std::vector<std::unique_ptr<Found>> found_;  ///< the one that fitted last comes first
  unsigned not_found_ = 0;                     ///< payloads that had none of these shapes
  std::string unescaped_;
};

}  // namespace firebase_relay::classify
