#include "classify/opener.h"

#include <gtest/gtest.h>

#include <cstring>

#include "base/json_fault.h"
#include "classify/routes.h"

namespace firebase_relay::classify {
namespace {

class OpenerTest : public testing::Test {
 protected:
  bool open(std::string_view json) {
    bytes_.assign(json);
    bytes_.append(kPayloadPadding, '}');  // what stands behind it in an arena must not complete it
    refused_ = opener_.open(std::string_view(bytes_).substr(0, json.size()));
    return !refused_;
  }
  /// What the text field `id` of the message stands for.
  std::string text_of(FieldId id) {
    std::string unescaped;
    return std::string(payload_.text(*payload_.fields().find(id), unescaped));
  }
  std::string rewritten() {
    std::string out;
    payload_.append(payload_.message, out);
    return out;
  }
  std::string message(std::string_view json) {
    EXPECT_TRUE(open(json)) << json;
    return std::string(payload_.raw(payload_.message));
  }

  RouteTable routes_ = *parse_routes(builtin_routes_json(), "routes.json");
  Opener opener_{routes_};
  const Opened& payload_ = opener_.opened();
  std::optional<DeadLetterReason> refused_;
  std::string bytes_;
};

TEST_F(OpenerTest, SlicesTheMessageByteForByte) {
  EXPECT_EQ(message("  {\"a\" :\t1.50,\"b\":[ 1 , 2]} \n"), "{\"a\" :\t1.50,\"b\":[ 1 , 2]}");
  EXPECT_FALSE(payload_.needs_rewrite(payload_.message));
  EXPECT_EQ(rewritten(), "{\"a\" :\t1.50,\"b\":[ 1 , 2]}");
  EXPECT_TRUE(payload_.is_object);
}

TEST_F(OpenerTest, OpensAnEnvelopeAndNothingThatOnlyLooksLikeOne) {
  EXPECT_EQ(message(R"({"data": {"x":1}, "timestamp": "t", "sender": "s"})"), R"({"x":1})");
  EXPECT_EQ(payload_.raw(*payload_.in_envelope(routes_.timestamp)), "\"t\"");
  EXPECT_EQ(message(R"({"sender":null,"data":{}})"), "{}");
  EXPECT_EQ(payload_.in_envelope(routes_.timestamp), nullptr);
  EXPECT_EQ(message(R"({"data":{"data":{"x":1}}})"), R"({"data":{"x":1}})") << "one envelope is opened";
  for (const char* bare : {R"({"data":{"x":1},"other":1})", R"({"data":[1]})", R"({"data":"x"})", R"({"data":null})",
                           R"({"timestamp":"t","sender":"s"})", "{}"}) {
    EXPECT_EQ(message(bare), bare);
    EXPECT_EQ(payload_.in_envelope(routes_.timestamp), nullptr) << bare;
  }
}

/// What the payload `json` has at `data/symbol` and at `symbol`, by routes that name both.
std::pair<std::string, std::string> symbols(Opener& opener, const RouteTable& routes, std::string_view json) {
  std::string bytes(json);
  bytes.append(kPayloadPadding, '}');
  EXPECT_FALSE(opener.open(std::string_view(bytes).substr(0, json.size()))) << json;
  const auto raw = [&](FieldId field) {
    const Value* const value = opener.opened().fields().find(field);
    return value ? std::string(opener.opened().raw(*value)) : "";
  };
  return {raw(routes.ticker_fields.at(0)), raw(routes.ticker_fields.at(1))};
}

TEST_F(OpenerTest, DataOfWhatIsNoEnvelopeIsAFieldLikeAnyOther) {
  const RouteTable routes = *parse_routes(R"({"ticker":{"fields":["data/symbol","symbol"]},"routes":[]})", "r.json");
  struct Case {
    const char* json;
    const char* in_data;
    const char* own;
  };
  const Case cases[] = {
      {R"({"stream":"x","data":{"symbol":"A"}})", "\"A\"", ""},
      {R"({"data":{"symbol":"A"},"stream":"x"})", "\"A\"", ""},
      {R"({"data":{"symbol":"A"},"sender":"s","timestamp":1,"extra":null,"symbol":"B"})", "\"A\"", "\"B\""},
      {R"({"symbol":"B","data":{"symbol":"A","data":{"symbol":"C"}}})", "\"A\"", "\"B\""},
      {R"({"data":{"symbol":"A"},"data":{"other":1},"stream":"x"})", "", ""},
      {R"({"data":{"symbol":"A"},"data":{"symbol":"B"},"stream":"x"})", "\"B\"", ""},
      {R"({"data":{"symbol":"A"},"data":[{"symbol":"B"}],"stream":"x"})", "", ""},
      {R"({"data":[{"symbol":"A"}]})", "", ""},
      // Envelopes: what is in `data` is the message.
      {R"({"data":{"symbol":"A"}})", "", "\"A\""},
      {R"({"sender":"s","data":{"symbol":"A"},"timestamp":1})", "", "\"A\""},
      {R"({"data":{"data":{"symbol":"C"}},"sender":"s"})", "\"C\"", ""},
      {R"({"data":{"data":{"symbol":"C"}},"data":{"symbol":"D"}})", "", "\"D\""},
      {R"({"data":{"stream":"x","data":{"symbol":"C"},"symbol":"B"},"timestamp":1})", "\"C\"", "\"B\""},
  };
  Opener knows_shapes(routes);
  for (int round = 0; round < 3; ++round) {
    for (const Case& one : cases) {
      Opener fresh(routes);
      EXPECT_EQ(symbols(fresh, routes, one.json), std::pair(std::string(one.in_data), std::string(one.own)))
          << one.json;
      EXPECT_EQ(symbols(knows_shapes, routes, one.json), std::pair(std::string(one.in_data), std::string(one.own)))
          << one.json << ", round " << round;
    }
  }
}

TEST_F(OpenerTest, LastOfDuplicateKeysCounts) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {R"({"a":1,"b":2,"a":3})", R"({"b":2,"a":3})"},
      {R"({"a":1,"a":2,"a":3})", R"({"a":3})"},
      {R"({"a\u0062":1,"ab":2})", R"({"ab":2})"},
      {R"({"o":{"x":1},"o":{"y":2}})", R"({"o":{"y":2}})"},
      {R"({"deep":[{"k":1,"k":{}}]})", R"({"deep":[{"k":{}}]})"},
  };
  for (const auto& [json, expected] : cases) {
    ASSERT_TRUE(open(json)) << json;
    EXPECT_TRUE(payload_.needs_rewrite(payload_.message)) << json;
    EXPECT_EQ(rewritten(), expected);
  }
}

TEST_F(OpenerTest, DuplicateParentTakesItsEarlierFieldsAlong) {
  ASSERT_TRUE(open(R"({"order_data":{"order":{"symbol":"AAPL","id":"1"}},"order_data":{"event":"new"}})"));
  for (const FieldId field : routes_.ticker_fields) EXPECT_EQ(payload_.fields().find(field), nullptr);
  ASSERT_TRUE(open(R"({"data":{"symbol":"A"},"data":{"symbol":"B"}})"));
  EXPECT_EQ(text_of(routes_.ticker_fields.front()), "B");
}

TEST_F(OpenerTest, EncodesKeysAtAnyDepthAndLeavesValuesAlone) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {R"({"a.b":"c.d"})", R"({"a%2Eb":"c.d"})"},
      {R"({".sv":"timestamp",".value":1})", R"({"%2Esv":"timestamp","%2Evalue":1})"},
      {R"({"x":[{"y/z":{"":1}}]})", R"({"x":[{"y%2Fz":{"%":1}}]})"},
      {R"({"a\/b":1})", R"({"a%2Fb":1})"},
      {R"({"tab\there":1})", R"({"tab%09here":1})"},
      {R"({"quote\"d":1})", R"({"quote\"d":1})"},
  };
  for (const auto& [json, expected] : cases) {
    ASSERT_TRUE(open(json)) << json;
    EXPECT_EQ(rewritten(), expected);
  }
}

TEST_F(OpenerTest, NestedValueIsRewrittenAlone) {
  ASSERT_TRUE(open(R"({"type":"order","a.b":1,"order_data":{"k$":1,"order":{"symbol":"A"}}})"));
  const Value* data = nullptr;
  for (FieldId field = 0; field < kFieldsMax; ++field) {
    const Value* value = payload_.fields().find(field);
    if (value && value->type == ValueType::kObject) data = value;
  }
  ASSERT_NE(data, nullptr);
  std::string out;
  payload_.append(*data, out);
  EXPECT_EQ(out, R"({"k%24":1,"order":{"symbol":"A"}})");
}

TEST_F(OpenerTest, ScalarsAndListsAreValidButNoObjects) {
  for (const char* json :
       {"null", " null ", "true", "false", "42", "-0.5e-3", "\"text\"", " \"t\" ", "[]", "[1,{\"a\":null}]"}) {
    EXPECT_TRUE(open(json)) << json;
    EXPECT_FALSE(payload_.is_object) << json;
  }
}

TEST_F(OpenerTest, WhatIsNoJsonIsRefusedWithItsReason) {
  const std::string deep_list = std::string(100'000, '[') + std::string(100'000, ']');
  const std::string long_text = '"' + std::string(10u << 20, 'x') + "x\"";
  std::vector<std::pair<std::string, DeadLetterReason>> cases = {{deep_list, DeadLetterReason::kTooDeep},
                                                                 {long_text, DeadLetterReason::kStringTooLong},
                                                                 {R"({"a":1e400})", DeadLetterReason::kNumberRange},
                                                                 {"-1e999", DeadLetterReason::kNumberRange},
                                                                 {"{\"a\":\"\xff\"}", DeadLetterReason::kInvalidUtf8},
                                                                 {"{\"\xc3\x28\":1}", DeadLetterReason::kInvalidUtf8},
                                                                 {"\xfe\xff{}", DeadLetterReason::kInvalidUtf8},
                                                                 {R"({"a":"\ud800"})", DeadLetterReason::kInvalidUtf8},
                                                                 {R"({"\udc00":1})", DeadLetterReason::kInvalidUtf8}};
  for (const char* text : {"",
                           " ",
                           "{",
                           "}",
                           "[",
                           "[1",
                           "[1,]",
                           "{\"a\":1,}",
                           "{\"a\":1",
                           "{\"a\" 1}",
                           "{a:1}",
                           "{'a':1}",
                           "nul",
                           "nulll",
                           "null null",
                           "tru",
                           "truex",
                           "falsex",
                           "false0",
                           "false false",
                           "01",
                           "1.",
                           ".5",
                           "+1",
                           "1 2",
                           "-",
                           "1e",
                           "NaN",
                           "Infinity",
                           "{\"a\":NaN}",
                           "{\"a\":-Infinity}",
                           "{\"a\":1}}",
                           "{\"a\":1}{\"b\":1}",
                           "\"a",
                           "\"a\"b",
                           "[1 2]",
                           "[,1]",
                           "{\"a\":\"\\x\"}",
                           "{\"a\":\"\x01\"}",
                           "{\"a\":1,\"b\"}",
                           "\xef\xbb\xbf",
                           "\xef\xbb\xbf\xef\xbb\xbf{}",
                           " \xef\xbb\xbf{}",
                           "{}\xef\xbb\xbf",
                           "{\"a\":[1}"}) {
    cases.emplace_back(text, DeadLetterReason::kInvalidJson);
  }
  cases.emplace_back(std::string("{}\0", 3), DeadLetterReason::kInvalidJson);
  cases.emplace_back(std::string("\0", 1), DeadLetterReason::kInvalidJson);
  for (const auto& [json, reason] : cases) {
    EXPECT_FALSE(open(json)) << json.substr(0, 60);
    EXPECT_EQ(refused_, reason) << json.substr(0, 60);
    if (is_json_fault(reason)) {
      EXPECT_NE(json_fault_text(json), "") << json.substr(0, 60);
    }
  }
}

TEST_F(OpenerTest, ByteOrderMarkInFrontIsSteppedOver) {
  const std::string mark = "\xEF\xBB\xBF";
  for (int round = 0; round < 2; ++round) {  // the second time by its shape, with the mark and without
    for (const std::string& front : {mark, std::string(), mark + " "}) {
      EXPECT_EQ(message(front + R"({"data":{"symbol":"A"},"sender":"x"})"), R"({"symbol":"A"})");
      EXPECT_EQ(text_of(routes_.ticker_fields.front()), "A");
      EXPECT_EQ(message(front + "{\"a\":\"\xEF\xBB\xBF\"} "), "{\"a\":\"\xEF\xBB\xBF\"}");
      EXPECT_EQ(message(front + "42"), "42");
      ASSERT_TRUE(open(front + R"({"a.b":1})"));
      EXPECT_EQ(rewritten(), R"({"a%2Eb":1})");
    }
  }
}

TEST_F(OpenerTest, IsNotImpressedByWhatWasOpenedBefore) {
  EXPECT_FALSE(open("{"));
  EXPECT_EQ(message(R"({"a":1})"), R"({"a":1})");
  EXPECT_FALSE(open(std::string(5000, '[')));
  EXPECT_EQ(message("[1]"), "[1]");
}

TEST_F(OpenerTest, LargestStringAllowedIsTaken) { EXPECT_TRUE(open('"' + std::string(10u << 20, 'x') + '"')); }

TEST_F(OpenerTest, KnowsHowFarItReaches) {
  ASSERT_TRUE(open(R"({"ab":{"c.d":1},"e":[[[5]]]})"));
  EXPECT_EQ(payload_.message.reach.keys, 4u) << "e, 0, 0, 0";
  EXPECT_EQ(payload_.message.reach.path_bytes, std::strlen("/ab/c%2Ed"));
}

}  // namespace
}  // namespace firebase_relay::classify
