#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "archive/file.h"

namespace firebase_relay::archive {

/// What is wrong with a file that was read; empty: nothing.
using Flaw = std::string;

/// Gives each whole line of a plain file, without its end, as far as the file goes now: a last line without an end is
/// being written, or was cut off, and is none. A line over kLineBytesMax is a flaw, and ends it.
Flaw read_plain(const File& file, const std::function<void(std::string_view line)>& give);
/// The same of a sealed file, frame by frame, without the counts. What stands before a flaw has been given then: bytes
/// that do not match their checksum, an end in the middle, a count that is not that of the lines. An empty file is one,
/// too.
Flaw read_sealed(const File& file, const std::function<void(std::string_view line)>& give);

/// More than any message may have.
inline constexpr std::size_t kLineBytesMax = 64 << 20;

}  // namespace firebase_relay::archive
