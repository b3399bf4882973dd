#pragma once

#include <filesystem>
#include <string>

#include "firebase_relay/result.h"

namespace firebase_relay::outbox {

/// Looks at the outbox `file` and says in words how it is; creates and changes nothing. While a relay uses it, that is
/// the answer. What only the write-ahead log of a killed run holds is not counted.
/// Fails with kTooNew, or kIo (damaged, foreign, or its folder cannot be written), each with its remedy.
Result<std::string> inspect(const std::filesystem::path& file);

}  // namespace firebase_relay::outbox
