#include "classify/shape.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "classify/opener.h"
#include "classify/routes.h"
#include "firebase_relay/message.h"

namespace firebase_relay::classify {
namespace {

/// A payload as it stands in an arena: with something behind it.
struct Bytes {
  explicit Bytes(std::string_view text) : all(text), size(text.size()) { all.append(kPayloadPadding, '}'); }
  [[nodiscard]] std::string_view view() const { return std::string_view(all).substr(0, size); }
  std::string all;
  std::size_t size;
};

std::vector<Scalar> found(const Shape& shape, std::string_view payload) {
  const Bytes bytes(payload);
  std::vector<Scalar> scalars;
  std::size_t looked_at = 0;
  if (!shape.is_shape_of(bytes.view(), scalars, looked_at)) scalars.clear();
  return scalars;
}

constexpr std::string_view kModel = R"({"a": "x", "n": 1})";
const Shape kShape(kModel, {{6, 9, ValueType::kString}, {16, 17, ValueType::kNumber}});

TEST(Shape, IsAllButTheScalars) {
  const std::vector<Scalar> scalars = found(kShape, R"({"a": -12.50, "n": "a longer text, with spaces"})");
  ASSERT_EQ(scalars.size(), 2u);
  EXPECT_EQ(scalars[0].begin, 6u);
  EXPECT_EQ(scalars[0].end, 12u);
  EXPECT_EQ(scalars[0].type, ValueType::kNumber);
  EXPECT_EQ(scalars[1].begin, 19u);
  EXPECT_EQ(scalars[1].type, ValueType::kString);
  for (const char* scalar : {"null", "true", "false", "0", "-0", "0.5", "18446744073709551616", "\"\"", "\"\xC3\xA4\""})
    EXPECT_EQ(found(kShape, std::string(R"({"a": )") + scalar + R"(, "n": 1})").size(), 2u) << scalar;
}

TEST(Shape, LeavesToTheParserWhatIsNoPlainScalar) {
  for (const char* scalar : {"",
                             "nul",
                             "nulll",
                             "True",
                             "01",
                             "-",
                             "1.",
                             ".5",
                             "+1",
                             "1e5",
                             "1e400",
                             "\"\\n\"",
                             "\"\\u0041\"",
                             "\"",
                             "\"\t\"",
                             "\"\xFF\"",
                             "\"\xC3\"",
                             "{}",
                             "[]",
                             "[1]",
                             "NaN",
                             "1 ",
                             " 1",
                             "\"x\" ",
                             "\"x\"y",
                             "1, \"b\": 2",
                             "00000000000000000000000000000000000000000000000000000000000000000000000001"}) {
    EXPECT_TRUE(found(kShape, std::string(R"({"a": )") + scalar + R"(, "n": 1})").empty()) << scalar;
  }
  for (const char* other : {R"({"a": "x", "n": 1)", R"({"a": "x", "n": 1}})", R"({"a": "x", "m": 1})",
                            R"({"a":"x", "n": 1})", R"({"a": "x", "n": )", R"({"a": "x")", R"({"a": "x)", "{", ""}) {
    EXPECT_TRUE(found(kShape, other).empty()) << other;
  }
}

TEST(Shape, LooksAtNothingButThePayloadAndItsPadding) {
  const std::string blanks(300, ' ');
  const Shape shape(R"({"a":null)" + blanks + "}", {{5, 9, ValueType::kNull}});
  for (const std::string_view cut :
       {R"({"a":nul)", R"({"a":nu)", R"({"a":tru)", R"({"a":fals)", R"({"a":-)", R"({"a":")"}) {
    // What stands behind the payload would make it whole: on the heap, so that AddressSanitizer sees who goes too far.
    const std::string behind = cut.ends_with("fals")  ? "e"
                               : cut.ends_with("nu")  ? "ll"
                               : cut.ends_with("tru") ? "e"
                                                      : "l";
    std::vector<char> heap(cut.begin(), cut.end());
    heap.insert(heap.end(), behind.begin(), behind.end());
    heap.resize(cut.size() + kPayloadPadding, ' ');
    std::vector<Scalar> scalars;
    std::size_t looked_at = 0;
    EXPECT_FALSE(shape.is_shape_of({heap.data(), cut.size()}, scalars, looked_at)) << cut;
  }
}

TEST(Shape, TextOfEveryLengthEndsAtItsQuote) {
  for (std::size_t size = 0; size < 40; ++size) {
    for (const char stop : {'"', '\\', '\x1F'}) {
      const std::string text = std::string(size, '~') + stop;
      const auto scalars = found(kShape, R"({"a": ")" + text + R"(, "n": 1})");
      EXPECT_EQ(scalars.empty(), stop != '"') << size;
      if (stop == '"') {
        EXPECT_EQ(scalars.at(0).end, 8 + size);
      }
    }
  }
}

/// Everything that an opened payload tells of a message, as text.
std::string told(Opener& opener, const RouteTable& routes, std::string_view bytes) {
  if (const auto reason = opener.open(bytes)) return std::string(name_of(*reason));
  const Opened& payload = opener.opened();
  std::string all = payload.is_object ? "object " : "other ";
  const auto add = [&](const Value* value) {
    if (!value) {
      all += "- ";
      return;
    }
    all += std::to_string(static_cast<int>(value->type)) + (value->has_escapes ? "e" : "") +
           std::to_string(value->reach.keys) + '/' + std::to_string(value->reach.path_bytes) + ' ';
    payload.append(*value, all);
  };
  add(&payload.message);
  add(payload.in_envelope(routes.timestamp));
  for (FieldId field = 0; payload.is_object && field < kFieldsMax; ++field) add(payload.fields().find(field));
  return all;
}

const std::vector<std::string> kPayloads = {
    R"({"data": {"type": "price", "timestamp": "2026-05-06T14:39:11.786", "price": "187.23", "volume": null, "symbol": "AAPL"}, "timestamp": "2026-05-06T14:39:11.787", "sender": "alpaca"})",
    R"({"type":"price","price":1.5,"volume":12,"symbol":"BTC/USD","levels":[[1,2],[3,4],[]]})",
    R"({"data":{"type":"order","order_data":{"event":"fill","order":{"id":"b6b1","symbol":"AAPL","status":"filled","legs":null},"qty":"1"}},"sender":"x"})",
    R"({"data": {"a": {}}, "other": true})",
    R"({"stream":"trade_updates","data":{"event":"fill","symbol":"A","order":{"id":"b6b1","symbol":"AAPL"}}})",
    R"({"data":{"data":{"symbol":"B"},"symbol":"A"},"sender":"x"})",
    R"({"symbol": "MSFT", "total": "12.5", "converted": null, "x": {"y": [{"z": false}]}})",
};

/// A payload that is one of kPayloads, or nearly.
std::string nearly(std::mt19937_64& random) {
  static constexpr std::string_view kPieces[] = {
      "\"", "\\", "\\u00e4", "\xC3\xA4", "\xFF",          "{",     "}",  "[",   "]", ",", ":", " ", "1", "e9",
      "-",  ".",  "null",    "true",     "\"symbol\":1,", "1e400", "\n", "AAPL"};
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  std::string text = kPayloads[below(kPayloads.size())];
  for (std::size_t changes = below(4); changes > 0 && !text.empty(); --changes) {
    const std::size_t at = below(text.size());
    switch (below(4)) {
      case 0: text.erase(at, 1 + below(3)); break;
      case 1: text.insert(at, kPieces[below(std::size(kPieces))]); break;
      case 2: text[at] = static_cast<char>('0' + below(10)); break;
      default: text[at] = static_cast<char>(below(256)); break;
    }
  }
  return text;
}

TEST(Shapes, ChangeNothingOfWhatAPayloadTells) {
  const RouteTable routes = *parse_routes(
      R"({"ticker":{"fields":["symbol","data/order/symbol","data/symbol"]},"routes":[{"id":"order_data/order/id",
          "match":{"type":"price"},"live":{"a/{ID}":"order_data","b":"data","c":"levels","d":"data/order/id"}}]})",
      "r.json");
  Opener with_memory(routes);
  std::mt19937_64 random(7);
  std::size_t valid = 0;
  for (int i = 0; i < 200'000; ++i) {
    const Bytes bytes(nearly(random));
    Opener fresh(routes);
    const std::string expected = told(fresh, routes, bytes.view());
    valid += expected.find(' ') != std::string::npos ? 1 : 0;
    ASSERT_EQ(told(with_memory, routes, bytes.view()), expected) << bytes.view();
  }
  EXPECT_GT(valid, 30'000u);
}

}  // namespace
}  // namespace firebase_relay::classify
