#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "support/paths.h"
#include "support/temp_dir.h"

namespace test_support {

/// A process of our own, with what it says in files. Ended by its id when the object goes, killed if it does not.
class Process {
 public:
  /// Starts `command` (program and arguments); `environment` ("NAME=value") is added to ours. Throws if it cannot.
  explicit Process(const std::vector<std::string>& command, const std::vector<std::string>& environment = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void signal(int number) const;
  /// The exit status, 128 + n for signal n; nothing when it still runs after `timeout`.
  std::optional<int> wait(std::chrono::milliseconds timeout = std::chrono::seconds(30));
  [[nodiscard]] bool is_running();
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] std::string out() const;
  [[nodiscard]] std::string err() const;
  /// Waits for a line of stdout or stderr with `marker`, and returns what stands behind it. Throws, with all it said.
  std::string wait_for(const std::string& marker, std::chrono::milliseconds timeout = std::chrono::seconds(20));

 private:
  TempDir dir_;
  pid_t pid_ = -1;
  std::optional<int> status_;
};

}  // namespace test_support
