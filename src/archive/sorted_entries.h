#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "archive/file.h"
#include "archive/line.h"
#include "firebase_relay/result.h"

namespace firebase_relay::archive {

/// Puts lines into the order of their keys, each entry (key and path) once. What does not fit into memory is sorted in
/// runs, in a file without a name, and merged. Threads: one.
class SortedEntries {
 public:
  /// `bytes_max`: of lines in memory; what it takes besides is less than as much again. `folder`: where the runs go.
  SortedEntries(std::uint64_t bytes_max, std::filesystem::path folder)
      : bytes_max_(bytes_max), folder_(std::move(folder)) {}

  /// Copies. Errors: kIo, the runs cannot be written.
  Result<void> add(const Line& line);
  /// Gives all of them, and is empty then. False from `give` ends it. Errors: kIo, the runs cannot be written, or not
  /// be read back; some of them were given by then.
  Result<void> give_all(const std::function<bool(const Line&)>& give);
  /// How many runs were written.
  [[nodiscard]] std::size_t runs() const { return runs_.size(); }

 private:
  struct Place {
    std::uint64_t offset;
    std::uint32_t size;
    std::uint16_t path_at;
    std::uint16_t path_size;
  };
  struct Run {
    std::uint64_t begin;
    std::uint64_t end;
  };
  class RunReader;

  [[nodiscard]] Line line_at(const Place& place) const;
  void sort();
  Result<void> write_run();
  Result<void> merge(const std::function<bool(const Line&)>& give);
  [[nodiscard]] Error runs_error(int error) const;
  [[nodiscard]] Error lost_runs_error(int error) const;

  std::uint64_t bytes_max_;
  std::filesystem::path folder_;
  std::string text_;
  std::vector<Place> places_;
  File file_;
  std::vector<Run> runs_;
};

/// The order: by key, then by path.
bool is_before(const Line& a, const Line& b);
/// Are they one entry?
bool is_same_entry(const Line& a, const Line& b);

}  // namespace firebase_relay::archive
