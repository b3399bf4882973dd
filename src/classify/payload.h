#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "classify/routes.h"
#include "firebase_relay/dead_letter.h"

namespace firebase_relay::classify {

/// How far a value reaches below its place: what the limits of a path are checked with.
struct Reach {
  std::uint32_t keys = 0;        ///< on the longest way down
  std::uint32_t path_bytes = 0;  ///< of the longest encoded path below, slashes included
};

enum class ValueType : std::uint8_t { kString, kNumber, kBool, kNull, kObject, kArray };

/// One value of a payload: a range of its bytes.
struct Value {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  ValueType type = ValueType::kNull;
  bool has_escapes = false;  ///< kString: there is a backslash in it
  Reach reach;
};

/// The fields that the routes name, found in one message.
struct FieldSet {
  std::uint64_t present = 0;  ///< a bit per FieldId
  std::array<Value, kFieldsMax> values;

  [[nodiscard]] const Value* find(FieldId id) const { return (present >> id) & 1 ? &values[id] : nullptr; }
};

/// A payload, validated and opened: the only time its bytes are looked at. simdjson on-demand checks UTF-8, structure
/// and every value it is asked for, and `walk` asks for all of them: raw_json() and skipping would check nothing.
///
/// Ownership: keeps views into the payload given to open(); valid until the next open() and as long as those bytes are.
/// Threads:   one at a time; a worker has its own.
class Payload {
 public:
  explicit Payload(const RouteTable& routes);
  ~Payload();

  /// `bytes` must be followed by kPayloadPadding readable bytes.
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
  [[nodiscard]] bool needs_rewrite(const Value& value) const;
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
  std::string unescaped_;
};

}  // namespace firebase_relay::classify
