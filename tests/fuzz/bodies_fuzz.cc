// What stands in the outbox, however damaged, is a batch or none, and takes no more memory than its row says; a batch
// comes back as it was, whatever its texts are.
#include <cstring>
#include <string>

#include "fuzz/demand.h"
#include "outbox/batch_blob.h"

using namespace firebase_relay;
using fuzz::demand;
using outbox::BatchPacker;
using outbox::StoredBatch;

namespace {

constexpr Now kNow{SteadyTime(std::chrono::hours(1)), UtcMillis(std::chrono::hours(2))};

/// Two messages: the first half of `text`, and all of it.
Batch batch_of(std::string_view text) {
  HistoryRun run;
  run.channels = {std::string(text.substr(0, 20)), ""};
  for (const std::string_view value : {text.substr(0, text.size() / 2), text}) {
    run.add("history/" + std::to_string(value.size()), value, {.sequence_offset = 1, .event_ms = -1, .channel = 1});
  }
  return {text.size() + 1, ShedClass::kPrices, {run, HistoryRun{}}};
}

void take_anything(std::string_view bytes, std::uint64_t body_bytes) {
  BatchPacker packer;
  const std::optional<Batch> batch = packer.unpack({bytes, body_bytes}, kNow);
  if (!batch) return;
  demand(body_bytes <= 255 * bytes.size(), "more than LZ4 can stand for");
  // What was read is what is written again: nothing that stood there was passed over.
  demand(packer.pack(*batch).body_bytes == body_bytes, "another size");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  take_anything(text, size);
  std::uint32_t said = 0;
  if (size >= sizeof said) std::memcpy(&said, data, sizeof said);
  take_anything(text, said);

  const Batch batch = batch_of(text);
  BatchPacker packer;
  const StoredBatch stored = packer.pack(batch);
  demand(stored.bytes.size() <= stored.body_bytes, "larger than its body");
  std::string bytes(stored.bytes);
  const std::optional<Batch> back = BatchPacker().unpack({bytes, stored.body_bytes}, kNow);
  demand(back && back->id == batch.id && back->runs.size() == 2, "a batch that does not come back", text);
  demand(back->runs[0].text == batch.runs[0].text && back->runs[0].channels == batch.runs[0].channels, "other texts",
         text);

  // Damaged somewhere, as the input has it.
  if (size < 3) return 0;
  const std::size_t at = (std::size_t{data[0]} * 256 + data[1]) % bytes.size();
  bytes[at] = static_cast<char>(data[2]);
  take_anything(bytes, stored.body_bytes);
  bytes.resize(at);
  take_anything(bytes, stored.body_bytes);
  return 0;
}
