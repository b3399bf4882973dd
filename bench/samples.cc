#include "samples.h"

#include <array>
#include <cstdio>
#include <initializer_list>
#include <string_view>

namespace relay_bench {
namespace {

constexpr std::int64_t kFirstMs = 1'778'078'351'786;  // 2026-05-06T14:39:11.786Z
constexpr std::size_t kBlockBytes = 256 * 1024;
constexpr std::uint64_t kOrdersOpen = 40;       // that messages speak of at a time
constexpr std::uint64_t kMessagesAnOrder = 10;  // the last of which closes it

std::string iso_time(std::uint64_t n) {
  const firebase_relay::UtcMillis time{std::chrono::milliseconds(kFirstMs + static_cast<std::int64_t>(n))};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03d624", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return text.data();
}

/// Not operator+ with a literal before a temporary string: GCC 12 at -O3 takes its inside for an overlapping copy.
std::string joined(std::string_view first, std::string_view second) {
  std::string made(first);
  made += second;
  return made;
}

std::string ticker_name(const SampleOptions& options, std::uint64_t n) {
  static constexpr std::array<const char*, 10> kKnown = {"AAPL", "MSFT", "NVDA", "AMZN", "TSLA",
                                                         "GOOG", "META", "AMD",  "NFLX", "INTC"};
  const std::uint64_t which = n % options.tickers;
  return which < kKnown.size() ? kKnown[which] : joined("T", std::to_string(which));
}

std::string money(std::uint64_t n) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%llu.%02llu", static_cast<unsigned long long>(100 + n / 100 % 900),
                static_cast<unsigned long long>(n % 100));
  return text.data();
}

std::string quoted(std::string_view text) {
  std::string made(1, '"');
  made += text;
  made += '"';
  return made;
}

/// A JSON object in the spelling of Python's json module, which the publishers use.
std::string object(std::initializer_list<std::pair<const char*, std::string>> members) {
  std::string text = "{";
  for (const auto& [name, value] : members) {
    if (text.size() > 1) text += ", ";
    text += '"';
    text += name;
    text += "\": ";
    text += value;
  }
  return text + '}';
}

std::string levels(std::size_t bytes, std::uint64_t n) {
  std::string text = "[";
  for (std::uint64_t i = 0; text.size() < bytes; ++i) {
    if (i > 0) text += ", ";
    text += object({{"price", quoted(money(n + i))}, {"size", std::to_string(100 + i)}, {"venue", "\"NSDQ\""}});
  }
  return text + ']';
}

std::string price(const SampleOptions& options, std::uint64_t n) {
  const std::string volume = n % 3 == 0 ? "null" : std::to_string(n % 10'000);
  const std::string symbol = quoted(ticker_name(options, n));
  if (options.bytes == 0) {
    return object({{"type", "\"price\""},
                   {"timestamp", quoted(iso_time(n))},
                   {"price", quoted(money(n))},
                   {"volume", volume},
                   {"symbol", symbol}});
  }
  return object({{"type", "\"price\""},
                 {"timestamp", quoted(iso_time(n))},
                 {"price", quoted(money(n))},
                 {"volume", volume},
                 {"symbol", symbol},
                 {"levels", levels(options.bytes > 200 ? options.bytes - 200 : 0, n)}});
}

std::string order(const SampleOptions& options, std::uint64_t n) {
  constexpr std::uint64_t kOrderRound = kOrdersOpen * kMessagesAnOrder;
  const std::string now = quoted(iso_time(n));
  const std::string id = joined("b6b1a3a4-7f0f-4d8e-9d3e-",
                                std::to_string(100'000'000'000 + n / kOrderRound * kOrdersOpen + n % kOrdersOpen));
  const std::string filled = quoted(std::to_string(1 + n % 99));
  const std::string details =
      object({{"id", quoted(id)},
              {"client_order_id", quoted(joined("bot-", id))},
              {"created_at", now},
              {"updated_at", now},
              {"submitted_at", now},
              {"filled_at", "null"},
              {"expired_at", "null"},
              {"canceled_at", "null"},
              {"failed_at", "null"},
              {"replaced_at", "null"},
              {"replaced_by", "null"},
              {"replaces", "null"},
              {"asset_id", "\"b0b6dd9d-8b9b-48a9-ba46-b9d54906e415\""},
              {"symbol", quoted(ticker_name(options, n))},
              {"asset_class", "\"us_equity\""},
              {"notional", "null"},
              {"qty", "\"100\""},
              {"filled_qty", filled},
              {"filled_avg_price", quoted(money(n))},
              {"order_class", "\"\""},
              {"order_type", "\"limit\""},
              {"type", "\"limit\""},
              {"side", "\"buy\""},
              {"time_in_force", "\"day\""},
              {"limit_price", quoted(money(n))},
              {"stop_price", "null"},
              {"status", n % kOrderRound >= kOrderRound - kOrdersOpen ? "\"filled\"" : "\"partially_filled\""},
              {"extended_hours", "false"},
              {"legs", "null"},
              {"trail_percent", "null"},
              {"trail_price", "null"},
              {"hwm", "null"},
              {"subtag", "null"},
              {"source", "null"},
              {"commission", "0.0"}});
  const std::string data = object({{"event", "\"partial_fill\""},
                                   {"execution_id", quoted(joined("exe-", std::to_string(n)))},
                                   {"order", details},
                                   {"timestamp", now},
                                   {"position_qty", filled},
                                   {"price", quoted(money(n))},
                                   {"qty", filled}});
  return object({{"type", "\"order\""}, {"timestamp", now}, {"order_data", data}});
}

std::string report(const std::string& symbol, std::uint64_t n) {
  return object({{"symbol", quoted(symbol)},
                 {"total", quoted(money(n))},
                 {"unrealized", quoted(money(n / 2))},
                 {"realized", quoted(money(n / 3))},
                 {"converted", "null"},
                 {"timestamp", quoted(iso_time(n))}});
}

Sample message(const SampleOptions& options, std::uint64_t n) {
  const std::string ticker = ticker_name(options, n);
  switch (options.shape) {
    case Shape::kPrice: return {joined("TICKER_UPDATES_", ticker), price(options, n)};
    case Shape::kOrder: return {joined("TICKER_UPDATES_", ticker), order(options, n)};
    case Shape::kPerformance: return {joined("TICKER_PERFORMANCE_", ticker), report(ticker, n)};
    case Shape::kProfit: return {"PROFIT_REPORT", report(ticker, n)};
    case Shape::kRegistration:
      return {"BROKER_REGISTRATION",
              object({{"action", n % 2 == 0 ? "\"subscribe\"" : "\"unsubscribe\""}, {"ticker", quoted(ticker)}})};
    case Shape::kUnrouted: break;
  }
  return {"NEWS", object({{"headline", quoted(joined("Markets open higher, day ", std::to_string(n)))},
                          {"tags", R"(["markets", "open"])"}})};
}

void append_bulk(std::string_view text, std::string& out) {
  out += '$';
  out += std::to_string(text.size());
  out += "\r\n";
  out += text;
  out += "\r\n";
}

}  // namespace

std::optional<Shape> shape_named(std::string_view name) {
  for (std::size_t i = 0; i < std::size(kShapeNames); ++i) {
    if (kShapeNames[i] == name) return static_cast<Shape>(i);
  }
  return std::nullopt;
}

Sample sample(const SampleOptions& options, std::uint64_t n) {
  Sample made = message(options, n);
  if (options.enveloped) {
    made.payload =
        object({{"data", made.payload}, {"timestamp", quoted(iso_time(n))}, {"sender", "\"alpaca_broker\""}});
  }
  return made;
}

std::unique_ptr<firebase_relay::MessageBlock> block_of(const SampleOptions& options, std::uint64_t first,
                                                       std::uint64_t number) {
  auto block = std::make_unique<firebase_relay::MessageBlock>();
  block->number = number;
  block->first_sequence = first + 1;
  block->arrived_at = firebase_relay::UtcMillis(std::chrono::milliseconds(kFirstMs));
  for (std::uint64_t n = first; block->bytes() < kBlockBytes; ++n) {
    const Sample made = sample(options, n);
    block->append(made.channel, made.payload);
  }
  return block;
}

void append_as_reply(const Sample& sample, std::string& out) {
  out += "*4\r\n$8\r\npmessage\r\n$1\r\n*\r\n";
  append_bulk(sample.channel, out);
  append_bulk(sample.payload, out);
}

void append_as_command(const Sample& sample, std::string& out) {
  out += "*3\r\n$7\r\nPUBLISH\r\n";
  append_bulk(sample.channel, out);
  append_bulk(sample.payload, out);
}

void append_as_entry(const Sample& sample, std::string_view stream, std::string& out) {
  out += "*7\r\n$4\r\nXADD\r\n";
  for (const std::string_view word : {stream, std::string_view("*"), std::string_view("channel"),
                                      std::string_view(sample.channel), std::string_view("data")})
    append_bulk(word, out);
  append_bulk(sample.payload, out);
}

}  // namespace relay_bench
