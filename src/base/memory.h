#pragma once

#include <cstddef>

namespace firebase_relay {

/// Gives freed memory back to the system when the allocator holds more than `bytes_kept` of it. After a flood of large
/// messages it would otherwise keep the flood's size for good: pieces of it stand between what is in use.
/// Takes some milliseconds when there is something to give back. Does nothing where the C library cannot.
void give_memory_back(std::size_t bytes_kept) noexcept;

}  // namespace firebase_relay
