#include "classify/workers.h"

#include <chrono>
#include <utility>

#include "base/thread.h"

namespace firebase_relay::classify {

Workers::Workers(const PublishedRoutes& routes, const WriterOptions& options, std::size_t count, Wiring wiring)
    : wiring_(std::move(wiring)) {
  try {
    for (std::size_t i = 0; i < count; ++i)
      threads_.push_back(start_thread("worker", [this, &routes, options] { work(routes, options); }));
  } catch (...) {
    wiring_.messages.close();  // or those that have been started would wait for ever
    throw;
  }
}

void Workers::join() { threads_.clear(); }

void Workers::work(const PublishedRoutes& routes, const WriterOptions& options) {
  CurrentWriter writer(routes, options);
  while (std::unique_ptr<MessageBlock> messages = wiring_.messages.pop()) {
    const SteadyTime::duration waited = std::chrono::steady_clock::now() - messages->arrived;
    std::unique_ptr<FragmentBlock> fragments = writer.get().write(*messages);
    wiring_.give_back(std::move(messages), waited);
    const std::uint64_t bytes = fragments->bytes();
    wiring_.fragments.push(std::move(fragments));
    wiring_.made_block(bytes);
  }
}

}  // namespace firebase_relay::classify
