#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "base/queue.h"
#include "classify/published_routes.h"
#include "firebase_relay/fragment.h"
#include "firebase_relay/message.h"

namespace firebase_relay::classify {

/// The worker threads: each takes blocks of messages from one queue and puts blocks of fragments into another, by the
/// table that is the newest when it begins with a block.
///
/// Threads: constructed and joined by one. `give_back` and `made_block` are called on the workers.
class Workers {
 public:
  /// Where blocks come from and go to. Queues must outlive the workers.
  struct Wiring {
    Queue<MessageBlock>& messages;
    Queue<FragmentBlock>& fragments;
    /// Gets a block back that is done with; `waited`: from its arrival until a worker began with it.
    std::function<void(std::unique_ptr<MessageBlock>, SteadyTime::duration waited)> give_back;
    std::function<void(std::uint64_t fragment_bytes)> made_block;  ///< after it was put into `fragments`
  };
  /// Starts `count` threads.
  Workers(const PublishedRoutes& routes, const WriterOptions& options, std::size_t count, Wiring wiring);
  /// Ends when `messages` is closed and empty.
  void join();

 private:
  void work(const PublishedRoutes& routes, const WriterOptions& options);

  Wiring wiring_;
  std::vector<std::jthread> threads_;
};

}  // namespace firebase_relay::classify
