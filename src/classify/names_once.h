#pragma once

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace firebase_relay::classify {

/// Thrown while a file of routes is read, where it may be found deep in a nested value; parse_routes() makes it an
/// Error.
struct Mistake {
  std::string place;
  std::string expected;
};

/// Throws the Mistake that at `place` of the file something other stands than `what`.
[[noreturn]] inline void expected(const std::string& place, std::string what) { throw Mistake{place, std::move(what)}; }

/// Looks at the file as it is parsed: of a name that stands twice in an object the parser would keep one, and say
/// nothing.
class NamesOnce {
 public:
  /// JSON that keeps the order of its keys: that of routes means something.
  using Json = nlohmann::ordered_json;

  bool operator()(int depth, Json::parse_event_t event, const Json& parsed) {
    using Event = Json::parse_event_t;
    // No table is deep; what is could not even be shown in a complaint, nor destroyed, without a stack as deep.
    constexpr int kDepthMax = 16;
    if (depth > kDepthMax) expected("", "a table of routes, found more than 16 levels");
    const bool ends = event == Event::object_end || event == Event::array_end;
    if (ends) levels_.pop_back();
    if (event == Event::key) {
      levels_.back().last = parsed.get<std::string>();
      if (!levels_.back().names.insert(levels_.back().last).second) expected(place(), "each name once");
    } else if (!ends && !levels_.empty() && levels_.back().is_array) {
      levels_.back().last = std::to_string(levels_.back().count++);
    }
    if (event == Event::object_start || event == Event::array_start)
      levels_.push_back({event == Event::array_start, 0, {}, {}});
    return true;
  }

 private:
  struct Level {
    bool is_array;
    std::size_t count;
    std::string last;  ///< name or number of what is being read
    std::set<std::string> names;
  };
  [[nodiscard]] std::string place() const {
    std::string place;
    for (const Level& level : levels_) place += "/" + level.last;
    return place;
  }
  std::vector<Level> levels_;
};

}  // namespace firebase_relay::classify
