#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/backoff.h"
#include "firebase_relay/result.h"
#include "flush/patch_sender.h"

namespace firebase_relay::flush {

/// Some of a node's children, by their keys.
struct KeyRange {
  std::string begin;  ///< the first key, that one too; empty: from the start
  std::string end;    ///< the last key, that one too; empty: to the end
};

/// Reads the database for somebody who waits: one question after the other over a kept connection, of no more than
/// Echo::kBytesMax each. What may help is tried again for some seconds. Paths are those of the database as between
/// quotes.
///
/// Threads: one. Errors: kUnavailable (nobody answers, or not now), kRefused (the answer is no, or no JSON of a
/// database's), each with what to do.
class DatabaseReader {
 public:
  /// What came, and whether there was more than is read of one answer.
  struct Page {
    std::string body;
    bool is_cut_off = false;
  };
  /// From which end of the range children are taken.
  enum class From : std::uint8_t { kFirst, kLast };

  /// Connects to nobody yet. Errors: as PatchSender.
  explicit DatabaseReader(SenderOptions options);

  /// The keys of the node, as between quotes, without what stands below them (`shallow=true`). A list that is longer
  /// than is read: kRefused.
  Result<std::vector<std::string>> list(const std::string& path);
  /// At most `count` children of the node, as the JSON of an object.
  Result<Page> page(const std::string& path, const KeyRange& range, std::size_t count, From from = From::kFirst);
  /// What was downloaded: heads and bodies of answers.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  Result<Page> get(const std::string& path, const std::string& query);
  PatchSender::Finished ask(const std::string& path, const std::string& query);
  [[nodiscard]] std::string shown(const std::string& path) const;

  std::string where_;
  PatchSender sender_;
  std::uint64_t bytes_ = 0;
};

}  // namespace firebase_relay::flush
