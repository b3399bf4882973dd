#pragma once

#include <string>
#include <utility>
#include <vector>

#include "rtdb_emulator/json_reader.h"
#include "rtdb_emulator/path.h"

namespace rtdb_emulator {

/// The writes that a client has left behind for when it is gone. Threads: one.
class OnDisconnect {
 public:
  /// `path` becomes `value`, in place of what was to become of it and of all below it.
  void set(Path path, Node value);
  /// What is below `path` becomes `updates`, besides what is to become of the rest.
  void update(const Path& path, Updates&& updates);
  /// Nothing becomes of `path` and of all below it.
  void cancel(const Path& path);
  /// The writes, in the order in which they were left; none are left.
  std::vector<std::pair<Path, Node>> take() { return std::exchange(writes_, {}); }

 private:
  std::vector<std::pair<Path, Node>> writes_;
};

}  // namespace rtdb_emulator
