#include "broker_sim/place.h"

#include <cmath>
#include <ctime>
#include <regex>
#include <string_view>
#include <vector>

#include "broker_sim/tree_value.h"

namespace broker_sim {
namespace {

using nlohmann::json;

constexpr std::size_t kPayloadMax = 1 << 20;

bool is_absent(const json& message, const char* field) { return !message.contains(field) || message[field].is_null(); }

bool is_envelope(const json& payload) {
  if (!payload.is_object() || !payload.contains("data") || !payload["data"].is_object()) return false;
  for (const auto& [key, value] : payload.items()) {
    if (key != "data" && key != "timestamp" && key != "sender") return false;
  }
  return true;
}

/// Since 1970, in the unit that its size tells. Seconds to the nearest millisecond: a double may have lost a bit of it.
std::int64_t time_in_number(long double number) {
  if (number >= 1e17L) return static_cast<std::int64_t>(std::floor(number / 1e6L));
  if (number >= 1e14L) return static_cast<std::int64_t>(std::floor(number / 1e3L));
  return number >= 1e11L ? static_cast<std::int64_t>(std::floor(number)) : std::llround(number * 1000);
}

std::optional<std::int64_t> time_in_text(const std::string& text) {
  static const std::regex kIso(R"((\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(\.\d+)?(Z|[+-]\d\d:?\d\d)?)");
  static const std::regex kEpoch(R"(\d+(\.\d+)?)");
  std::smatch part;
  if (std::regex_match(text, kEpoch)) return time_in_number(std::stold(text));
  if (!std::regex_match(text, part, kIso)) return std::nullopt;
  std::tm tm{};
  tm.tm_year = std::stoi(part[1]) - 1900;
  tm.tm_mon = std::stoi(part[2]) - 1;
  tm.tm_mday = std::stoi(part[3]);
  tm.tm_hour = std::stoi(part[4]);
  tm.tm_min = std::stoi(part[5]);
  tm.tm_sec = std::stoi(part[6]);
  std::int64_t ms = static_cast<std::int64_t>(timegm(&tm)) * 1000;
  if (part[7].matched) ms += static_cast<std::int64_t>(std::stod("0" + part[7].str()) * 1000);
  const std::string zone = part[8];
  if (zone.size() >= 5) {
    const std::int64_t minutes = std::stoi(zone.substr(1, 2)) * 60 + std::stoi(zone.substr(zone.size() - 2));
    ms += (zone[0] == '+' ? -1 : 1) * minutes * 60'000;
  }
  return ms;
}

std::optional<std::int64_t> usable_time(const json& object, std::int64_t at_ms) {
  if (!object.is_object() || is_absent(object, "timestamp")) return std::nullopt;
  const json& value = object["timestamp"];
  std::optional<std::int64_t> ms;
  if (value.is_string()) ms = time_in_text(value.get<std::string>());
  if (value.is_number_integer()) ms = time_in_number(static_cast<long double>(value.get<std::int64_t>()));
  if (value.is_number_float()) ms = time_in_number(static_cast<long double>(value.get<double>()));
  constexpr std::int64_t kYear2000 = 946'684'800'000;
  constexpr std::int64_t kDay = 86'400'000;
  if (ms && (*ms < kYear2000 || *ms > at_ms + kDay)) return std::nullopt;
  return ms;
}

std::string ticker_of(const json& message, const std::string& channel) {
  for (const char* pointer : {"/symbol", "/ticker", "/order_data/order/symbol"}) {
    const json::json_pointer where(pointer);
    if (message.contains(where) && message[where].is_string() && !message[where].get<std::string>().empty())
      return message[where];
  }
  for (const std::string prefix : {"TICKER_UPDATES_", "TICKER_PERFORMANCE_"}) {
    if (channel.starts_with(prefix)) return channel.substr(prefix.size());
  }
  return "";
}

bool is_of_ticker(const std::string& channel) {
  const std::string prefix = "TICKER_UPDATES_";
  return channel.starts_with(prefix) && channel != prefix;
}

std::string kind_by_fields(const json& message, const std::string& channel) {
  if (message.contains("order_data") && message["order_data"].is_object()) return "order";
  const bool plain = is_absent(message, "order_data") && is_absent(message, "action");
  if (plain && message.contains("price") && message.contains("volume")) return "price";
  if (message.contains("action") && (message["action"] == "subscribe" || message["action"] == "unsubscribe") &&
      message.contains("ticker")) {
    return "registration";
  }
  const bool no_order = plain && is_absent(message, "status") && is_absent(message, "side");
  if (no_order && message.contains("price") && message.contains("timestamp") && is_of_ticker(channel)) return "price";
  if (message.contains("total") && message.contains("unrealized") && message.contains("realized")) {
    if (channel.starts_with("TICKER_PERFORMANCE_")) return "performance";
    if (channel == "PROFIT_REPORT") return "profit";
  }
  return "unrouted";
}

std::string kind_of(const json& message, const std::string& channel) {
  if (!message.is_object()) return "unrouted";
  if (is_absent(message, "type")) return kind_by_fields(message, channel);
  for (const char* kind : {"price", "order", "performance", "profit", "registration"}) {
    if (message["type"] == kind) return kind;
  }
  return "unrouted";
}

}  // namespace

bool is_redis_own(const std::string& channel) {
  return channel.starts_with("__keyspace@") || channel.starts_with("__keyevent@") ||
         channel.starts_with("__sentinel__:");
}

std::optional<Place> place_of(const Publication& publication, std::int64_t at_ms) {
  if (is_redis_own(publication.channel) || publication.payload.size() > kPayloadMax) return std::nullopt;
  std::optional<json> payload = parsed_payload(publication.payload);
  if (!payload) return std::nullopt;
  Place place;
  const bool enveloped = is_envelope(*payload);
  place.message = enveloped ? (*payload)["data"] : *payload;
  place.time_ms = usable_time(place.message, at_ms);
  if (!place.time_ms && enveloped) place.time_ms = usable_time(*payload, at_ms);
  place.kind = kind_of(place.message, publication.channel);
  if (place.kind != "unrouted") place.ticker = ticker_of(place.message, publication.channel);
  if (place.ticker.empty()) place.kind = "unrouted";
  return place;
}

}  // namespace broker_sim
