// What the linker and the compiler have done to make a flaw in the program harder to use: read from the program itself.
#include <elf.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <regex>

#include "support/paths.h"

namespace firebase_relay {
namespace {

namespace fs = std::filesystem;
using test_support::bytes_of;

/// An ELF file of this machine's kind, read as elf(5) says.
class Program {
 public:
  explicit Program(const fs::path& file) : bytes_(bytes_of(file)), header_(at<Elf64_Ehdr>(0)) {
    for (std::size_t i = 0; i < header_.e_phnum; ++i)
      segments_.push_back(at<Elf64_Phdr>(header_.e_phoff + i * sizeof(Elf64_Phdr)));
  }
  [[nodiscard]] bool is_elf() const { return bytes_.starts_with(ELFMAG) && header_.e_ident[EI_CLASS] == ELFCLASS64; }
  [[nodiscard]] std::uint16_t type() const { return header_.e_type; }
  [[nodiscard]] const Elf64_Phdr* segment(std::uint32_t type) const {
    for (const Elf64_Phdr& each : segments_) {
      if (each.p_type == type) return &each;
    }
    return nullptr;
  }
  /// The value of a dynamic entry; 0: it has none.
  [[nodiscard]] std::uint64_t dynamic(std::int64_t tag) const {
    const Elf64_Phdr* dynamic = segment(PT_DYNAMIC);
    for (std::size_t i = 0; dynamic && i < dynamic->p_filesz / sizeof(Elf64_Dyn); ++i) {
      const auto entry = at<Elf64_Dyn>(dynamic->p_offset + i * sizeof(Elf64_Dyn));
      if (entry.d_tag == tag) return entry.d_un.d_val;
    }
    return 0;
  }
  [[nodiscard]] bool names(const std::string& symbol) const {
    return bytes_.find('\0' + symbol + '\0') != std::string::npos;
  }

 private:
  template <class Struct>
  [[nodiscard]] Struct at(std::size_t offset) const {
    Struct value{};
    if (offset + sizeof value <= bytes_.size()) std::memcpy(&value, bytes_.data() + offset, sizeof value);
    return value;
  }

  std::string bytes_;
  Elf64_Ehdr header_;
  std::vector<Elf64_Phdr> segments_;
};

class Hardening : public testing::Test {
 protected:
  const Program relay_{test_support::built("src/firebase-relay")};
};

TEST_F(Hardening, NoStackIsExecutable) {
  ASSERT_TRUE(relay_.is_elf());
  ASSERT_NE(relay_.segment(PT_GNU_STACK), nullptr);
  EXPECT_EQ(relay_.segment(PT_GNU_STACK)->p_flags & PF_X, 0u);
}

TEST_F(Hardening, ProgramStandsAtNoFixedAddress) {
  EXPECT_EQ(relay_.type(), ET_DYN);
  EXPECT_NE(relay_.dynamic(DT_FLAGS_1) & DF_1_PIE, 0u);
}

TEST_F(Hardening, TablesOfFunctionsAreReadOnlyOnceLoaded) {
  EXPECT_NE(relay_.segment(PT_GNU_RELRO), nullptr);
  EXPECT_NE(relay_.dynamic(DT_FLAGS_1) & DF_1_NOW, 0u) << "without it RELRO leaves the table that is filled later";
}

#ifndef RELAY_IS_SHARED
TEST_F(Hardening, NoLibraryIsLookedForInAFolderOfTheBuild) {
  EXPECT_EQ(relay_.dynamic(DT_RPATH), 0u);
  EXPECT_EQ(relay_.dynamic(DT_RUNPATH), 0u);
}
#endif

#ifdef RELAY_IS_COMPILED_HARD
TEST_F(Hardening, StacksAndCopiesAreChecked) {
  EXPECT_TRUE(relay_.names("__stack_chk_fail"));
  EXPECT_TRUE(relay_.names("__memcpy_chk") || relay_.names("__fdelt_chk") || relay_.names("__fprintf_chk") ||
              relay_.names("__read_chk") || relay_.names("__snprintf_chk"));
}
#endif

TEST(Sources, StartNoOtherProgram) {
  const std::regex starts(R"(\b(system|popen|posix_spawnp?|v?fork|exec(l|lp|le|v|vp|vpe|ve))\s*\()");
  std::size_t seen = 0;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(test_support::source_dir()) / "src")) {
    if (!entry.is_regular_file()) continue;
    ++seen;
    EXPECT_FALSE(std::regex_search(bytes_of(entry.path()), starts)) << entry.path();
  }
  EXPECT_GT(seen, 50u);
}

}  // namespace
}  // namespace firebase_relay
