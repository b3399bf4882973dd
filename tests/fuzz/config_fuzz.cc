// A settings file: entries, or one line that says where it is wrong.
#include <set>
#include <string>

#include "fuzz/demand.h"
#include "terminal/config_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto entries = firebase_relay::terminal::parse_config(fuzz::text_of(data, size));
  if (!entries) {
    fuzz::demand_one_line(entries.error().what);
    fuzz::demand(entries.error().what.size() < 1000, "an error as long as the file", entries.error().what);
    return 0;
  }
  std::set<std::string> keys;
  for (const auto& entry : *entries) {
    fuzz::demand(!entry.key.empty() && keys.insert(entry.key).second, "no key, or one twice", entry.key);
    fuzz::demand(entry.line > 0 && entry.line <= size + 1, "a line that is none", entry.key);
  }
  return 0;
}
