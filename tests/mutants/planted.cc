#include "mutants/planted.h"

#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <string_view>

#include "base/invariant.h"

namespace firebase_relay {
namespace {

constexpr unsigned kNone = std::size(kPlantedBugs);

unsigned chosen() {
  const char* name = std::getenv("RELAY_MUTANT");
  if (name == nullptr) return kNone;
  for (unsigned number = 0; number < kNone; ++number) {
    if (name == std::string_view(kPlantedBugs[number].name)) return number;
  }
  std::fprintf(stderr, "no planted bug is called '%s'\n", name);
  std::_Exit(2);
}

}  // namespace

const unsigned planted_bug = chosen();

/// Ends the process where an invariant has to find the bug. Otherwise it is none of its business, as in a release.
void invariant_broken(const char* what) noexcept {
  if (planted_bug != kNone && *kPlantedBugs[planted_bug].finds == '\0') return;
  std::fprintf(stderr, "a broken invariant: %s\n", what);
  std::_Exit(3);
}

const char* take_broken_invariant() noexcept { return nullptr; }

}  // namespace firebase_relay
