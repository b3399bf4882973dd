#pragma once

#include <nlohmann/json_fwd.hpp>

#include "rtdb_emulator/node.h"
#include "rtdb_emulator/path.h"
#include "rtdb_emulator/rules.h"

namespace rtdb_emulator {

/// Whether the rules let `auth` read what stands at `place`: a rule there or above it has to grant it.
/// `auth`: what rules call so; null for nobody. `root`: of the whole tree.
bool rules_allow_read(const RulesLevel& top, const nlohmann::json& auth, const Node& root, const Path& place);
/// Whether they let `auth` write: each place by itself, and `newData` is what stands there after all of them.
bool rules_allow_write(const RulesLevel& top, const nlohmann::json& auth, const Node& root, const Writes& writes);
/// Whether the children of `place` have an index: `.value`, or a path below each of them.
bool rules_have_index(const RulesLevel& top, const Path& place, const std::string& index);

}  // namespace rtdb_emulator
