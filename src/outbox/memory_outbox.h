#pragma once

#include <map>
#include <string>

#include "firebase_relay/outbox.h"

namespace firebase_relay::outbox {

/// The outbox without a disk: what the database has not acknowledged survives an outage of the database, not of the
/// relay. Copies like the durable one does, so that it takes its place without a change elsewhere.
class MemoryOutbox final : public Outbox {
 public:
  /// Sheds above `bytes_max`, as the durable one does.
  explicit MemoryOutbox(std::uint64_t bytes_max = UINT64_MAX) : bytes_max_(bytes_max) {}

  [[nodiscard]] bool is_on_disk() const override { return false; }
  Result<OutboxLevel> append(const std::vector<const Batch*>& batches, const std::vector<LiveRow>& live) override;
  Result<OutboxLevel> acknowledge(const std::vector<BatchId>& batches, const std::vector<LiveAcknowledged>& live,
                                  bool sync) override;
  Result<void> sync() override { return {}; }
  Result<LoadedBatches> load(BatchId after, std::uint64_t bytes_max) override;
  Result<ShedResult> shed(BatchId after, std::uint64_t bytes, const std::vector<BatchId>& kept) override;
  Result<void> save_orders(const LiveOrdersChange& change) override;
  /// Keeps nothing of it: what stands in the database outlives this outbox.
  Result<void> save_stored(const StoredChange&) override { return {}; }
  Result<std::uint64_t> stored_at(std::string_view) override { return 0; }
  /// All of it, as the durable outbox gives it after a restart.
  [[nodiscard]] Restored restored() const;

 private:
  [[nodiscard]] OutboxLevel level() const;

  std::map<BatchId, Batch> batches_;
  std::map<std::string, LiveRow> live_;
  std::map<std::string, LiveOrder> orders_;
  std::uint64_t bytes_max_;
  std::uint64_t bytes_ = 0;
  Sequence last_sequence_ = 0;
  BatchId last_batch_ = 0;
};

}  // namespace firebase_relay::outbox
