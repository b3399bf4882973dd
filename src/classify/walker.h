#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "classify/opened.h"
#include "classify/routes.h"
#include "firebase_relay/dead_letter.h"

namespace firebase_relay::classify {

/// Opens payloads by a parser. simdjson on-demand checks UTF-8, structure and every value it is asked for, and a walk
/// asks for all of them: raw_json() and skipping would check nothing.
///
/// Threads: one at a time; a worker has its own.
class Walker {
 public:
  /// `fields`: the tree of those to be found; must outlive it.
  explicit Walker(const std::vector<FieldNode>& fields);
  ~Walker();
  Walker(const Walker&) = delete;
  Walker& operator=(const Walker&) = delete;

  /// Opens a payload that has begun (Opened::begin), and whose bytes are followed by kPayloadPadding readable ones.
  /// Returns why it is a dead letter; nothing: it is open.
  std::optional<DeadLetterReason> walk(Opened& payload);

 private:
  class Walk;
  struct Parser;

  const std::vector<FieldNode>& fields_;
  std::unique_ptr<Parser> parser_;
};

}  // namespace firebase_relay::classify
