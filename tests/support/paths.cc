#include "support/paths.h"

#include <fstream>
#include <iterator>

namespace test_support {

std::string source_dir() { return RELAY_SOURCE_DIR; }
std::string built(const std::string& program) { return std::string(RELAY_BINARY_DIR) + "/" + program; }

std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_bytes(const std::filesystem::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary) << bytes;
}

}  // namespace test_support
