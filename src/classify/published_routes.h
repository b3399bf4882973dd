#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "classify/block_writer.h"
#include "classify/routes.h"
#include "classify/written_paths.h"

namespace firebase_relay::classify {

/// The table that counts, which may be replaced while messages flow. Whoever classifies keeps the table with which a
/// block was begun to its end, so that each message goes by one table whole.
///
/// Threads: replace() by one; all else by any.
class PublishedRoutes {
 public:
  /// With the table that is the first.
  explicit PublishedRoutes(RouteTable table);

  /// From now on `table` counts; who uses the one before keeps it until it looks again. Refused, with what stands in
  /// the way, when a path of it could be above or below one of any table since the start: both may meet in what waits.
  std::optional<std::string> replace(RouteTable table);
  /// Rises with each table. Cheap enough to be asked once a block.
  [[nodiscard]] std::uint64_t version() const { return version_.load(std::memory_order_acquire); }
  [[nodiscard]] std::shared_ptr<const RouteTable> newest() const;

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const RouteTable> newest_;  // guarded by mutex_
  std::vector<WrittenPath> written_;          // by all tables, each path once; replace()'s
  std::atomic<std::uint64_t> version_{1};     // its store pairs with the load above
};

/// A BlockWriter by the newest table: made anew when there is another one, with nothing kept of what the last one
/// knew of channels, places and shapes.
///
/// Threads: one. Ownership: `routes` must outlive it.
class CurrentWriter {
 public:
  /// Begins with the table of the moment.
  CurrentWriter(const PublishedRoutes& routes, const WriterOptions& options);
  /// For the next block; not to be kept beyond it.
  BlockWriter& get();

 private:
  void make();

  const PublishedRoutes& routes_;
  WriterOptions options_;
  std::uint64_t version_ = 0;
  std::shared_ptr<const RouteTable> table_;
  std::unique_ptr<BlockWriter> writer_;  // last: it uses the table
};

}  // namespace firebase_relay::classify
