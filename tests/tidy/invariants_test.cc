// The core looks after itself: what has to hold is said where it has to.
#include <gtest/gtest.h>

#include <iterator>
#include <regex>
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

}  // namespace
}  // namespace firebase_relay
