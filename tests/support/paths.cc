#include "support/paths.h"

namespace test_support {

std::string source_dir() { return RELAY_SOURCE_DIR; }
std::string built(const std::string& program) { return std::string(RELAY_BINARY_DIR) + "/" + program; }

}  // namespace test_support
