#include "base/secret.h"

#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

namespace firebase_relay {

void wipe(std::string& text) noexcept {
  text.resize(text.capacity());  // never allocates; what an earlier, longer text left behind goes, too
  ::explicit_bzero(text.data(), text.size());
  text.clear();
}

void forbid_core_dumps() noexcept {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

}  // namespace firebase_relay
