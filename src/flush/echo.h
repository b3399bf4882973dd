#pragma once

#include <cstddef>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace firebase_relay::flush {

/// What of a request a 200 has to give back before it counts as an answer of a database: a server that ignores
/// `print=silent` echoes the request or shows the tree, and whatever else says 200 (a login page, a queue, a gateway
/// with an error in its body) has stored nothing. It is the first path that was sent with a value; where there is none,
/// the first that was removed.
///
/// A value counts as given back when all of it that is not absence (null, {}, []) stands there: the database keeps no
/// nulls, compares numbers by value, and shows objects with whole numbers as keys as arrays.
///
/// Made only when a 200 came: it parses what was sent. Threads: one.
class Echo {
 public:
  /// An answer is read up to here; a longer one gives nothing back.
  static constexpr std::size_t kBytesMax = 16 << 20;

  /// `parts`: the request's body, `{"path":value,…}`. Its paths stand below `base`, and that below `root`: both are
  /// database paths, and may be empty. Nothing is kept of the views.
  Echo(std::string_view root, std::string_view base, std::span<const std::string_view> parts);

  /// Does `body` give it back: as a flat key, or nested, below the request's location or in the whole tree? Of
  /// removals alone: is it `null`, the nulls that were sent, or a tree in which the path is missing?
  [[nodiscard]] bool is_in(std::string_view body) const;

 private:
  using Keys = std::vector<std::string>;
  class Filter;

  /// The ways down to where the path may stand.
  std::vector<Keys> ways_;
  std::shared_ptr<const nlohmann::json> value_;  ///< none: the path was removed
};

}  // namespace firebase_relay::flush
