#include "outbox/batch_blob.h"

#include <gtest/gtest.h>
#include <lz4.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "version_1_file.h"

namespace firebase_relay::outbox {
namespace {

/// Where the format stands in what is stored.
constexpr std::size_t kFormatAt = 7;

Batch repeating(std::size_t entries = 40) { return batch_of(5, ShedClass::kPrices, entries, 150, Texts::kRepeated); }

/// What is stored of `batch`, to be changed.
struct Copy {
  explicit Copy(const Batch& batch) {
    const StoredBatch stored = packer.pack(batch);
    bytes = stored.bytes;
    body_bytes = stored.body_bytes;
  }
  [[nodiscard]] std::optional<Batch> unpacked() { return packer.unpack({bytes, body_bytes}, read_clocks()); }

  BatchPacker packer;
  std::string bytes;
  std::uint64_t body_bytes = 0;
};

TEST(BatchPacker, GivesBackEveryByteOneBatchAfterTheOther) {
  std::vector<Batch> batches{repeating(),
                             batch_of(1, ShedClass::kOrders, 1, 3'000'000),
                             batch_of(2, ShedClass::kRest, 1, 0),
                             batch_of(3, ShedClass::kOrders, 2'000, 2'000, Texts::kRepeated),
                             {4, ShedClass::kOrders, {}},
                             batch_of(6, ShedClass::kPrices, 3, 70)};
  batches.back().runs.push_back(repeating().runs[0]);
  batches.back().runs.emplace_back();
  BatchPacker packer;
  for (const Batch& batch : batches) {
    const StoredBatch stored = packer.pack(batch);
    EXPECT_LE(stored.bytes.size(), stored.body_bytes);
    const std::string bytes(stored.bytes);
    const std::optional<Batch> back = packer.unpack({bytes, stored.body_bytes}, read_clocks());
    ASSERT_TRUE(back) << "batch " << batch.id;
    EXPECT_TRUE(text_of(*back) == text_of(batch)) << "batch " << batch.id;
  }
}

TEST(BatchPacker, StoresABlockOfLz4BehindItsSizeAndFormat) {
  const Copy copy(repeating());
  const std::string body = version_1_body(repeating());
  EXPECT_LT(copy.bytes.size(), body.size() / 5);
  EXPECT_EQ(copy.body_bytes, body.size());
  EXPECT_EQ(copy.bytes.substr(0, 8), little_endian(body.size(), 4) + std::string("\0\0\0\1", 4));
  std::string unpacked(body.size(), ' ');
  EXPECT_EQ(LZ4_decompress_safe(copy.bytes.data() + 8, unpacked.data(), static_cast<int>(copy.bytes.size() - 8),
                                static_cast<int>(unpacked.size())),
            static_cast<int>(body.size()));
  EXPECT_TRUE(unpacked == body);
}

TEST(BatchPacker, StoresWhatGetsNoSmallerAsVersion1Did) {
  const Batch batch = batch_of(7, ShedClass::kOrders, 1, 5'000);
  Copy copy(batch);
  EXPECT_TRUE(copy.bytes == version_1_body(batch));
  EXPECT_EQ(copy.bytes[kFormatAt], '\0');
  EXPECT_EQ(text_of(*copy.unpacked()), text_of(batch));
}

TEST(BatchPacker, TakesNoOtherFormatSizeOrLength) {
  const Copy whole(repeating());
  for (std::size_t at = 0; at <= kFormatAt; ++at) {
    Copy changed = whole;
    changed.bytes[at] = static_cast<char>(changed.bytes[at] ^ 2);
    EXPECT_FALSE(changed.unpacked()) << "byte " << at;
  }
  for (std::size_t size = 0; size < whole.bytes.size(); ++size) {
    Copy shorter = whole;
    shorter.bytes.resize(size);
    EXPECT_FALSE(shorter.unpacked()) << size << " bytes of " << whole.bytes.size();
  }
  Copy longer = whole;
  longer.bytes += '\0';
  EXPECT_FALSE(longer.unpacked());
  Copy other_row = whole;
  ++other_row.body_bytes;
  EXPECT_FALSE(other_row.unpacked()) << "its row says that it is larger";
}

TEST(BatchPacker, ATimeThatNoClockTellsCountsAsNow) {
  const Now now = read_clocks();
  for (const std::int64_t ms : {INT64_MIN, std::int64_t{-1}, now.utc.time_since_epoch().count() + 1, INT64_MAX}) {
    Batch batch = repeating(1);
    batch.runs[0].arrived_at = UtcMillis(std::chrono::milliseconds(ms));
    BatchPacker packer;
    const StoredBatch stored = packer.pack(batch);
    const std::optional<Batch> back = BatchPacker().unpack(stored, now);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->runs[0].arrived, now.steady) << ms;
    EXPECT_EQ(back->runs[0].arrived_at, batch.runs[0].arrived_at) << ms;
  }
}

/// The checksum tells of damage ahead of this; what got past it must do no harm.
TEST(BatchPacker, AnyChangedByteLeadsToABatchOrToNone) {
  for (const Batch& batch : {repeating(4), batch_of(7, ShedClass::kOrders, 2, 40)}) {
    Copy copy(batch);
    for (char& byte : copy.bytes) {
      for (const int bit : {0, 3, 7}) {
        byte = static_cast<char>(byte ^ 1 << bit);
        const std::optional<Batch> unpacked = copy.unpacked();
        if (unpacked) {
          EXPECT_LT(text_of(*unpacked).size(), 100'000u);
        }
        byte = static_cast<char>(byte ^ 1 << bit);
      }
    }
    EXPECT_EQ(text_of(*copy.unpacked()), text_of(batch));
  }
}

TEST(BatchPacker, ASizeBeyondWhatABlockCanStandForAllocatesNothing) {
  const auto most_memory_kb = [] {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
  };
  const long before = most_memory_kb();
  for (const std::uint64_t size :
       {std::uint64_t{1} << 30, std::uint64_t{LZ4_MAX_INPUT_SIZE}, std::uint64_t{0xFFFFFFFF}}) {
    Copy copy(repeating());
    copy.bytes.replace(0, 4, little_endian(size, 4));
    copy.body_bytes = size;
    EXPECT_FALSE(copy.unpacked()) << size;
  }
  EXPECT_LT(most_memory_kb() - before, 100'000);
}

}  // namespace
}  // namespace firebase_relay::outbox
