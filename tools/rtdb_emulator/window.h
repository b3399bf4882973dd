#pragma once

#include <map>
#include <optional>
#include <string>

#include "rtdb_emulator/json_writer.h"
#include "rtdb_emulator/node.h"
#include "rtdb_emulator/query.h"

namespace rtdb_emulator {

/// What a query takes of a place that changes, and what of that a client does not know yet. Threads: the owner's lock.
class Window {
 public:
  /// `options`: how a child is told to the client.
  explicit Window(Query query, const WriteOptions& options = {true, false, false})
      : query_(std::move(query)), options_(options) {}
  /// All that the query takes, as a value of its own.
  [[nodiscard]] Node value(const Node& place) const;
  /// From now on `place` is what the client knows.
  void know(const Node& place);
  /// The children that the client does not know as they are now, null for those that left, as an object's JSON; from
  /// now on it knows them. Nothing: it knew all.
  std::optional<std::string> news(const Node& place);

 private:
  [[nodiscard]] std::map<std::string, std::string> taken(const Node& place) const;

  Query query_;
  WriteOptions options_;
  std::map<std::string, std::string> known_;  ///< by key, the child's JSON
};

}  // namespace rtdb_emulator
