#pragma once

#include <string>

namespace test_support {

/// Where the sources are.
std::string source_dir();
/// Where the build put an executable, such as "src/firebase-relay".
std::string built(const std::string& program);

}  // namespace test_support
