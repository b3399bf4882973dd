#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace fuzz {

/// What libFuzzer gives, as text.
inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// A promise of the code under test: broken, it is a finding.
inline void demand(bool holds, const char* what, std::string_view text = {}) {
  if (holds) return;
  std::fprintf(stderr, "%s: %.*s\n", what, static_cast<int>(text.size()), text.data());
  std::abort();
}

/// An error is one line that says something.
inline void demand_one_line(std::string_view what) {
  demand(!what.empty(), "an empty error");
  demand(what.find('\n') == std::string_view::npos, "an error of several lines", what);
}

}  // namespace fuzz
