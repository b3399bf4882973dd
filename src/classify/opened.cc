#include "classify/opened.h"

#include <algorithm>

#include "classify/key_codec.h"

namespace firebase_relay::classify {

std::string_view Opened::unescape(const Value& value, std::string& unescaped) const {
  unescaped.clear();
  bool lone_surrogate;
  append_json_unescaped(inside(value), unescaped, lone_surrogate);
  return unescaped;
}

bool Opened::has_edit_in(const Value& value) const {
  return std::any_of(edits.begin(), edits.end(),
                     [&](const Edit& edit) { return edit.begin >= value.begin && edit.end <= value.end; });
}

void Opened::append(const Value& value, std::string& out) const {
  std::uint32_t at = value.begin;
  for (const Edit& edit : edits) {
    if (edit.begin < at || edit.end > value.end) continue;
    out.append(bytes, at, edit.begin - at);
    out += edit.text;
    at = edit.end;
  }
  out.append(bytes, at, value.end - at);
}

}  // namespace firebase_relay::classify
