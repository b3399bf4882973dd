#include "outbox/batch_blob.h"

#include <lz4.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstring>

namespace firebase_relay::outbox {
namespace {

/// Ids count from 1, so their highest byte is 0: in what is stored, it tells a body from what is packed.
constexpr BatchId kIdMax = (BatchId{1} << 56) - 1;
constexpr std::size_t kBatchBytes = 13;  // of the body, before its runs
constexpr std::size_t kRunBytes = 28;    // of a run, before its entries
constexpr std::size_t kEntryBytes = 21;

constexpr std::size_t kHeadBytes = 8;        // of what is packed, before its block
constexpr std::uint32_t kPacked = 1u << 24;  // the head's second half: zero:24 format:8
/// No block of LZ4 stands for more bytes than so many times its own.
/// Source: lz4_Block_format.md: a byte of a match's length adds 255 at most.
constexpr std::uint64_t kPackedTimesMax = 255;
/// Larger scratch, of a message near its limit, goes back to the system.
constexpr std::size_t kScratchBytesKept = 2 << 20;

/// Writes forward; there has to be room for it.
class Writer {
 public:
  explicit Writer(char* to) : to_(to) {}

  template <class Integer>
  void put(Integer value) {
    auto bytes = std::bit_cast<std::array<char, sizeof(Integer)>>(value);
    if constexpr (std::endian::native == std::endian::big) std::reverse(bytes.begin(), bytes.end());
    put_bytes({bytes.data(), bytes.size()});
  }
  void put_bytes(std::string_view bytes) {
    if (!bytes.empty()) std::memcpy(to_, bytes.data(), bytes.size());
    to_ += bytes.size();
  }

 private:
  char* to_;
};

/// Reads forward; once something is missing, all that follows is missing, too.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  template <class Integer>
  Integer take() {
    std::uint64_t value = 0;
    const std::string_view bytes = take_bytes(sizeof(Integer));
    for (std::size_t i = bytes.size(); i > 0; --i) value = value << 8 | static_cast<unsigned char>(bytes[i - 1]);
    return static_cast<Integer>(value);
  }
  std::string_view take_bytes(std::size_t size) {
    if (size > bytes_.size()) {
      failed_ = true;
      bytes_ = {};
    }
    const std::string_view taken = bytes_.substr(0, failed_ ? 0 : size);
    bytes_.remove_prefix(taken.size());
    return taken;
  }
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] std::size_t left() const { return bytes_.size(); }

 private:
  std::string_view bytes_;
  bool failed_ = false;
};

std::size_t body_bytes_of(const Batch& batch) {
  std::size_t size = kBatchBytes;
  for (const HistoryRun& run : batch.runs) {
    size += kRunBytes + run.entries.size() * kEntryBytes + run.text.size();
    for (const std::string& channel : run.channels) size += sizeof(std::uint32_t) + channel.size();
  }
  return size;
}

void put_run(const HistoryRun& run, Writer& body) {
  assert(run.seeds.empty());
  body.put(run.first_sequence);
  body.put(static_cast<std::int64_t>(run.arrived_at.time_since_epoch().count()));
  body.put(static_cast<std::uint32_t>(run.entries.size()));
  body.put(static_cast<std::uint32_t>(run.channels.size()));
  body.put(static_cast<std::uint32_t>(run.text.size()));
  for (const HistoryEntry& entry : run.entries) {
    body.put(entry.offset);
    body.put(entry.sequence_offset);
    body.put(entry.event_ms);
    body.put(entry.path_size);
    body.put(entry.channel);
    body.put(static_cast<std::uint8_t>(entry.kind));
  }
  for (const std::string& channel : run.channels) {
    body.put(static_cast<std::uint32_t>(channel.size()));
    body.put_bytes(channel);
  }
  body.put_bytes(run.text);
}

HistoryEntry take_entry(Reader& reader) {
  HistoryEntry entry{};
  entry.offset = reader.take<std::uint32_t>();
  entry.sequence_offset = reader.take<std::uint32_t>();
  entry.event_ms = reader.take<std::int64_t>();
  entry.path_size = reader.take<std::uint16_t>();
  entry.channel = reader.take<std::uint16_t>();
  entry.kind = static_cast<Kind>(reader.take<std::uint8_t>());
  return entry;
}

/// Does every entry stand for a range of the text, as HistoryRun::path_of and value_of read it?
bool is_sound(const HistoryRun& run) {
  for (std::size_t i = 0; i < run.entries.size(); ++i) {
    const HistoryEntry& entry = run.entries[i];
    const std::uint64_t end = run.end_of(i);
    if (end > run.text.size() || entry.offset + FragmentText::size_of(entry.path_size, 0) > end) return false;
    if (static_cast<std::size_t>(entry.kind) >= kKindCount) return false;
  }
  return true;
}

bool take_run(Reader& reader, HistoryRun& run, const Now& now) {
  run.first_sequence = reader.take<Sequence>();
  run.arrived_at = UtcMillis(std::chrono::milliseconds(reader.take<std::int64_t>()));
  // What lies ahead, as of a clock that was set back since, counts as now; so does what lies before all clocks.
  const bool is_past = run.arrived_at >= UtcMillis() && run.arrived_at <= now.utc;
  run.arrived = now.steady - (is_past ? now.utc - run.arrived_at : std::chrono::milliseconds(0));
  const auto entries = reader.take<std::uint32_t>();
  const auto channels = reader.take<std::uint32_t>();
  const auto text_size = reader.take<std::uint32_t>();
  if (reader.failed() || entries > reader.left() / kEntryBytes || channels > reader.left()) return false;
  run.entries.reserve(entries);
  for (std::uint32_t i = 0; i < entries; ++i) run.entries.push_back(take_entry(reader));
  for (std::uint32_t i = 0; i < channels && !reader.failed(); ++i) {
    run.channels.emplace_back(reader.take_bytes(reader.take<std::uint32_t>()));
  }
  run.text = reader.take_bytes(text_size);
  return !reader.failed() && is_sound(run);
}

std::optional<Batch> decode(std::string_view body, const Now& now) {
  Reader reader(body);
  Batch batch;
  batch.id = reader.take<BatchId>();
  batch.shed_class = static_cast<ShedClass>(reader.take<std::uint8_t>());
  const auto runs = reader.take<std::uint32_t>();
  if (reader.failed() || batch.id > kIdMax) return std::nullopt;
  if (static_cast<std::size_t>(batch.shed_class) >= kShedClassCount) return std::nullopt;
  for (std::uint32_t i = 0; i < runs; ++i) {
    if (!take_run(reader, batch.runs.emplace_back(), now)) return std::nullopt;
  }
  if (reader.left() > 0) return std::nullopt;
  return batch;
}

/// `scratch` has room for `size` bytes then.
char* room_in(std::string& scratch, std::size_t size) {
  if (scratch.size() < size) scratch.resize(size);
  return scratch.data();
}

}  // namespace

StoredBatch BatchPacker::pack(const Batch& batch) {
  assert(batch.id <= kIdMax);
  const std::size_t size = body_bytes_of(batch);
  char* body = room_in(body_, size);
  Writer writer(body);
  writer.put(batch.id);
  writer.put(static_cast<std::uint8_t>(batch.shed_class));
  writer.put(static_cast<std::uint32_t>(batch.runs.size()));
  for (const HistoryRun& run : batch.runs) put_run(run, writer);
  return {packed({body, size}), size};
}

/// The body itself, where it does not get smaller.
std::string_view BatchPacker::packed(std::string_view body) {
  if (body.size() > LZ4_MAX_INPUT_SIZE) return body;
  char* head = room_in(packed_, body.size());
  // LZ4 keeps its tables on the stack, 16 KiB, and gives up when the room does not suffice.
  const int room = static_cast<int>(body.size() - kHeadBytes - 1);
  const int size = LZ4_compress_default(body.data(), head + kHeadBytes, static_cast<int>(body.size()), room);
  if (size <= 0) return body;
  Writer writer(head);
  writer.put(static_cast<std::uint32_t>(body.size()));
  writer.put(kPacked);
  return {head, kHeadBytes + static_cast<std::size_t>(size)};
}

std::optional<std::string_view> BatchPacker::body_of(const StoredBatch& stored) {
  Reader reader(stored.bytes);
  const auto size = reader.take<std::uint32_t>();
  const auto format = reader.take<std::uint32_t>();
  const bool is_packed = format >> 24 != 0;
  if ((is_packed ? size : stored.bytes.size()) != stored.body_bytes) return std::nullopt;
  if (!is_packed) return stored.bytes;
  const std::string_view block = reader.take_bytes(reader.left());
  // What is asked for is bounded by what is there, however damaged the numbers are.
  if (format != kPacked || size > LZ4_MAX_INPUT_SIZE || size < block.size() || size / kPackedTimesMax > block.size())
    return std::nullopt;
  char* body = room_in(body_, size);
  const int unpacked = LZ4_decompress_safe(block.data(), body, static_cast<int>(block.size()), static_cast<int>(size));
  if (unpacked < 0 || static_cast<std::uint32_t>(unpacked) != size) return std::nullopt;
  return std::string_view(body, size);
}

std::optional<Batch> BatchPacker::unpack(const StoredBatch& stored, const Now& now) {
  std::optional<Batch> batch;
  if (const std::optional<std::string_view> body = body_of(stored)) batch = decode(*body, now);
  give_back();
  return batch;
}

void BatchPacker::give_back() {
  for (std::string* scratch : {&body_, &packed_}) {
    if (scratch->capacity() > kScratchBytesKept) *scratch = {};
  }
}

std::uint64_t checksum_of(std::string_view stored) { return XXH3_64bits(stored.data(), stored.size()); }

BatchCounts count(const Batch& batch) {
  BatchCounts counts;
  for (const HistoryRun& run : batch.runs) {
    for (const HistoryEntry& entry : run.entries) {
      if (entry.sequence_offset == HistoryEntry::kUncounted) continue;
      ++counts.messages[static_cast<std::size_t>(entry.kind)];
      const Sequence sequence = run.first_sequence + entry.sequence_offset;
      if (sequence < kUnorderedSequences) counts.last_sequence = std::max(counts.last_sequence, sequence);
    }
  }
  return counts;
}

}  // namespace firebase_relay::outbox
