// Any name becomes a key that the database takes, and comes back; any text goes through a JSON string and comes back.
#include <string>

#include "classify/key_codec.h"
#include "fuzz/demand.h"

using namespace firebase_relay::classify;
using fuzz::demand;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view raw = fuzz::text_of(data, size);
  std::string key = "before";
  demand(append_encoded_key(raw, key) == key.size() - 6, "the size is not what was appended", raw);
  key.erase(0, 6);
  demand(!key.empty(), "an empty key", raw);
  for (const char c : key)
    demand(c == '%' || !is_reserved_in_key(static_cast<unsigned char>(c)), "a reserved byte in a key", key);
  demand(decode_key(key) == raw, "a key that does not decode to its name", key);
  std::string again;
  append_encoded_key(decode_key(raw), again);  // what is no key decodes to something, too
  demand(!again.empty(), "an empty key", raw);

  std::string escaped;
  append_json_escaped(raw, escaped);
  std::string back;
  bool lone_surrogate = true;
  demand(append_json_unescaped(escaped, back, lone_surrogate) && back == raw && !lone_surrogate, "no way back", raw);
  back.clear();
  if (append_json_unescaped(raw, back, lone_surrogate)) {
    demand(!lone_surrogate && back.size() <= raw.size(), "unescaped to more than it was", raw);
  }
  return 0;
}
