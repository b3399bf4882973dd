#include "base/memory.h"

#include <cstdlib>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace firebase_relay {

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
void give_memory_back(std::size_t bytes_kept) noexcept {
  if (::mallinfo2().fordblks > bytes_kept) ::malloc_trim(0);
}
#else
void give_memory_back(std::size_t) noexcept {}
#endif

}  // namespace firebase_relay
