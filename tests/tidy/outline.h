#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace test_support {

/// One declaration of a C++ file, outside of functions.
struct Declaration {
  enum class Kind : std::uint8_t {
    kType,      ///< a class, an enumeration or an alias that is defined here
    kFunction,  ///< declared or defined
    kVariable,  ///< a constant, a variable or a member
    kOther,     ///< what needs no comment: a name that is only announced, a friend, a static_assert
  };
  Kind kind = Kind::kOther;
  std::string scope;  ///< the namespaces and classes around it, joined by `::`
  std::string name;   ///< with what stands in front of it: `Disk::proceed`
  std::string text;   ///< its code up to the first brace or the semicolon
  std::size_t first_line = 0;
  std::size_t last_line = 0;   ///< that of its closing brace or semicolon
  std::size_t code_lines = 0;  ///< from first to last, without blank lines and those that hold only a comment
  bool is_class = false;
  bool is_in_class = false;
  bool is_public = false;  ///< others may use it: neither a private member, nor in an unnamed namespace or `detail`
  /// A `///` comment stands above it, or above the group that it stands in without a blank line, or behind its head.
  bool is_documented = false;
  std::string comment;  ///< all that stands above it, in one line

  [[nodiscard]] std::string full_name() const { return scope.empty() ? name : scope + "::" + name; }
};

/// The declarations of a file, in their order, those of a class behind the class itself. It is no parser of C++: it
/// follows braces, and knows C++ as clang-format writes it and this tree uses it.
std::vector<Declaration> outline_of(const std::string& text);

/// All headers and sources below these folders of the tree, in the order of their names.
std::vector<std::filesystem::path> sources_in(const std::vector<std::string>& folders);

/// `src/base/clock.h:12`, to stand in front of what a test says about it.
std::string place_of(const std::filesystem::path& file, std::size_t line);

}  // namespace test_support
