// What may be asked of a payload once it is open; payload.cc opens it.
#include <algorithm>

#include "classify/key_codec.h"
#include "classify/payload.h"

namespace firebase_relay::classify {

const Value* Payload::envelope_timestamp() const { return is_enveloped_ ? outer_.find(routes_.timestamp) : nullptr; }

std::string_view Payload::text(const Value& value) {
  const std::string_view inside = bytes_.substr(value.begin + 1, value.end - value.begin - 2);
  if (!value.has_escapes) return inside;
  unescaped_.clear();
  bool lone_surrogate;
  append_json_unescaped(inside, unescaped_, lone_surrogate);
  return unescaped_;
}

bool Payload::has_edit_in(const Value& value) const {
  return std::any_of(edits_.begin(), edits_.end(),
                     [&](const Edit& edit) { return edit.begin >= value.begin && edit.end <= value.end; });
}

void Payload::append(const Value& value, std::string& out) const {
  std::uint32_t at = value.begin;
  for (const Edit& edit : edits_) {
    if (edit.begin < at || edit.end > value.end) continue;
    out.append(bytes_, at, edit.begin - at);
    out += edit.text;
    at = edit.end;
  }
  out.append(bytes_, at, value.end - at);
}

}  // namespace firebase_relay::classify
