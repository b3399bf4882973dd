// A routes file: taken or refused in one line, never worse.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "classify/routes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto table = firebase_relay::classify::parse_routes({reinterpret_cast<const char*>(data), size}, "routes.json");
  if (!table && (table.error().what.empty() || table.error().what.find('\n') != std::string::npos)) std::abort();
  return 0;
}
