#include "broker_sim/awkward.h"

namespace broker_sim {
namespace {

std::string nested(std::size_t levels) { return std::string(levels, '[') + "1" + std::string(levels, ']'); }

std::string nested_objects(std::size_t levels) {
  std::string text = "1";
  for (std::size_t i = 0; i < levels; ++i) text = R"({"k":)" + text + "}";
  return text;
}

/// Payloads that are what they are wherever they come. None has a time of its own: one that comes again after hours,
/// and is equal in that too, has the same history key by the contract, and stands for both.
const std::vector<std::string>& fixed_payloads() {
  static const std::vector<std::string> kPayloads = {
      // No JSON: dead letters.
      "", "{", "}", "nope", R"({"price": NaN})", R"({"price": Infinity})", R"({"price": 1,})", R"({"a" 1})", "{'a': 1}",
      R"({"symbol":"AAPL","price":1)", "\"open", "[1,2", "01", "1.", "+1", R"({"a":1}{"b":2})",
      std::string("{\"a\":\"\0\"}", 9), std::string("\0", 1), "{\"a\":\"\x01\"}", "{\"a\":\"\xff\xfe\"}",
      "{\"\xc3\x28\":1}", R"({"a":"\ud800"})", R"({"a":1e400})", R"({"a":-1e999})", R"({"a":"\x41"})", nested(100'000),
      nested_objects(40), R"({"price":"1","symbol":"AAPL"} x)",
      // JSON that no route knows: forwarded under channels/.
      "null", "true", "42", "-0.5e-3", R"("text")", "[]", "{}", "[1,[2,{}],null]", R"({"data":{}})",
      R"({"data":[1,2]})", R"({"stream":"trade_updates","data":{"event":"new","order":{"id":"1","symbol":"AAPL"}}})",
      R"({"data":{"type":"price","price":"2","volume":1,"symbol":"AAPL"},"stream":"aapl@trade"})",
      "\xEF\xBB\xBF{\"marked\":1}", "\xEF\xBB\xBF\xEF\xBB\xBF{}", R"({"type":"unheard_of","x":1})", R"({"type":7})",
      R"({"symbol":"","price":"1.5"})", nested_objects(8), R"({"a":null,"b":{},"c":[]})",
      R"({"0":"a","1":"b","2":"c"})", R"({"5":"a","x":1})",
      // Keys that the database refuses, takes for commands, or that come twice.
      R"({".sv":"timestamp"})", R"({".value":1,".priority":2})", R"({"a":{".sv":{"increment":1}}})",
      R"({"a.b":1,"a$":2,"a#":3,"a[":4,"a]":5,"a/b":6,"a%b":7,"":8})", R"({"deep":{"x/y":{"":{"z.":[{"q$":1}]}}}})",
      R"({"a":1,"b":2,"a":3})", R"({"o":{"x":1},"o":{"y":2}})", R"({"a\u0062":1,"ab":2})",
      "{\"tab\\there\":1,\"del\x7f\":2}",
      // Messages of a known kind, at the edge.
      R"({"type":"price","price":null,"volume":null,"symbol":"AAPL"})", R"({"type":"price","symbol":"AAPL"})",
      R"({"type":"price","price":1e308,"volume":-0,"symbol":"AAPL","timestamp":"not a time"})",
      R"({"type":"price","price":{"bid":1,"ask.":2},"volume":[1,2],"symbol":"AAPL","timestamp":0})",
      R"({"price":"1.5","volume":null})", R"({"type":"price","price":9007199254740993,"volume":1.50,"symbol":"AAPL"})",
      R"({"type":"price","price":1,"price":2,"volume":3,"symbol":"AAPL"})",
      R"({"type":"price","price":"1","volume":null,"symbol":"\u0041\u0041PL"})",
      R"({"type":"order","order_data":{"event":"new","order":{"symbol":"AAPL"}}})",
      R"({"type":"order","order_data":{"event":"new","order":{"id":"a/b.c","symbol":"BRK.B","status":"new"}}})",
      R"({"type":"order","order_data":{"event":"fill","order":{"id":"a/b.c","symbol":"BRK.B","status":"filled"}}})",
      R"({"order_data":{"event":"new","order":{"id":"bare","symbol":"BTC/USD","status":"new","qty":1}}})",
      R"({"order_data":{"event":"fill","order":{"id":"enum","symbol":"AAPL","status":"OrderStatus.FILLED"}}})",
      R"({"order_data":{"event":"x","order":{"id":"ib","symbol":"AAPL","status":"ApiCancelled"}}})",
      R"({"order_data":{"event":"x","order":{"id":"open","symbol":"AAPL","status":"PENDING_CANCEL"}}})",
      R"({"symbol":"AAPL","price":"1.25","timestamp":"none"})", R"({"price":1.5,"timestamp":null,"side":"buy"})",
      R"({"order_data":"text","symbol":"AAPL"})", R"({"type":"order","symbol":"AAPL"})",
      R"({"action":"subscribe","ticker":"BRK.B"})", R"({"action":"resubscribe","ticker":"AAPL"})",
      R"({"action":"subscribe"})", R"({"type":"registration","action":"unsubscribe","ticker":"AAPL"})",
      R"({"data":{"action":"subscribe","ticker":"AAPL"},"timestamp":"1999-01-01T00:00:00"})",
      R"({"data":{"type":"price","price":"2","volume":1,"symbol":"AAPL"},"sender":"x","extra":1})",
      R"({"symbol":"AAPL","total":"1","unrealized":"2","realized":"3"})"};
  return kPayloads;
}

}  // namespace

const std::vector<std::string>& awkward_tickers() {
  static const std::vector<std::string> kTickers = {"BRK.B",
                                                    "BTC/USD",
                                                    "$CASH",
                                                    "A#B",
                                                    "X[1]",
                                                    "50%",
                                                    "%2E",
                                                    "\303\234ber",
                                                    "\xe6\x97\xa5\xe6\x9c\xac",
                                                    "\xf0\x9f\x98\x80",
                                                    " ",
                                                    ".",
                                                    "0",
                                                    "12",
                                                    "2026-11-28",
                                                    "a\"b\\c",
                                                    "lower",
                                                    "AGGREGATE"};
  return kTickers;
}

/// In one of the units that publishers have.
std::string Awkward::epoch(std::int64_t now_ms) {
  switch (random_.below(5)) {
    case 0: return std::to_string(now_ms / 1000);
    case 1: return std::to_string(now_ms / 1000) + ".5";  // as Python's time.time()
    case 2: return std::to_string(now_ms);
    case 3: return std::to_string(now_ms) + "624";
    default: return std::to_string(now_ms) + "624123";
  }
}

std::string Awkward::payload(std::int64_t now_ms) {
  switch (random_.below(12)) {
    case 0: return random_.bytes(random_.below(64));
    case 1: return R"({"type":"price","price":"1.25","volume":1,"timestamp":")" + iso_time(now_ms, "+02:00") + "\"}";
    case 2:
      return R"({"type":"price","price":")" + std::to_string(random_.below(100)) + R"(","volume":null,"timestamp":)" +
             epoch(now_ms) + R"(,"symbol":"BRK.B"})";
    case 3: return R"({"long":")" + std::string(random_.below(60'000), 'x') + "\"}";
    case 4: return R"({")" + std::string(600 + random_.below(300), 'k') + R"(":1})";
    case 5: {
      std::string time = iso_time(now_ms, "");
      time[10] = ' ';
      return R"({"type":"performance","symbol":"AAPL","total":"1","timestamp":")" + time + "\"}";
    }
    case 6:
      return R"({"type":"profit","symbol":"AAPL","total":1,"timestamp":")" + std::to_string(now_ms / 1000) + ".786\"}";
    default: return fixed_payloads()[count_ % fixed_payloads().size()];
  }
}

std::string Awkward::channel() {
  switch (random_.below(6)) {
    case 0: return "TICKER_UPDATES_" + random_.one_of(awkward_tickers());
    case 1: return "TICKER_PERFORMANCE_" + random_.one_of(awkward_tickers());
    case 2: return random_.bytes(1 + random_.below(24));
    case 3:
      return random_.one_of<std::string>({"news/today", "a.b", " ", "TICKER_UPDATES_", "\xff\xfe", "PROFIT_REPORT",
                                          "BROKER_REGISTRATION", "__keyspace@0__:key", "__keyevent@0__:set"});
    case 4: return "TICKER_UPDATES_AAPL";
    default: return "NEWS";
  }
}

Publication Awkward::next(std::int64_t now_ms) {
  // The list is walked through, so that a long enough run has each of them.
  ++count_;
  if (!last_.payload.empty() && random_.chance(10)) return last_;
  last_ = {channel(), payload(now_ms)};
  return last_;
}

}  // namespace broker_sim
