#pragma once

#include <filesystem>
#include <string>

namespace test_support {

/// Where the sources are.
std::string source_dir();
/// Where the build put an executable, such as "src/firebase-relay".
std::string built(const std::string& program);

/// All of a file; empty when there is none.
std::string bytes_of(const std::filesystem::path& file);
void write_bytes(const std::filesystem::path& file, const std::string& bytes);

}  // namespace test_support
