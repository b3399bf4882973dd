#include "base/secret.h"

#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstddef>

namespace firebase_relay {

void wipe(std::string& text) noexcept {
  text.resize(text.capacity());  // never allocates; what an earlier, longer text left behind goes, too
  ::explicit_bzero(text.data(), text.size());
  text.clear();
}

std::string without(std::string_view text, std::string_view secret) {
  constexpr std::size_t kBeginning = 8;
  const std::size_t least = std::min(secret.size(), kBeginning);
  std::string shown;
  while (!text.empty()) {
    const auto differ = std::mismatch(text.begin(), text.end(), secret.begin(), secret.end()).first;
    const auto same = static_cast<std::size_t>(differ - text.begin());
    const bool is_secret = same > 0 && same >= least;
    shown += is_secret ? "***" : text.substr(0, 1);
    text.remove_prefix(is_secret ? same : 1);
  }
  return shown;
}

void forbid_core_dumps() noexcept {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

}  // namespace firebase_relay
