// The core looks after itself: what has to hold is said where it has to.
#include <gtest/gtest.h>

#include <filesystem>
#include <iterator>
#include <regex>
#include <set>
#include <string>

#include "support/paths.h"
#include "tidy/outline.h"

namespace firebase_relay {
namespace {

struct Figures {
  std::size_t functions = 0;   ///< with a body of their own; those of up to three lines (accessors) are left out
  std::size_t invariants = 0;  ///< calls of invariant(), and rules of a broken_invariant() or a flaw()
};

Figures figures_of(const std::string& folder) {
  constexpr std::size_t kAccessorLinesMax = 3;
  static const std::regex kInvariant(R"(\binvariant\(|return "[a-z])");
  Figures figures;
  for (const auto& file : test_support::sources_in({folder})) {
    const std::string text = test_support::bytes_of(file);
    figures.invariants += static_cast<std::size_t>(
        std::distance(std::sregex_iterator(text.begin(), text.end(), kInvariant), std::sregex_iterator()));
    for (const test_support::Declaration& declaration : test_support::outline_of(text)) {
      const bool is_function = declaration.kind == test_support::Declaration::Kind::kFunction;
      if (is_function && declaration.code_lines > kAccessorLinesMax) ++figures.functions;
    }
  }
  return figures;
}

TEST(Invariants, OfDeliveryAreAsManyAsItsFunctions) {
  const Figures deliver = figures_of("src/deliver");
  EXPECT_GT(deliver.functions, 50u) << "this test finds too little";
  EXPECT_GE(deliver.invariants, deliver.functions);
}

TEST(Invariants, OfCoalescingAreOneInThreeFunctions) {
  const Figures coalesce = figures_of("src/coalesce");
  EXPECT_GT(coalesce.functions, 50u) << "this test finds too little";
  EXPECT_GE(3 * coalesce.invariants, coalesce.functions);
}

/// What the invariants of a folder say, and where.
std::vector<std::pair<std::string, std::filesystem::path>> said_in(const std::string& folder) {
  static const std::regex kText(R"re(\binvariant\([^;]*?"([^"]+)"\)|\breturn [^;]*"([a-z][^"]* [^"]*)")re");
  std::vector<std::pair<std::string, std::filesystem::path>> said;
  for (const auto& file : test_support::sources_in({folder})) {
    const std::string text = test_support::bytes_of(file);
    for (std::sregex_iterator it(text.begin(), text.end(), kText), end; it != end; ++it)
      said.emplace_back((*it)[1].matched ? (*it)[1] : (*it)[2], file);
  }
  return said;
}

TEST(Invariants, EachIsFoundByABugThatIsPlantedForIt) {
  for (const std::string stage : {"deliver", "coalesce"}) {
    const std::string table = test_support::bytes_of(std::filesystem::path(test_support::source_dir()) /
                                                     "tests/mutants" / (stage + ".cmake"));
    std::set<std::string> seen;
    for (const auto& [what, file] : said_in("src/" + stage)) {
      EXPECT_TRUE(seen.insert(what).second) << file << ": another one says this, too: " << what;
      EXPECT_TRUE(table.find("FINDS \"" + what + "\"") != std::string::npos)
          << file << ": tests/mutants/" << stage << ".cmake has no bug that breaks: " << what;
    }
    EXPECT_GT(seen.size(), 20u) << "this test finds too little";
  }
}

}  // namespace
}  // namespace firebase_relay
