#include "broker_sim/market.h"

#include <array>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>

namespace broker_sim {
namespace {

using Json = nlohmann::ordered_json;

/// As the broker sends it: in an envelope with the time of sending and its name, or bare.
std::string packed(const Json& message, bool enveloped, const char* sender, std::int64_t now_ms) {
  if (!enveloped) return message.dump();
  return Json{{"data", message}, {"timestamp", iso_time(now_ms, "")}, {"sender", sender}}.dump();
}

std::string identifier(const char* prefix, std::uint64_t number) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s-%08llx-4c1e-9d2f", prefix, static_cast<unsigned long long>(number));
  return text.data();
}

}  // namespace

std::string iso_time(std::int64_t ms, const std::string& zone) {
  const std::time_t seconds = static_cast<std::time_t>(ms / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 40> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text.data() + size, text.size() - size, ".%03d000", static_cast<int>(ms % 1000));
  return text.data() + zone;
}

Market::Market(const MarketOptions& options) : options_(options), random_(options.seed) {
  for (const std::string& name : options_.tickers) {
    tickers_.push_back({name, 1'000 + static_cast<std::int64_t>(random_.below(100'000)), {}});
  }
}

std::string Market::kind() {
  static const std::vector<std::string> kMix = {
      "price", "price", "price", "price", "price", "price", "price", "price",  "price",       "price",
      "price", "price", "price", "order", "order", "order", "order", "profit", "performance", "performance"};
  // Registrations and what no route knows are rare, but each short run should have some.
  const std::uint64_t draw = random_.below(40);
  const std::string kind = draw == 0 ? "registration" : draw == 1 ? "other" : random_.one_of(kMix);
  for (const std::string& wanted : options_.kinds) {
    if (wanted == kind) return kind;
  }
  return random_.one_of(options_.kinds);
}

Publication Market::next(std::int64_t now_ms) {
  const std::string what = kind();
  Ticker& ticker = tickers_[random_.below(tickers_.size())];
  if (what == "price") return price(ticker, now_ms);
  if (what == "order") return order(ticker, now_ms);
  if (what == "performance") return performance(ticker, now_ms);
  if (what == "profit") return profit(ticker, now_ms);
  if (what == "registration") return registration(ticker, now_ms);
  return other(now_ms);
}

std::string Market::money(std::int64_t cents) const {
  std::array<char, 32> text{};
  const std::int64_t absolute = cents < 0 ? -cents : cents;
  std::snprintf(text.data(), text.size(), "%s%lld.%02lld", cents < 0 ? "-" : "", static_cast<long long>(absolute / 100),
                static_cast<long long>(absolute % 100));
  return text.data();
}

Publication Market::price(Ticker& ticker, std::int64_t now_ms) {
  ticker.cents = std::max<std::int64_t>(1, ticker.cents + static_cast<std::int64_t>(random_.below(41)) - 20);
  Json message{{"type", "price"}};
  switch (random_.below(3)) {
    case 0: message["timestamp"] = iso_time(now_ms, "+00:00"); break;
    case 1: message["timestamp"] = iso_time(now_ms, ""); break;
    default: message["timestamp"] = iso_time(now_ms, "Z");
  }
  message["price"] = money(ticker.cents);
  message["volume"] = random_.chance(40) ? Json(nullptr) : Json(random_.below(10'000));
  message["symbol"] = ticker.name;
  return {"TICKER_UPDATES_" + ticker.name, packed(message, random_.chance(50), "alpaca_broker", now_ms)};
}

Market::Order& Market::order_to_move(Ticker& ticker, std::int64_t now_ms) {
  if (ticker.open.size() < 3 || (ticker.open.size() < 12 && random_.chance(20))) {
    ++orders_;
    ticker.open.push_back({identifier("ord", orders_ * 2'654'435'761u), random_.chance(50) ? "buy" : "sell", "",
                           static_cast<int>(1 + random_.below(100)), 0, now_ms});
  }
  return ticker.open[random_.below(ticker.open.size())];
}

Publication Market::order(Ticker& ticker, std::int64_t now_ms) {
  Order& order = order_to_move(ticker, now_ms);
  std::string event;
  if (order.status.empty()) {
    event = order.status = "new";
  } else if (random_.chance(15)) {
    event = order.status = random_.one_of<std::string>({"canceled", "expired", "rejected", "replaced", "done_for_day"});
  } else {
    order.filled += 1 + static_cast<int>(random_.below(static_cast<std::uint64_t>(order.quantity)));
    order.filled = std::min(order.filled, order.quantity);
    order.status = order.filled == order.quantity ? "filled" : "partially_filled";
    event = order.filled == order.quantity ? "fill" : "partial_fill";
  }
  const std::string now = iso_time(now_ms, "Z");
  const bool traded = order.filled > 0;
  const Json price = traded ? Json(money(ticker.cents)) : Json(nullptr);
  const Json details{{"id", order.id},
                     {"client_order_id", "bot-" + order.id},
                     {"created_at", iso_time(order.created_ms, "Z")},
                     {"updated_at", now},
                     {"submitted_at", iso_time(order.created_ms, "Z")},
                     {"filled_at", order.status == "filled" ? Json(now) : Json(nullptr)},
                     {"expired_at", order.status == "expired" ? Json(now) : Json(nullptr)},
                     {"canceled_at", order.status == "canceled" ? Json(now) : Json(nullptr)},
                     {"failed_at", nullptr},
                     {"replaced_at", nullptr},
                     {"replaced_by", nullptr},
                     {"replaces", nullptr},
                     {"asset_id", "b0b6dd9d-8b9b-48a9-ba46-b9d54906e415"},
                     {"symbol", ticker.name},
                     {"asset_class", "us_equity"},
                     {"notional", nullptr},
                     {"qty", std::to_string(order.quantity)},
                     {"filled_qty", std::to_string(order.filled)},
                     {"filled_avg_price", price},
                     {"order_class", ""},
                     {"order_type", "limit"},
                     {"type", "limit"},
                     {"side", order.side},
                     {"time_in_force", "day"},
                     {"limit_price", money(ticker.cents)},
                     {"stop_price", nullptr},
                     {"status", order.status},
                     {"extended_hours", false},
                     {"legs", nullptr},
                     {"trail_percent", nullptr},
                     {"trail_price", nullptr},
                     {"hwm", nullptr},
                     {"subtag", nullptr},
                     {"source", nullptr},
                     {"commission", 0.0}};
  const Json data{{"event", event},
                  {"execution_id", identifier("exe", ++executions_)},
                  {"order", details},
                  {"timestamp", now},
                  {"position_qty", std::to_string(order.filled)},
                  {"price", price},
                  {"qty", traded ? Json(std::to_string(order.filled)) : Json(nullptr)}};
  const Json message{{"type", "order"}, {"timestamp", now}, {"order_data", data}};
  if (event != "new" && event != "partial_fill") ticker.open.erase(ticker.open.begin() + (&order - ticker.open.data()));
  return {"TICKER_UPDATES_" + ticker.name, packed(message, random_.chance(70), "alpaca_broker", now_ms)};
}

Publication Market::performance(const Ticker& ticker, std::int64_t now_ms) {
  const bool sum = random_.chance(20);
  const std::int64_t realized = static_cast<std::int64_t>(random_.below(20'000)) - 10'000;
  const std::int64_t unrealized = static_cast<std::int64_t>(random_.below(20'000)) - 10'000;
  const Json message{{"symbol", sum ? "aggregate" : ticker.name},
                     {"total", money(realized + unrealized)},
                     {"unrealized", money(unrealized)},
                     {"realized", money(realized)},
                     {"converted", static_cast<double>(realized) / 108.0},
                     {"timestamp", iso_time(now_ms, "")}};
  return {"TICKER_PERFORMANCE_" + (sum ? "AGGREGATE" : ticker.name),
          packed(message, random_.chance(50), "performance", now_ms)};
}

Publication Market::profit(const Ticker& ticker, std::int64_t now_ms) {
  const std::int64_t realized = static_cast<std::int64_t>(random_.below(5'000)) - 2'000;
  const Json message{{"symbol", ticker.name},       {"total", money(realized)}, {"unrealized", "0.00"},
                     {"realized", money(realized)}, {"converted", nullptr},     {"timestamp", iso_time(now_ms, "")}};
  return {"PROFIT_REPORT", packed(message, random_.chance(50), "bot", now_ms)};
}

Publication Market::registration(const Ticker& ticker, std::int64_t now_ms) {
  const Json message{{"action", random_.chance(60) ? "subscribe" : "unsubscribe"}, {"ticker", ticker.name}};
  return {"BROKER_REGISTRATION", packed(message, random_.chance(50), "bot", now_ms)};
}

Publication Market::other(std::int64_t now_ms) {
  if (random_.chance(50)) {
    return {"BOT_LOG",
            Json{{"level", "info"}, {"text", "position opened"}, {"timestamp", iso_time(now_ms, "")}}.dump()};
  }
  const Json message{{"headline", "Markets open higher"}, {"source", "wire"}, {"tags", {"markets", "open"}}};
  return {"NEWS", packed(message, true, "news_reader", now_ms)};
}

}  // namespace broker_sim
