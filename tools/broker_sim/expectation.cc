#include "broker_sim/expectation.h"

#include <algorithm>
#include <regex>
#include <utility>

#include "broker_sim/tree_value.h"

namespace broker_sim {
namespace {

using nlohmann::json;

constexpr std::size_t kOpenMax = 500;
constexpr const char* kSomeDay = "/2026-11-28";
constexpr const char* kSomeKey = "/--------------------";

const std::map<std::string, std::string>& history_names() {
  static const std::map<std::string, std::string> kNames = {{"price", "prices"},
                                                            {"order", "orders"},
                                                            {"performance", "performance"},
                                                            {"profit", "profit"},
                                                            {"registration", "registration"}};
  return kNames;
}

bool is_closed(const json& order) {
  static const std::regex kClosed(
      R"((.*[.:])?(filled|cancell?ed|expired|rejected|replaced|done_?for_?day|closed|expired_?in_?match|)"
      R"(api_?cancelled|inactive|failed|deactivated|partially_?filled_?canceled|mmp_?canceled))",
      std::regex::icase);
  return order.contains("status") && order["status"].is_string() &&
         std::regex_match(order["status"].get<std::string>(), kClosed);
}

/// The id of an order message; empty when it has none.
std::string order_id(const json& message) {
  const json::json_pointer where("/order_data/order/id");
  return message.contains(where) && message[where].is_string() ? message[where].get<std::string>() : "";
}

/// Live paths of `place` and what each gets; null clears.
std::vector<std::pair<std::string, json>> live_values(const Place& place, const std::string& channel) {
  if (place.kind == "unrouted") return {{"channels/" + encoded_key(channel), as_kept(place.message, true)}};
  const std::string base = "services/" + encoded_key(place.ticker) + "/";
  std::vector<std::pair<std::string, json>> values;
  if (place.kind == "price") {
    for (const char* field : {"price", "volume", "timestamp"}) {
      if (place.message.contains(field)) values.emplace_back(base + field, as_kept(place.message[field], true));
    }
    values.emplace_back(base + "symbol", place.ticker);
    values.emplace_back(base + "last_updated", Expectation::kAnyTime);
  } else if (place.kind == "order") {
    const std::string id = order_id(place.message);
    if (!id.empty())
      values.emplace_back(base + "orders/" + encoded_key(id), as_kept(place.message["order_data"], true));
  } else {
    values.emplace_back(base + place.kind, as_kept(place.message, true));
    const json action = place.message.value("action", json());
    if (place.kind == "registration" && action == "subscribe") values.emplace_back(base + "status", "running");
    if (place.kind == "registration" && action == "unsubscribe") values.emplace_back(base + "status", "stopped");
  }
  return values;
}

}  // namespace

bool is_kept_by_day(const std::string& place) {
  return place.starts_with("history/_channels/") || place.ends_with("/prices") || place.ends_with("/performance");
}

bool Expectation::fits(const std::string& path, const json& kept) const {
  const Extent below = extent_of(kept);
  const auto keys = static_cast<std::size_t>(std::count(path.begin(), path.end(), '/')) + 1;
  return keys + below.keys <= 32 && 1 + path.size() + below.bytes <= 768;
}

void Expectation::set(const std::string& path, const json& kept) {
  if (kept.is_null()) {
    live_.erase(path);
  } else {
    live_[path] = kept;
  }
}

void Expectation::add(const Publication& publication, std::int64_t at_ms) {
  ++messages_;
  const std::optional<Place> place = place_of(publication, at_ms);
  if (!place) return;
  const std::string history = place->kind == "unrouted"
                                  ? "history/_channels/" + encoded_key(publication.channel)
                                  : "history/" + encoded_key(place->ticker) + "/" + history_names().at(place->kind);
  const json kept = as_kept(place->message, true);
  const auto values = live_values(*place, publication.channel);
  if (!fits(history + (is_kept_by_day(history) ? kSomeDay : "") + kSomeKey, kept)) return;
  for (const auto& [path, value] : values) {
    if (!fits(path, value)) return;
  }
  if (!kept.is_null()) history_[history][kept.dump()].push_back({place->time_ms, at_ms});
  for (const auto& [path, value] : values) set(path, value);
  if (place->kind == "order" && !values.empty()) {
    const std::string& path = values.front().first;
    const json order = place->message["order_data"].value("order", json());
    keep_orders_few(path.substr(0, path.rfind('/')), path, is_closed(order));
  }
}

void Expectation::keep_orders_few(const std::string& orders, const std::string& path, bool closed) {
  auto& of_ticker = orders_[orders];
  of_ticker[path] = {messages_, closed};
  const std::size_t most = closed ? closed_max_ : kOpenMax;
  if (most == 0) return;
  std::size_t count = 0;
  auto oldest = of_ticker.end();
  for (auto it = of_ticker.begin(); it != of_ticker.end(); ++it) {
    if (it->second.closed != closed) continue;
    ++count;
    if (oldest == of_ticker.end() || it->second.number < oldest->second.number) oldest = it;
  }
  if (count <= most) return;
  live_.erase(oldest->first);
  of_ticker.erase(oldest);
}

}  // namespace broker_sim
