// What a peer that calls itself Redis may send: no crash, and the same messages however the bytes are cut.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "bus/reply_reader.h"

namespace {

using namespace firebase_relay;

std::string read(std::string_view bytes, std::size_t piece) {
  bus::ReplyReader reader(bus::ChannelFilter({"A*", "*", "!AB*"}));
  std::string seen;
  std::vector<bus::Reply> replies;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    MessageBlock block;
    const bool ok = reader.feed(bytes.substr(at, piece), block, replies);
    for (std::size_t i = 0; i < block.size(); ++i) {
      seen.append(block[i].channel).append("\n").append(block[i].payload).append("\n");
    }
    if (!ok) return seen + "error";
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.empty()) return 0;
  if (read(bytes, bytes.size()) != read(bytes, 1)) std::abort();
  return 0;
}
