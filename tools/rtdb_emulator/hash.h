#pragma once

#include <string>

#include "rtdb_emulator/node.h"

namespace rtdb_emulator {

/// By which a client and the database find out that they have the same value: SHA-1 of a leaf's type and value, or of
/// the keys and hashes of children, as base64. Empty where nothing is.
/// Source: firebase-js-sdk packages/database/src/core/snap/LeafNode.ts and ChildrenNode.ts (hash).
std::string hash_of(const Node& node);

}  // namespace rtdb_emulator
