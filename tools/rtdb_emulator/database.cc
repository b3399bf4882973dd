#include "rtdb_emulator/database.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <sstream>
#include <utility>

#include "rtdb_emulator/json_writer.h"

namespace rtdb_emulator {
namespace {

const Node& at(const Node& root, const Path& path) {
  const Node* node = find_node(root, path);
  return node ? *node : no_node();
}

/// 0 where no number is.
Number number_at(const Node* node) {
  const auto* integer = node ? std::get_if<std::int64_t>(&node->value) : nullptr;
  const auto* number = node ? std::get_if<double>(&node->value) : nullptr;
  return number ? Number(*number) : Number(integer ? *integer : 0);
}

double as_double(const Number& number) {
  return std::visit([](auto value) { return static_cast<double>(value); }, number);
}

/// An integer where both are and it is one of 64 bits, else a double.
Number sum_of(const Number& a, const Number& b) {
  const auto* integer_a = std::get_if<std::int64_t>(&a);
  const auto* integer_b = std::get_if<std::int64_t>(&b);
  std::int64_t sum = 0;
  if (integer_a && integer_b && !__builtin_add_overflow(*integer_a, *integer_b, &sum)) return sum;
  constexpr double kMost = std::numeric_limits<double>::max();  // JSON has no infinity
  return std::clamp(as_double(a) + as_double(b), -kMost, kMost);
}

/// Server values become values; `before` is what stood there.
void resolve(Node& node, const Node* before, std::int64_t now_ms) {
  if (node.priority) resolve(*node.priority, before ? before->priority.get() : nullptr, now_ms);
  if (const auto* server = std::get_if<ServerValue>(&node.value)) {
    const Number value = server->is_timestamp ? Number(now_ms) : sum_of(number_at(before), server->increment);
    std::visit([&](auto number) { node.value = number; }, value);
    return;
  }
  if (Node::Children* children = node.children()) {
    for (auto& [key, child] : *children) {
      const Node* below = before ? find_node(*before, {key}) : nullptr;
      resolve(child, below, now_ms);
    }
  }
}

/// Sets `path` below `node`; what is empty afterwards vanishes. True: `node` is empty.
bool place(Node& node, const Path& path, std::size_t depth, Node value) {
  if (depth == path.size()) {
    std::unique_ptr<Node> priority = value.priority ? std::move(value.priority) : nullptr;
    node = std::move(value);
    node.priority = std::move(priority);
    return node.is_empty();
  }
  if (path[depth] == ".priority") {
    if (!node.is_empty()) node.priority = value.is_empty() ? nullptr : std::make_unique<Node>(std::move(value));
    return node.is_empty();
  }
  if (!node.children()) {
    if (value.is_empty()) return node.is_empty();  // deleting below a leaf changes nothing
    node.value = Node::Children{};
  }
  Node::Children& children = *node.children();
  auto child = children.find(path[depth]);
  if (child == children.end()) {
    if (value.is_empty()) return node.is_empty();
    child = children.emplace(path[depth], Node()).first;
  }
  if (place(child->second, path, depth + 1, std::move(value))) children.erase(child);
  if (!children.empty()) return false;
  node.value = std::monostate{};
  return true;
}

std::uint64_t size_of(const Node& node) {
  std::uint64_t bytes = 8;
  if (const Node::Children* children = node.children()) {
    for (const auto& [key, child] : *children) bytes += key.size() + size_of(child);
  } else if (const auto* text = std::get_if<std::string>(&node.value)) {
    bytes += text->size();
  }
  return bytes;
}

}  // namespace

std::string Change::json(const WriteOptions& options) const {
  if (!is_patch) return to_json(*value.front().second, options);
  std::string out = "{";
  for (const auto& [key, node] : value) {
    if (out.size() > 1) out += ',';
    write_string(key, out);
    out += ':';
    write_json(*node, options, out);
  }
  return out + "}";
}

std::string etag_of(const Node& node) {
  if (node.is_empty()) return "null_etag";
  return std::to_string(std::hash<std::string>{}(to_json(node, {true, false, false})));
}

std::optional<Refusal> Database::update(const std::string& ns, const Path& location, Updates updates,
                                        const Author& author) {
  std::vector<Path> paths;
  for (const auto& [key, value] : updates) {
    Path path = location;
    for (std::string& piece : split_path(key)) path.push_back(std::move(piece));
    paths.push_back(std::move(path));
  }
  std::vector<const Path*> sorted;
  sorted.reserve(paths.size());
  for (const Path& path : paths) sorted.push_back(&path);
  std::sort(sorted.begin(), sorted.end(), [](const Path* a, const Path* b) { return *a < *b; });
  for (std::size_t i = 1; i < sorted.size(); ++i) {  // in this order an ancestor stands right before its descendants
    if (is_prefix(*sorted[i - 1], *sorted[i])) {
      return Refusal{400, "Path '" + join(*sorted[i - 1]) + "' is an ancestor of path '" + join(*sorted[i]) + "'"};
    }
  }
  const std::lock_guard lock(mutex_);
  Node& root = roots_[ns];
  Writes writes;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    resolve(updates[i].second, find_node(root, paths[i]), author.now_ms);
    writes.emplace_back(paths[i], &updates[i].second);
  }
  if (author.may && !author.may(root, writes)) return Refusal{401, kPermissionDenied};
  for (std::size_t i = 0; i < paths.size(); ++i) place(root, paths[i], 0, std::move(updates[i].second));
  ++version_;
  for (const Path& path : paths) note(path, root, author);
  const bool is_of_location = paths.size() == 1 && paths.front() == location;  // a PATCH of null
  tell(ns, location, paths, !is_of_location);
  return std::nullopt;
}

Database::SetResult Database::set(const std::string& ns, const Path& location, Node value, const Condition& only_if,
                                  const Author& author) {
  const std::lock_guard lock(mutex_);
  Node& root = roots_[ns];
  SetResult result;
  resolve(value, find_node(root, location), author.now_ms);
  if (author.may && !author.may(root, {{location, &value}})) return {false, false, {}, {}};
  if (const Node& current = at(root, location); only_if && !only_if(current))
    return {true, false, to_json(current), etag_of(current)};
  place(root, location, 0, std::move(value));
  ++version_;
  note(location, root, author);
  tell(ns, location, {location}, false);
  result.etag = etag_of(at(root, location));
  return result;
}

std::optional<std::string> Database::push(const std::string& ns, const Path& location, Node value,
                                          const Author& author) {
  Path path = location;
  {
    const std::lock_guard lock(mutex_);
    path.push_back(push_ids_.next(author.now_ms));
  }
  if (!set(ns, path, std::move(value), nullptr, author).is_allowed) return std::nullopt;
  return path.back();
}

void Database::note(const Path& path, const Node& root, const Author& author) {
  const std::string text = join(path);
  if (journal_.wants(text)) journal_.add({author.now_ms, author.request, text, to_json(at(root, path))});
}

void Database::tell(const std::string& ns, const Path& location, const std::vector<Path>& written, bool is_patch) {
  end_lost_rights_locked();  // first: whoever may not read what was written is not told
  const Node& root = roots_[ns];
  for (auto& [id, listening] : listening_) {
    if (listening.ns != ns) continue;
    const Node& whole = at(root, listening.at);
    const bool location_is_below = is_prefix(listening.at, location);
    Change patch{whole, true, location_is_below ? below(location, listening.at) : Path(), {}};
    for (const Path& path : written) {
      if (is_prefix(path, listening.at)) {  // written there or above: it sees its place as a whole
        listening.listener({whole, false, {}, {{"", &whole}}});
      } else if (is_prefix(listening.at, path) && is_patch) {
        patch.value.emplace_back(join(below(path, location_is_below ? location : listening.at)), &at(root, path));
      } else if (is_prefix(listening.at, path)) {
        listening.listener({whole, false, below(path, listening.at), {{"", &at(root, path)}}});
      }
    }
    if (!patch.value.empty()) listening.listener(patch);
  }
}

const Node& Database::root_of(const std::string& ns) const {
  const auto root = roots_.find(ns);
  return root == roots_.end() ? no_node() : root->second;
}

void Database::read(const std::string& ns, const Path& path, const Look& look) const { read(ns, path, {}, look); }

bool Database::read(const std::string& ns, const Path& path, const ReadRight& right, const Look& look) const {
  const std::lock_guard lock(mutex_);
  const Node& root = root_of(ns);
  if (right.holds && !right.holds(root)) return false;
  look(at(root, path));
  return true;
}

std::uint64_t Database::size_at(const std::string& ns, const Path& path) const {
  std::uint64_t bytes = 0;
  read(ns, path, [&](const Node& node) { bytes = size_of(node); });
  return bytes;
}

std::optional<std::uint64_t> Database::listen(const std::string& ns, const Path& path, Listener listener,
                                              ReadRight right) {
  const std::lock_guard lock(mutex_);
  const Node& root = root_of(ns);
  if (right.holds && !right.holds(root)) return std::nullopt;
  const Node& whole = at(root, path);
  listener({whole, false, {}, {{"", &whole}}});
  listening_.emplace(++last_listener_, Listening{ns, path, std::move(listener), std::move(right)});
  return last_listener_;
}

void Database::unlisten(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  listening_.erase(id);
}

void Database::end_lost_rights() {
  const std::lock_guard lock(mutex_);
  end_lost_rights_locked();
}

void Database::end_lost_rights_locked() {
  std::erase_if(listening_, [&](const auto& each) {
    const auto& [ns, at, listener, right] = each.second;
    if (!right.holds || right.holds(root_of(ns))) return false;
    right.lost();
    return true;
  });
}

void Database::clear() {
  const std::lock_guard lock(mutex_);
  roots_.clear();
  journal_.stop();
  ++version_;
}

std::string Database::dump() const {
  const std::lock_guard lock(mutex_);
  return dump_locked();
}

std::string Database::dump_and_freeze() {
  mutex_.lock();
  return dump_locked();
}

std::string Database::dump_locked() const {
  std::string out;
  for (const auto& [ns, root] : roots_) {
    out += ns + '\t';
    write_json(root, {true, false, false}, out);
    out += '\n';
  }
  return out;
}

bool Database::restore(const std::string& dump) {
  std::istringstream lines(dump);
  std::map<std::string, Node> roots;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t tab = line.find('\t');
    if (tab == std::string::npos) return false;
    auto value = read_value(line.substr(tab + 1), 0);
    Node* root = std::get_if<Node>(&value);
    if (!root) return false;
    // Messages of a channel look alike, but come more than once.
    if (!roots.emplace(line.substr(0, tab), std::move(*root)).second) return false;
  }
  const std::lock_guard lock(mutex_);
  roots_ = std::move(roots);
  return true;
}

std::uint64_t Database::version() const {
  const std::lock_guard lock(mutex_);
  return version_;
}

}  // namespace rtdb_emulator
