#include "rtdb_emulator/query.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "rtdb_emulator/json_reader.h"
#include "rtdb_emulator/json_writer.h"

namespace rtdb_emulator {
namespace {

/// null, false, true, numbers, strings, objects.
int rank(const Node& node) {
  if (node.children() && !node.is_empty()) return 5;
  if (std::holds_alternative<std::string>(node.value)) return 4;
  if (std::holds_alternative<std::int64_t>(node.value) || std::holds_alternative<double>(node.value)) return 3;
  if (const bool* value = std::get_if<bool>(&node.value)) return *value ? 2 : 1;
  return 0;
}

double number_of(const Node& node) {
  const auto* integer = std::get_if<std::int64_t>(&node.value);
  return integer ? static_cast<double>(*integer) : std::get<double>(node.value);
}

int compare(const Node& a, const Node& b) {
  if (rank(a) != rank(b)) return rank(a) < rank(b) ? -1 : 1;
  if (rank(a) == 3) return number_of(a) < number_of(b) ? -1 : number_of(a) > number_of(b);
  if (rank(a) == 4) return std::get<std::string>(a.value).compare(std::get<std::string>(b.value));
  return 0;
}

const Node& sort_value(const Query& query, const Node& child) {
  if (query.order_by == Query::OrderBy::kValue) return child;
  if (query.order_by == Query::OrderBy::kPriority) return child.priority ? *child.priority : no_node();
  const Node* node = &child;
  for (const std::string& key : query.child) {
    const Node::Children* children = node->children();
    const auto below = children ? children->find(key) : Node::Children::const_iterator{};
    if (!children || below == children->end()) return no_node();
    node = &below->second;
  }
  return *node;
}

int compare_keys(const std::string& a, const std::string& b) {
  return KeyOrder()(a, b) ? -1 : KeyOrder()(b, a) ? 1 : 0;
}

bool is_taken(const Query& query, const std::string& key, const Node& child) {
  const auto against = [&](const Node& bound) {
    if (query.order_by != Query::OrderBy::kKey) return compare(sort_value(query, child), bound);
    return compare_keys(key, std::get<std::string>(bound.value));  // parse_query lets no other pass
  };
  return (!query.start_at || against(*query.start_at) >= 0) && (!query.end_at || against(*query.end_at) <= 0) &&
         (!query.equal_to || against(*query.equal_to) == 0);
}

std::optional<Refusal> read_bound(const Parameters& parameters, const char* name, Query::OrderBy order_by,
                                  std::optional<Node>& bound) {
  const auto found = parameters.find(name);
  if (found == parameters.end()) return std::nullopt;
  auto value = read_value(found->second, 0);
  if (std::holds_alternative<Refusal>(value)) return Refusal{400, std::string(name) + " must be a valid JSON value"};
  bound = std::move(std::get<Node>(value));
  if (order_by == Query::OrderBy::kKey && !std::holds_alternative<std::string>(bound->value))
    return Refusal{400, "Key index passed non-string bound"};
  return std::nullopt;
}

std::optional<Refusal> read_limit(const Parameters& parameters, Query& query) {
  const auto first = parameters.find("limitToFirst");
  const auto last = parameters.find("limitToLast");
  if (first != parameters.end() && last != parameters.end())
    return Refusal{400, "only one of limitToFirst and limitToLast may be specified"};
  if (first == parameters.end() && last == parameters.end()) return std::nullopt;
  const std::string& text = first != parameters.end() ? first->second : last->second;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), query.limit);
  if (error != std::errc() || end != text.data() + text.size() || query.limit == 0)
    return Refusal{400, "limitToFirst and limitToLast must be an integer"};
  query.limit_to_last = first == parameters.end();
  return std::nullopt;
}

std::optional<Refusal> read_order(const std::string& text, const Path& path, Query& query) {
  const auto value = read_value(text, 0);
  const Node* node = std::get_if<Node>(&value);
  const auto* by = node ? std::get_if<std::string>(&node->value) : nullptr;
  if (!by) return Refusal{400, "orderBy must be a valid JSON encoded path"};
  if (*by == "$key") return std::nullopt;
  if (*by == "$value" || *by == "$priority") {
    query.order_by = *by == "$value" ? Query::OrderBy::kValue : Query::OrderBy::kPriority;
    return std::nullopt;
  }
  return Refusal{
      400, "Index not defined, add \".indexOn\": \"" + *by + "\", for path \"/" + join(path) + "\", to the rules"};
}

}  // namespace

std::variant<std::monostate, Query, Refusal> parse_query(const Parameters& parameters, const Path& path) {
  bool has_filter = false;
  for (const char* name : {"limitToFirst", "limitToLast", "startAt", "endAt", "equalTo"})
    has_filter = has_filter || parameters.contains(name);
  const auto order_by = parameters.find("orderBy");
  if (order_by == parameters.end()) {
    if (has_filter) return Refusal{400, "orderBy must be defined when other query parameters are defined"};
    return std::monostate{};
  }
  Query query;
  std::optional<Refusal> refusal = read_order(order_by->second, path, query);
  if (!refusal) refusal = read_limit(parameters, query);
  if (!refusal) refusal = read_bound(parameters, "startAt", query.order_by, query.start_at);
  if (!refusal) refusal = read_bound(parameters, "endAt", query.order_by, query.end_at);
  if (!refusal) refusal = read_bound(parameters, "equalTo", query.order_by, query.equal_to);
  if (refusal) return *refusal;
  return query;
}

std::string run_query(const Query& query, const Node& node) {
  const Node::Children* children = node.children();
  if (!children) return to_json(node);
  std::vector<const Node::Children::value_type*> taken;
  for (const auto& child : *children) {
    if (is_taken(query, child.first, child.second)) taken.push_back(&child);
  }
  if (query.order_by != Query::OrderBy::kKey) {
    std::stable_sort(taken.begin(), taken.end(), [&](const auto* a, const auto* b) {
      return compare(sort_value(query, a->second), sort_value(query, b->second)) < 0;
    });
  }
  if (query.limit > 0 && taken.size() > query.limit) {
    const auto surplus = static_cast<std::ptrdiff_t>(taken.size() - query.limit);
    if (query.limit_to_last) {
      taken.erase(taken.begin(), taken.begin() + surplus);
    } else {
      taken.erase(taken.end() - surplus, taken.end());
    }
  }
  std::string out = "{";
  for (const auto* child : taken) {
    if (out.size() > 1) out += ',';
    write_string(child->first, out);
    out += ':';
    write_json(child->second, {}, out);
  }
  return out + "}";
}

}  // namespace rtdb_emulator
