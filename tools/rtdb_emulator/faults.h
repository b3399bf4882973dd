#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace rtdb_emulator {

/// What goes wrong with a request, as a test asked for it.
struct Fault {
  /// As `kind` in the JSON of `/.test/faults`.
  enum class Kind : std::uint8_t { kStatus, kHang, kClose, kDelay, kRefuse, kPoison, kStraggle };
  Kind kind = Kind::kStatus;
  int status = 503;
  std::string body;
  std::string content_type;  ///< empty: as usual
  std::string location;      ///< of a redirect
  std::string marker;
  std::optional<std::string> retry_after;
  bool after_apply = false;
  std::chrono::milliseconds delay{0};
};

/// The faults that tests have put in. `control.cc` documents their JSON.
/// Threads: any.
class Faults {
 public:
  /// Adds one; a text says what is wrong with it.
  std::optional<std::string> add(const nlohmann::json& fault);
  void clear();
  [[nodiscard]] nlohmann::json list() const;
  /// What goes wrong with this request; delays of several faults add up into `delay`.
  std::optional<Fault> strike(std::string_view method, std::string_view path, std::string_view body,
                              std::chrono::milliseconds& delay);

 private:
  struct Planted {
    Fault fault;
    std::string name;
    std::optional<std::uint64_t> count;
    std::optional<std::chrono::steady_clock::time_point> until;
    double probability = 1;
    std::string method;
    std::string path_prefix;
    std::uint64_t min_ms = 0;
    std::uint64_t max_ms = 0;
    std::uint64_t hits = 0;
  };
  mutable std::mutex mutex_;
  std::list<Planted> planted_;
  std::mt19937_64 random_{std::random_device{}()};
};

}  // namespace rtdb_emulator
