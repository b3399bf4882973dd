#pragma once

#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "support/redis_server.h"
#include "support/temp_dir.h"

namespace test_support {

/// Stands for Redis 6.2, of which no package is at hand: a Redis of today behind a proxy on its socket that takes away
/// what 7.0 brought to streams. XINFO does not tell `entries-added`, `max-deleted-entry-id`, `recorded-first-entry-id`,
/// `entries-read` and `lag`, and XGROUP refuses ENTRIESREAD, both within scripts, too. What else differs (words of
/// other errors, say) is not shown by it.
class OldRedis {
 public:
  OldRedis();
  ~OldRedis();
  OldRedis(const OldRedis&) = delete;
  OldRedis& operator=(const OldRedis&) = delete;

  /// As its clients reach it.
  [[nodiscard]] const RedisServer& server() const { return redis_; }

 private:
  void serve(int peer);

  TempDir dir_;
  RedisServer redis_;
  int listener_ = -1;
  std::mutex mutex_;
  std::vector<int> peers_;  // guarded by mutex_
  std::jthread acceptor_;
};

}  // namespace test_support
