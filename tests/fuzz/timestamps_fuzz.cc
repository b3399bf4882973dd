// A timestamp is read or it is not; what was read, written and read again is the same moment.
#include <string>

#include "classify/message_line.h"
#include "classify/timestamp.h"
#include "firebase_relay/history_key.h"
#include "fuzz/demand.h"

using namespace firebase_relay;
using namespace firebase_relay::classify;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const std::optional<UtcMillis> time = parse_timestamp(text);
  static TimestampParser parser;  // which remembers the minute of the last input
  fuzz::demand(parser.parse(text) == time, "not the same moment after another one", text);
  const UtcMillis arrived_at{std::chrono::milliseconds(1'778'078'351'786)};
  if (!time || !is_usable_event_time(*time, arrived_at)) return 0;
  std::string written;
  append_iso_time(*time, written);
  fuzz::demand(parse_timestamp(written) == time, "not the same moment", written);
  const HistoryKey key(*time, {}, 0);
  fuzz::demand(key.text() > HistoryKey(*time - std::chrono::milliseconds(1), {}, 0).text(), "a later key", key.text());
  return 0;
}
