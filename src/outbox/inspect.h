#pragma once

#include <filesystem>
#include <string>

#include "firebase_relay/result.h"

namespace firebase_relay::outbox {

/// Looks at the outbox `file`, tries what a relay does with it and its folder, and says in words how it is: an outbox
/// of a moment is made beside it, written and removed again, and the one that is there is opened for writing and
/// written in a transaction that is rolled back. No trace stays of it. While a relay uses the outbox, that is the
/// answer, and nothing is tried. What only the write-ahead log of a killed run holds is not counted.
/// Fails with kTooNew, or kIo (damaged, foreign, cannot be written, no room), each with its remedy.
Result<std::string> inspect(const std::filesystem::path& file);

}  // namespace firebase_relay::outbox
