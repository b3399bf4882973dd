#pragma once

#include <optional>
#include <string_view>

#include "classify/known_shapes.h"
#include "classify/opened.h"
#include "classify/walker.h"
#include "firebase_relay/dead_letter.h"

namespace firebase_relay::classify {

/// Opens payloads, one after the other: the only time their bytes are looked at. One whose shape was met before needs
/// no parser (classify/known_shapes.h); all others are walked (classify/walker.h).
///
/// Threads: one at a time; a worker has its own.
class Opener {
 public:
  /// `routes` name the fields to be found, and must outlive it.
  explicit Opener(const RouteTable& routes) : walker_(routes.fields) {}

  /// `bytes` must be followed by kPayloadPadding readable bytes. One byte order mark in front is stepped over. Returns
  /// why they are a dead letter; nothing: opened() has them.
  std::optional<DeadLetterReason> open(std::string_view bytes);
  /// The payload opened last, until the next open() and as long as its bytes are there.
  [[nodiscard]] const Opened& opened() const { return opened_; }

 private:
  Walker walker_;
  KnownShapes shapes_;
  Opened opened_;
};

}  // namespace firebase_relay::classify
