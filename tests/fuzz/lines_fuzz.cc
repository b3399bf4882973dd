// A line of a file of messages (check --route-test, what tap --json printed): a message, or none; and a message as a
// line is one line, which gives it back.
#include <string>

#include "bus/input_line.h"
#include "classify/message_line.h"
#include "fuzz/demand.h"

using namespace firebase_relay;
using fuzz::demand;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  (void)bus::parse_input_line(text);

  const std::size_t end = text.find('\0');
  MessageBlock block;
  block.append(text.substr(0, end), end == std::string_view::npos ? "" : text.substr(end + 1));
  std::string line;
  classify::append_message_line(classify::LineFormat::kJson, block[0], "price", block[0].channel, {}, line);
  demand(line.find('\n') == line.size() - 1, "not one line", line);
  line.pop_back();
  const auto back = bus::parse_input_line(line);
  demand(back && back->channel == block[0].channel && back->payload == block[0].payload, "another message", line);

  line.clear();
  classify::append_message_line(classify::LineFormat::kText, block[0], "price", block[0].channel, {}, line);
  demand(line.find('\n') == line.size() - 1, "not one line", line);
  for (const char c : line)
    demand(c == '\n' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F), "a byte that moves the cursor", line);
  return 0;
}
