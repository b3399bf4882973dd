#include "rtdb_emulator/json_writer.h"

#include <charconv>
#include <cstdio>

namespace rtdb_emulator {
namespace {

/// The largest index when the children read as an array, or -1.
std::int64_t array_end(const Node::Children& children) {
  std::int64_t largest = -1;
  for (const auto& [key, child] : children) {
    std::int64_t index = 0;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), index);
    const bool is_index = error == std::errc() && end == key.data() + key.size() && key.front() != '-' &&
                          (key.size() == 1 || key.front() != '0');
    if (!is_index) return -1;
    largest = std::max(largest, index);
  }
  return largest < 2 * static_cast<std::int64_t>(children.size()) ? largest : -1;
}

void write_number(double number, std::string& out) {
  char text[40];
  const auto [end, error] = std::to_chars(text, text + sizeof text, number);
  out.append(text, end);
}

void write_children(const Node::Children& children, const WriteOptions& options, std::string& out) {
  const WriteOptions below{options.with_priorities, false, false};
  const std::int64_t last = options.with_priorities || options.shallow || options.as_object ? -1 : array_end(children);
  if (last >= 0) {
    out += '[';
    for (std::int64_t i = 0; i <= last; ++i) {
      if (i > 0) out += ',';
      const auto child = children.find(std::to_string(i));
      if (child == children.end()) {
        out += "null";
      } else {
        write_json(child->second, below, out);
      }
    }
    out += ']';
    return;
  }
  out += '{';
  for (const auto& [key, child] : children) {
    if (out.back() != '{') out += ',';
    write_string(key, out);
    out += ':';
    if (options.shallow) {
      out += "true";
    } else {
      write_json(child, below, out);
    }
  }
}

struct LeafWriter {
  std::string& out;
  void operator()(std::monostate) const { out += "null"; }
  void operator()(bool value) const { out += value ? "true" : "false"; }
  void operator()(std::int64_t value) const { out += std::to_string(value); }
  void operator()(double value) const { write_number(value, out); }
  void operator()(const std::string& value) const { write_string(value, out); }
  void operator()(const ServerValue&) const { out += "null"; }
  void operator()(const Node::Children&) const { out += "null"; }
};

// civetweb's threads have 100 kB of stack, for 32 levels: what does not recurse stays out of the frames that do.
[[gnu::noinline]] void write_leaf(const Node& node, std::string& out) { std::visit(LeafWriter{out}, node.value); }

[[gnu::noinline]] void write_priority(const Node& node, std::string& out) {
  out += ",\".priority\":" + to_json(*node.priority);
}

}  // namespace

void write_string(std::string_view text, std::string& out) {
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", byte);
      out += escaped;
    } else {
      out += c;
    }
  }
  out += '"';
}

void write_json(const Node& node, const WriteOptions& options, std::string& out) {
  const bool with_priority = options.with_priorities && node.priority;
  if (const Node::Children* children = node.children(); children && !children->empty()) {
    const std::size_t begin = out.size();
    write_children(*children, options, out);
    if (out[begin] != '{') return;
    if (with_priority) write_priority(node, out);
    out += '}';
    return;
  }
  if (with_priority) out += "{\".value\":";
  write_leaf(node, out);
  if (!with_priority) return;
  write_priority(node, out);
  out += '}';
}

std::string to_json(const Node& node, const WriteOptions& options) {
  std::string out;
  write_json(node, options, out);
  return out;
}

}  // namespace rtdb_emulator
