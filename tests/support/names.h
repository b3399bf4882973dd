#pragma once

#include <string>
#include <vector>

#include "support/paths.h"

namespace test_support {

/// The environment of a program that shall have the names of tests/support/names.cc. AddressSanitizer wants to be a
/// program's first library, and would refuse the start; that names come before it harms nothing.
inline std::vector<std::string> with_test_names() {
  return {"LD_PRELOAD=" + built("tests/support/names.so"), "ASAN_OPTIONS=verify_asan_link_order=0"};
}

}  // namespace test_support
