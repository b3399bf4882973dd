#include "rtdb_emulator/json_reader.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_map>

namespace rtdb_emulator {
namespace {

constexpr char kNoJson[] = "Invalid data; couldn't parse JSON object, array, or value.";

/// Builds nodes from nlohmann's events; the first flaw ends it.
class Builder {
 public:
  using Json = nlohmann::json;

  Builder(std::string_view json, bool keys_are_paths, std::size_t depth)
      : json_(json), keys_are_paths_(keys_are_paths), depth_(depth) {
    stack_.emplace_back();
  }

  bool null() { return put(Node()); }
  bool boolean(bool value) { return put(Node(value)); }
  bool number_integer(Json::number_integer_t value) { return put(Node(std::int64_t{value})); }
  bool number_unsigned(Json::number_unsigned_t value) {
    if (value > INT64_MAX) return put(Node(static_cast<double>(value)));
    return put(Node(static_cast<std::int64_t>(value)));
  }
  bool number_float(Json::number_float_t value, const std::string&) {
    if (!std::isfinite(value)) return refuse("Invalid data; number out of range.");
    constexpr double kExact = 9007199254740992.0;
    if (std::trunc(value) == value && std::abs(value) <= kExact) return put(Node(static_cast<std::int64_t>(value)));
    return put(Node(value));
  }
  bool string(std::string& value) {
    if (value.size() > kStringBytesMax) return refuse("Invalid data; string exceeds the maximum of 10485760 bytes.");
    return put(Node(std::move(value)));
  }
  bool binary(Json::binary_t&) { return refuse(kNoJson); }
  bool start_object(std::size_t) { return open(false); }
  bool start_array(std::size_t) { return open(true); }
  bool key(std::string& name) {
    Frame& frame = stack_.back();
    frame.key = std::move(name);
    frame.is_server_value = frame.is_server_value || frame.key == ".sv";
    if (keys_are_paths_ && stack_.size() == 2) return check_path(frame.key);
    if (frame.key == ".sv" || frame.key == ".value" || frame.key == ".priority") return true;
    flaw_ = flaw_of_key(frame.key);
    return !flaw_ || refuse("Invalid data; couldn't parse key beginning at 1:" + std::to_string(column_of(frame.key)) +
                            ". " + *flaw_);
  }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& error) {
    return refuse(error.id == 406 ? "Invalid data; number out of range." : kNoJson);
  }

  std::optional<Refusal> refusal;
  Node result;
  Updates updates;
  bool root_is_object = false;
  bool root_is_null = false;

 private:
  struct Frame {
    Node::Children children;
    std::string key;
    std::size_t index = 0;
    bool is_array = false;
    bool is_server_value = false;  // has a `.sv`, also one that is nothing and leaves no child
  };

  bool refuse(std::string text) {
    if (!refusal) refusal = Refusal{400, std::move(text)};
    return false;
  }
  bool check_path(const std::string& path) {
    const Path keys = split_path(path);
    if (keys.empty() || !is_place(keys)) return refuse("Invalid path: Invalid token in path");
    if (depth_ + keys.size() > kDepthMax) return refuse("Invalid data; path is too deep.");
    path_depth_ = keys.size();
    path_is_of_priority_ = is_of_priority(keys);
    return true;
  }
  bool open(bool is_array) {
    if (stack_.size() == 1 && !is_array) root_is_object = true;
    stack_.emplace_back();
    stack_.back().is_array = is_array;
    // The frame at the bottom holds the whole value; with paths as keys the object of updates is no level of the tree.
    const std::size_t levels = stack_.size() - 1;
    const std::size_t used = keys_are_paths_ ? depth_ + path_depth_ + levels - 1 : depth_ + levels;
    return used <= kDepthMax || refuse("Invalid data; the data is deeper than 32 levels.");
  }
  bool close() {
    Frame frame = std::move(stack_.back());
    stack_.pop_back();
    if (stack_.size() == 1 && keys_are_paths_) return true;
    Node node;
    if (frame.is_server_value) return server_value(frame.children);
    const auto priority = frame.children.extract(".priority");
    if (!priority.empty() && !can_be_priority(priority.mapped())) return refuse(kNoPriority);
    const auto value = frame.children.extract(".value");
    if (!value.empty()) {
      if (!frame.children.empty()) return refuse("Invalid data; a node with .value can't have children.");
      if (value.mapped().children()) return refuse("Invalid data; .value must be a primitive.");
      node.value = std::move(value.mapped().value);
    } else if (!frame.children.empty()) {
      node.value = std::move(frame.children);
    }
    if (!priority.empty() && !node.is_empty()) node.priority = std::make_unique<Node>(std::move(priority.mapped()));
    return put(std::move(node));
  }
  bool server_value(const Node::Children& children) {
    const auto what = children.find(".sv");  // not there: it is null, {} or []
    if (what != children.end() && children.size() == 1) {
      const auto* text = std::get_if<std::string>(&what->second.value);
      if (text && *text == "timestamp") return put(Node(ServerValue()));
      if (const auto by = increment_of(what->second)) return put(Node(ServerValue{false, *by}));
    }
    return refuse("Invalid data; unrecognized server value.");
  }
  static std::optional<Number> increment_of(const Node& operation) {
    const Node::Children* members = operation.children();
    if (!members || members->size() != 1 || !members->contains("increment")) return std::nullopt;
    const Node& by = members->at("increment");
    if (const auto* integer = std::get_if<std::int64_t>(&by.value)) return *integer;
    if (const auto* number = std::get_if<double>(&by.value)) return *number;
    return std::nullopt;
  }
  bool put(Node node) {
    Frame& frame = stack_.back();
    if (stack_.size() == 1) {
      root_is_null = node.is_empty() && !root_is_object;
      result = std::move(node);
      return true;
    }
    const std::string key = frame.is_array ? std::to_string(frame.index++) : std::move(frame.key);
    if (keys_are_paths_ && stack_.size() == 2) {
      if (path_is_of_priority_ && !can_be_priority(node)) return refuse(kNoPriority);
      const auto [at, is_new] = update_at_.try_emplace(key, updates.size());
      if (is_new) {
        updates.emplace_back(key, std::move(node));
      } else {
        updates[at->second].second = std::move(node);
      }
      return true;
    }
    frame.children.erase(key);
    if (!node.is_empty()) frame.children.emplace(key, std::move(node));
    return true;
  }

  /// Of the key's opening quote, counted from 1: a guess when it stands there more than once.
  [[nodiscard]] std::size_t column_of(const std::string& key) const {
    const std::size_t at = json_.find('"' + key + '"');
    return at == std::string_view::npos ? 1 : at + 1;
  }

  std::string_view json_;
  bool keys_are_paths_;
  std::size_t depth_;
  std::size_t path_depth_ = 0;  ///< of the member of a PATCH that is being read
  bool path_is_of_priority_ = false;
  std::optional<std::string> flaw_;
  std::vector<Frame> stack_;
  std::unordered_map<std::string, std::size_t> update_at_;
};

std::optional<Refusal> read(std::string_view json, Builder& builder) {
  if (json.find_first_not_of(" \t\r\n") == std::string_view::npos) return Refusal{400, "Error: No data supplied."};
  if (!is_valid_utf8(json)) return Refusal{400, kNoJson};
  const bool done = nlohmann::json::sax_parse(json, &builder);
  if (builder.refusal) return builder.refusal;
  return done ? std::nullopt : std::optional(Refusal{400, kNoJson});
}

}  // namespace

bool can_be_priority(const Node& node) {
  return !std::holds_alternative<bool>(node.value) && (!node.children() || node.is_empty());
}

std::variant<Node, Refusal> read_value(std::string_view json, std::size_t depth) {
  Builder builder(json, false, depth);
  if (const auto refusal = read(json, builder)) return *refusal;
  return std::move(builder.result);
}

std::variant<Updates, Refusal> read_updates(std::string_view json, std::size_t depth) {
  Builder builder(json, true, depth);
  if (const auto refusal = read(json, builder)) return *refusal;
  if (!builder.root_is_object && !builder.root_is_null)
    return Refusal{400,
                   "Invalid data; couldn't parse JSON object. Are you sending a JSON object with valid key names?"};
  if (builder.root_is_null) builder.updates.emplace_back("", Node());
  return std::move(builder.updates);
}

}  // namespace rtdb_emulator
