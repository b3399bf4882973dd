#include "rtdb_emulator/query.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

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

/// An SDK's bound may name a key before all others, or behind them. Source: firebase-js-sdk core/util/util.ts.
int compare_to_key_of_bound(const std::string& key, const std::string& bound) {
  if (bound == "[MIN_NAME]") return 1;
  if (bound == "[MAX_NAME]") return -1;
  return compare_keys(key, bound);
}

/// Below 0: the child stands before the bound.
int compare_to(const Bound& bound, const Query& query, const std::string& key, const Node& child) {
  if (query.order_by == Query::OrderBy::kKey)  // the parsers let no other value pass
    return compare_to_key_of_bound(key, std::get<std::string>(bound.value.value));
  const int by_value = compare(sort_value(query, child), bound.value);
  return by_value != 0 || !bound.key ? by_value : compare_to_key_of_bound(key, *bound.key);
}

bool is_taken(const Query& query, const std::string& key, const Node& child) {
  if (query.start) {
    const int order = compare_to(*query.start, query, key, child);
    if (order < 0 || (order == 0 && !query.start->is_inclusive)) return false;
  }
  if (!query.end) return true;
  const int order = compare_to(*query.end, query, key, child);
  return order < 0 || (order == 0 && query.end->is_inclusive);
}

std::optional<Refusal> read_bound(const Parameters& parameters, const char* name, Query::OrderBy order_by,
                                  std::optional<Bound>& bound) {
  const auto found = parameters.find(name);
  if (found == parameters.end()) return std::nullopt;
  auto value = read_value(found->second, 0);
  if (std::holds_alternative<Refusal>(value)) return Refusal{400, std::string(name) + " must be a valid JSON value"};
  bound = Bound{std::move(std::get<Node>(value)), std::nullopt, true};
  if (order_by == Query::OrderBy::kKey && !std::holds_alternative<std::string>(bound->value.value))
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

std::optional<Refusal> read_order(const std::string& text, Query& query) {
  const auto value = read_value(text, 0);
  const Node* node = std::get_if<Node>(&value);
  const auto* by = node ? std::get_if<std::string>(&node->value) : nullptr;
  if (!by) return Refusal{400, "orderBy must be a valid JSON encoded path"};
  if (*by == "$key") return std::nullopt;
  query.order_by = *by == "$value"      ? Query::OrderBy::kValue
                   : *by == "$priority" ? Query::OrderBy::kPriority
                                        : Query::OrderBy::kChild;
  if (query.order_by == Query::OrderBy::kChild) query.child = split_path(*by);
  return std::nullopt;
}

/// `names`: of the members for value, key and whether the bound itself is inside.
std::optional<Refusal> read_bound_object(const nlohmann::json& query, const std::array<const char*, 3>& names,
                                         Query::OrderBy order_by, std::optional<Bound>& bound) {
  const auto value = query.find(names[0]);
  if (value == query.end()) return std::nullopt;
  if (value->is_structured()) return Refusal{400, "Query bound must be a value"};
  auto node = read_value(value->dump(), 0);
  if (const auto* refusal = std::get_if<Refusal>(&node)) return *refusal;
  bound = Bound{std::move(std::get<Node>(node)), std::nullopt, true};
  if (order_by == Query::OrderBy::kKey && !value->is_string()) return Refusal{400, "Key index passed non-string bound"};
  if (const auto key = query.find(names[1]); key != query.end() && key->is_string())
    bound->key = key->get<std::string>();
  if (const auto inside = query.find(names[2]); inside != query.end() && inside->is_boolean())
    bound->is_inclusive = inside->get<bool>();
  return std::nullopt;
}

}  // namespace

Parameters parse_parameters(std::string_view rest) {
  Parameters parameters;
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const auto name = url_decoded(pair.substr(0, equals));
    const auto value = url_decoded(pair.substr(std::min(equals + 1, pair.size())));
    if (name && value) parameters[*name] = *value;
  }
  return parameters;
}

std::variant<std::monostate, Query, Refusal> parse_query(const Parameters& parameters) {
  bool has_filter = false;
  for (const char* name : {"limitToFirst", "limitToLast", "startAt", "endAt", "equalTo"})
    has_filter = has_filter || parameters.contains(name);
  const auto order_by = parameters.find("orderBy");
  if (order_by == parameters.end()) {
    if (has_filter) return Refusal{400, "orderBy must be defined when other query parameters are defined"};
    return std::monostate{};
  }
  Query query;
  std::optional<Refusal> refusal = read_order(order_by->second, query);
  if (!refusal) refusal = read_limit(parameters, query);
  if (!refusal) refusal = read_bound(parameters, "startAt", query.order_by, query.start);
  if (!refusal) refusal = read_bound(parameters, "endAt", query.order_by, query.end);
  if (!refusal && parameters.contains("equalTo")) {
    if (query.start || query.end) return Refusal{400, "equalTo cannot be specified in addition to startAt or endAt"};
    refusal = read_bound(parameters, "equalTo", query.order_by, query.start);
    if (!refusal) refusal = read_bound(parameters, "equalTo", query.order_by, query.end);
  }
  if (refusal) return *refusal;
  return query;
}

std::variant<Query, Refusal> parse_query_object(const nlohmann::json& object) {
  Query query;
  query.order_by = Query::OrderBy::kPriority;
  if (!object.is_object()) return Refusal{400, "A query must be an object"};
  if (const auto by = object.find("i"); by != object.end()) {
    const std::string index = by->is_string() ? by->get<std::string>() : "";
    query.order_by = index == ".key"        ? Query::OrderBy::kKey
                     : index == ".value"    ? Query::OrderBy::kValue
                     : index == ".priority" ? Query::OrderBy::kPriority
                                            : Query::OrderBy::kChild;
    if (query.order_by == Query::OrderBy::kChild) query.child = split_path(index);
    if (query.order_by == Query::OrderBy::kChild && (query.child.empty() || !is_place(query.child)))
      return Refusal{400, "Invalid index: must be .key, .value, .priority or a path"};
  }
  auto refusal = read_bound_object(object, {"sp", "sn", "sin"}, query.order_by, query.start);
  if (!refusal) refusal = read_bound_object(object, {"ep", "en", "ein"}, query.order_by, query.end);
  if (refusal) return *refusal;
  if (const auto limit = object.find("l"); limit != object.end()) {
    if (!limit->is_number_unsigned() || *limit == 0) return Refusal{400, "Query limit must be a positive integer"};
    query.limit = limit->get<std::size_t>();
    query.limit_to_last = object.value("vf", nlohmann::json("l")) == "r";
  }
  return query;
}

std::string index_of(const Query& query) {
  if (query.order_by == Query::OrderBy::kValue) return ".value";
  return query.order_by == Query::OrderBy::kChild ? join(query.child) : std::string();
}

std::vector<const Node::Children::value_type*> children_taken(const Query& query, const Node& node) {
  std::vector<const Node::Children::value_type*> taken;
  const Node::Children* children = node.children();
  if (!children) return taken;
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
  return taken;
}

std::string run_query(const Query& query, const Node& node) {
  if (!node.children()) return to_json(node);
  std::string out = "{";
  for (const auto* child : children_taken(query, node)) {
    if (out.size() > 1) out += ',';
    write_string(child->first, out);
    out += ':';
    write_json(child->second, {}, out);
  }
  return out + "}";
}

}  // namespace rtdb_emulator
