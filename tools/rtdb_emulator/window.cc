#include "rtdb_emulator/window.h"

#include "rtdb_emulator/json_writer.h"

namespace rtdb_emulator {

Node Window::value(const Node& place) const {
  Node::Children children;
  for (const auto* child : children_taken(query_, place)) children.emplace(child->first, child->second.copy());
  return children.empty() ? Node() : Node(std::move(children));
}

void Window::know(const Node& place) { known_ = taken(place); }

std::optional<std::string> Window::news(const Node& place) {
  std::map<std::string, std::string> now = taken(place);
  std::string out = "{";
  const auto tell = [&](const std::string& key, const std::string& json) {
    if (out.size() > 1) out += ',';
    write_string(key, out);
    out += ':' + json;
  };
  for (const auto& [key, json] : known_) {
    if (!now.contains(key)) tell(key, "null");
  }
  for (const auto& [key, json] : now) {
    const auto known = known_.find(key);
    if (known == known_.end() || known->second != json) tell(key, json);
  }
  known_ = std::move(now);
  if (out.size() == 1) return std::nullopt;
  return out + "}";
}

std::map<std::string, std::string> Window::taken(const Node& place) const {
  std::map<std::string, std::string> jsons;
  for (const auto* child : children_taken(query_, place)) jsons.emplace(child->first, to_json(child->second, options_));
  return jsons;
}

}  // namespace rtdb_emulator
