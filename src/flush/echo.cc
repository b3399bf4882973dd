#include "flush/echo.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

namespace firebase_relay::flush {
namespace {

using Json = nlohmann::json;

/// What the database does not keep.
bool is_absence(const Json& value) {
  return value.is_null() || (value.is_structured() && std::all_of(value.begin(), value.end(), is_absence));
}

/// The child `key` of an object, or of an array that stands for one with whole numbers as keys.
const Json* child(const Json& node, const std::string& key) {
  if (node.is_object()) {
    const auto found = node.find(key);
    return found != node.end() ? &*found : nullptr;
  }
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), index);
  const bool is_index = error == std::errc() && end == key.data() + key.size() && std::to_string(index) == key;
  return node.is_array() && is_index && index < node.size() ? &node[index] : nullptr;
}

bool gives_back(const Json& sent, const Json& got) {
  if (is_absence(sent)) return true;
  if (sent.is_number()) return got.is_number() && sent.get<double>() == got.get<double>();
  if (!sent.is_structured()) return sent == got;
  for (const auto& [key, value] : sent.items()) {  // an array's keys are its indices
    const Json* stands = child(got, key);
    if (!is_absence(value) && (stands == nullptr || !gives_back(value, *stands))) return false;
  }
  return true;
}

/// The keys of a path; those that are empty are none.
void append_keys(std::string_view path, std::vector<std::string>& keys) {
  while (!path.empty()) {
    const std::string_view key = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(path.size(), key.size() + 1));
    if (!key.empty()) keys.emplace_back(key);
  }
}

}  // namespace

Echo::Echo(std::string_view root, std::string_view base, std::span<const std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) text += part;
  // Of the members only the first one that has a value is kept.
  bool has_value = false;
  std::optional<std::string> first;
  std::string key;
  const auto keep = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (depth == 0 || has_value) return depth == 0;
    if (depth > 1) return true;
    if (event == Json::parse_event_t::key) key = parsed.get<std::string>();
    const bool is_whole = event == Json::parse_event_t::value || event == Json::parse_event_t::object_end ||
                          event == Json::parse_event_t::array_end;
    if (!is_whole) return true;
    has_value = !is_absence(parsed);
    if (has_value || !first) first = key;
    return has_value;
  };
  Json sent = Json::parse(text, keep, false);
  if (has_value) value_ = std::make_shared<const Json>(std::move(sent[*first]));
  if (!first) return;
  Keys to_base;
  append_keys(base, to_base);
  Keys to_root;
  append_keys(root, to_root);
  to_root.insert(to_root.end(), to_base.begin(), to_base.end());
  for (const Keys& prefix : {Keys(), to_base, to_root}) {
    Keys& nested = ways_.emplace_back(prefix);
    append_keys(*first, nested);
    ways_.emplace_back(prefix).push_back(*first);
  }
}

/// Keeps of a tree only what stands on one of the ways, so that a tree of 16 MiB does not become ten times as much in
/// memory. Arrays on a way are kept whole: their elements have no keys by which to choose.
class Echo::Filter {
 public:
  explicit Filter(const std::vector<Keys>& ways) : ways_(ways), gone_(ways.size(), 0) {}

  bool operator()(int at, Json::parse_event_t event, const Json& parsed) {
    const auto depth = static_cast<std::size_t>(at);
    if (event == Json::parse_event_t::array_start && !array_) array_ = depth;
    if (event == Json::parse_event_t::array_end && array_ == depth) array_.reset();
    if (event != Json::parse_event_t::key || array_) return true;
    bool is_on_a_way = false;
    for (std::size_t i = 0; i < ways_.size(); ++i) {
      std::size_t& gone = gone_[i];  // how many keys of this way lead to where we are
      gone = std::min(gone, depth - 1);
      if (gone == depth - 1 && gone < ways_[i].size() && parsed == ways_[i][gone]) ++gone;
      is_on_a_way = is_on_a_way || gone == depth || gone == ways_[i].size();
    }
    return is_on_a_way;
  }

 private:
  const std::vector<Keys>& ways_;
  std::vector<std::size_t> gone_;
  std::optional<std::size_t> array_;
};

bool Echo::is_in(std::string_view body) const {
  const Json tree = Json::parse(body, Filter(ways_), false);
  const bool was_removed = value_ == nullptr;
  if (was_removed && tree.is_null()) return true;
  if (!tree.is_structured()) return false;
  return std::any_of(ways_.begin(), ways_.end(), [&](const Keys& way) {
    const Json* node = &tree;
    std::size_t gone = 0;
    for (; gone < way.size(); ++gone) {
      const Json* next = child(*node, way[gone]);
      if (next == nullptr) break;
      node = next;
    }
    if (gone < way.size()) return was_removed && gone > 0 && node->is_structured();
    return was_removed ? node->is_null() : gives_back(*value_, *node);
  });
}

}  // namespace firebase_relay::flush
