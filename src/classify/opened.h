#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "classify/routes.h"
#include "classify/value.h"

namespace firebase_relay::classify {

/// The fields that the routes name, found in one message.
struct FieldSet {
  std::uint64_t present = 0;  ///< a bit per FieldId
  std::array<Value, kFieldsMax> values;

  /// Null: the message has no such field.
  [[nodiscard]] const Value* find(FieldId id) const { return (present >> id) & 1 ? &values[id] : nullptr; }
};

/// A payload that has been validated and opened: where its message is, and where its fields are. An Opener fills it in.
///
/// Ownership: views of the payload's bytes, valid as long as these are.
struct Opened {
  /// Replaces bytes [begin, end) of the payload.
  struct Edit {
    std::uint32_t begin;
    std::uint32_t end;
    std::string text;
  };

  std::string_view bytes;  ///< of the payload, without a byte order mark
  /// False for JSON that is a text, a number, a list …: valid, but without fields, and nothing that a route could take.
  bool is_object = false;
  bool is_enveloped = false;
  Value message;                ///< the envelope's `data`, or all of the payload
  FieldSet outer;               ///< the payload's own
  FieldSet inner;               ///< those below `data`, whether it is an envelope's or not
  std::vector<Edit> edits;      ///< to make it fit for the database, by where they begin
  std::vector<Scalar> scalars;  ///< all of them, in their order

  /// Of a payload that is to be opened next: nothing is known of it yet.
  void begin(std::string_view payload) {
    bytes = payload;
    outer.present = 0;
    inner.present = 0;
    edits.clear();
  }

  /// Those of the message.
  [[nodiscard]] const FieldSet& fields() const { return is_enveloped ? inner : outer; }
  /// One of the envelope's own; null without an envelope or when it has none.
  [[nodiscard]] const Value* in_envelope(FieldId id) const { return is_enveloped ? outer.find(id) : nullptr; }

  /// The bytes of `value`, as published.
  [[nodiscard]] std::string_view raw(const Value& value) const {
    return {bytes.data() + value.begin, value.end - value.begin};
  }
  /// What the string `value` stands for: a part of the payload or, if it has escapes, `unescaped`, which is
  /// overwritten.
  [[nodiscard]] std::string_view text(const Value& value, std::string& unescaped) const {
    return value.has_escapes ? unescape(value, unescaped) : inside(value);
  }
  /// Does `value` hold keys that have to be encoded, or duplicates? Then raw() must not be sent.
  [[nodiscard]] bool needs_rewrite(const Value& value) const { return !edits.empty() && has_edit_in(value); }
  /// Appends `value` with its keys encoded and all but the last of duplicate keys left out; else the bytes of raw().
  void append(const Value& value, std::string& out) const;

 private:
  /// What is between the quotes of the string `value`.
  [[nodiscard]] std::string_view inside(const Value& value) const {
    return {bytes.data() + value.begin + 1, value.end - value.begin - 2};
  }
  [[nodiscard]] std::string_view unescape(const Value& value, std::string& unescaped) const;
  [[nodiscard]] bool has_edit_in(const Value& value) const;
};

}  // namespace firebase_relay::classify
