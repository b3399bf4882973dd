#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/http.h"
#include "support/process.h"

namespace test_support {

/// An rtdb-emulator on a free port, or at `address`, with its test controls.
class Emulator {
 public:
  explicit Emulator(const std::vector<std::string>& flags = {"--test-controls"},
                    const std::string& address = "127.0.0.1:0");

  /// `http://127.0.0.1:PORT`
  [[nodiscard]] const std::string& url() const { return url_; }
  /// As --database-url.
  [[nodiscard]] std::string database_url() const { return url_ + "/?ns=demo"; }
  /// What stands at `path` (keys of the tree, which are encoded for the URL here).
  [[nodiscard]] nlohmann::json get(const std::string& path) const;
  /// The entries of history at `place`, as `history/AAPL/prices`, by their keys: those of all its days, and those that
  /// stand there without a day.
  [[nodiscard]] nlohmann::json entries(const std::string& place) const;
  /// `path` below `/.test/`. Throws unless it is answered with 200.
  nlohmann::json control(const std::string& method, const std::string& path,
                         const nlohmann::json& body = nullptr) const;
  /// Refuses every connection until end_outage(), which ends every other fault, too.
  void begin_outage() const { control("POST", "faults", {{"kind", "refuse"}, {"ms", 600'000}}); }
  void end_outage() const { control("DELETE", "faults"); }
  Process& process() { return *process_; }

 private:
  std::unique_ptr<Process> process_;
  std::string url_;
};

}  // namespace test_support
