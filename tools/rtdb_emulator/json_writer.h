#pragma once

#include <string>

#include "rtdb_emulator/node.h"

namespace rtdb_emulator {

/// How a value is given back.
struct WriteOptions {
  bool with_priorities = false;  ///< format=export: `.value` and `.priority`, and no arrays
  bool shallow = false;          ///< children as `true`
  bool as_object = false;        ///< no arrays at this level: the answer to a query
};

/// JSON as the database gives it back: children whose keys are mostly 0, 1, 2 … as an array (core/snap/ChildrenNode.ts:
/// all keys integers, the largest below twice their number).
void write_json(const Node& node, const WriteOptions& options, std::string& out);
std::string to_json(const Node& node, const WriteOptions& options = {});
void write_string(std::string_view text, std::string& out);

}  // namespace rtdb_emulator
