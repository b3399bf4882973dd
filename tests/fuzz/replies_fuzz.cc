// What a peer that calls itself Redis may send: no crash, and however the bytes are cut, a reader that scans tells the
// same as hiredis' reader alone.
#include <cstdint>
#include <string_view>

#include "bus/told.h"
#include "fuzz/demand.h"

namespace {

using namespace firebase_relay;

void compare(std::string_view bytes, const bus::ChannelFilter& channels) {
  const bus::Told expected = bus::told_without_scanner(bytes, channels);
  std::uint32_t random = static_cast<std::uint32_t>(bytes.size());
  const auto any = [&] { return 1 + (random = random * 1'103'515'245 + 12'345) / 65'536 % 61; };
  fuzz::demand(bus::told_by_reader(bytes, channels, [&] { return bytes.size(); }) == expected, "at once", bytes);
  fuzz::demand(bus::told_by_reader(bytes, channels, [] { return 1; }) == expected, "byte by byte", bytes);
  fuzz::demand(bus::told_by_reader(bytes, channels, any) == expected, "in reads of some bytes", bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bus::ChannelFilter one({"*"});
  static const bus::ChannelFilter several({"A*", "*", "!AB*"});
  compare(fuzz::text_of(data, size), one);
  compare(fuzz::text_of(data, size), several);
  return 0;
}
