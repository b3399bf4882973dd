#include "outbox/batch_blob.h"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstring>
#include <type_traits>

namespace firebase_relay::outbox {
namespace {

constexpr std::size_t kBatchBytes = 13;  // of the body, before its runs
constexpr std::size_t kRunBytes = 28;    // of a run, before its entries
constexpr std::size_t kEntryBytes = 21;

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

}  // namespace

std::string_view encode(const Batch& batch, std::string& scratch) {
  const std::size_t size = body_bytes_of(batch);
  if (scratch.size() < size) scratch.resize(size);
  Writer writer(scratch.data());
  writer.put(batch.id);
  writer.put(static_cast<std::uint8_t>(batch.shed_class));
  writer.put(static_cast<std::uint32_t>(batch.runs.size()));
  for (const HistoryRun& run : batch.runs) put_run(run, writer);
  return {scratch.data(), size};
}

std::optional<Batch> decode(std::string_view body, const Now& now) {
  Reader reader(body);
  Batch batch;
  batch.id = reader.take<BatchId>();
  batch.shed_class = static_cast<ShedClass>(reader.take<std::uint8_t>());
  const auto runs = reader.take<std::uint32_t>();
  if (reader.failed() || static_cast<std::size_t>(batch.shed_class) >= kShedClassCount) return std::nullopt;
  for (std::uint32_t i = 0; i < runs; ++i) {
    if (!take_run(reader, batch.runs.emplace_back(), now)) return std::nullopt;
  }
  if (reader.left() > 0) return std::nullopt;
  return batch;
}

std::uint64_t checksum_of(std::string_view body) { return XXH3_64bits(body.data(), body.size()); }

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
