#include "base/json_fault.h"

#include <gtest/gtest.h>

#include <ostream>

namespace firebase_relay {
namespace {

using namespace std::string_view_literals;

struct Case {
  const char* name;
  std::string_view json;
  std::string_view text;
};

void PrintTo(const Case& one, std::ostream* out) { *out << one.name; }

class JsonFaultOf : public testing::TestWithParam<Case> {};

TEST_P(JsonFaultOf, IsToldByByteAndKeyAndWhatStandsThere) {
  EXPECT_EQ(json_fault_text(GetParam().json), GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    All, JsonFaultOf,
    testing::Values(
        Case{"NaN", R"({"price": NaN})", "byte 10, price: NaN is no JSON value"},
        Case{"MinusInfinity", R"({"data":{"levels":[[1,-Infinity]]}})",
             "byte 22, data/levels/0/1: -Infinity is no JSON value"},
        Case{"None", R"({"a":1,"volume":None})", "byte 16, volume: None is no JSON value"},
        Case{"True", R"([{},True])", "byte 4, 1: True is no JSON value"},
        Case{"Undefined", R"({"a":undefined})", "byte 5, a: undefined is no JSON value"},
        Case{"BareText", "hello", "byte 0: hello is no JSON value"},
        Case{"OverlongNumber", R"({"a":{"b":1e400}})", "byte 10, a/b: 1e400 is beyond a double's range"},
        Case{"ZeroInFront", R"({"a":007})", "byte 5, a: 007 is no JSON number"},
        Case{"NoDigitBehindThePoint", R"({"a":1.})", "byte 5, a: 1. is no JSON number"},
        Case{"NoDigitBeforeThePoint", R"({"a":.5})", "byte 5, a: .5 is no JSON value"},
        Case{"ThousandsSeparator", R"({"a":1_000})", "byte 5, a: 1_000 is no JSON number"},
        Case{"SingleQuotes", "{'a': 1}", "byte 1: ' is no quote of JSON's: keys stand in double ones"},
        Case{"SingleQuotedValue", R"({"a": 'x'})", "byte 6, a: ' is no quote of JSON's: texts stand in double ones"},
        Case{"BareKey", "{a:1}", "byte 1: a stands where a key in double quotes is expected"},
        Case{"TrailingComma", R"({"a":1 , })", "byte 7: , is a comma with nothing behind it"},
        Case{"TrailingCommaOfAList", R"({"a":[1,2,]})", "byte 9, a: , is a comma with nothing behind it"},
        Case{"MissingComma", R"({"a":1 "b":2})", "byte 7: \" stands where , or } is expected"},
        Case{"MissingColon", R"({"a" 1})", "byte 5: 1 stands where : is expected"},
        Case{"WrongBracket", R"({"a":[1}])", "byte 7, a: } stands where , or ] is expected"},
        Case{"Behind", R"({"a":1} x)", "byte 8: x stands behind the end of the JSON"},
        Case{"TwoObjects", R"({"a":1}{"b":2})", "byte 7: { stands behind the end of the JSON"},
        Case{"ControlByte", "{\"note\":\"a\x01\"}",
             "byte 10, note: \\x01 is a control byte, which a text has only escaped"},
        Case{"LineBreakInAText", "{\"note\":\"a\nb\"}",
             "byte 10, note: \\x0a is a control byte, which a text has only escaped"},
        Case{"Nul", "{}\0"sv, "byte 2: \\x00 stands behind the end of the JSON"},
        Case{"EscapeSequence", "\033[2J", "byte 0: \\x1b stands where a value is expected"},
        Case{"UnknownEscape", R"({"a":"\x41"})", "byte 6, a: \\x is no escape of JSON's"},
        Case{"ShortEscape", R"({"a":"\u12"})", "byte 6, a: \\u12\"} is no escape of JSON's"},
        Case{"LoneSurrogate", R"({"a":"x\ud83dy"})", "byte 7, a: \\ud83d is half of a character (a lone surrogate)"},
        Case{"NoUtf8", "{\"a\":\"x\xff\"}", "byte 7, a: \\xff is no UTF-8"},
        Case{"NoUtf8InAKey", "{\"a\":{\"\xc3(\":1}}", "byte 7, a: \\xc3 is no UTF-8"},
        Case{"Truncated", R"({"data":{"price":"18)",
             "byte 20, data/price: the payload ends there, before it is complete"},
        Case{"TruncatedBehindAValue", R"({"price":1)", "byte 10: the payload ends there, before it is complete"},
        Case{"TruncatedWord", R"({"price":nul)", "byte 12, price: the payload ends there, before it is complete"},
        Case{"Empty", "", "byte 0: the payload is empty"},
        Case{"Blank", " \n", "byte 2: the payload ends there, before it is complete"},
        Case{"ByteOrderMarkInFront", "\xEF\xBB\xBF{\"a\":NaN}", "byte 8, a: NaN is no JSON value"},
        Case{"ByteOrderMarkTwice", "\xEF\xBB\xBF\xEF\xBB\xBF{}",
             "byte 3: U+FEFF is a byte order mark, which may only stand in front"},
        Case{"ByteOrderMarkBehindABlank", " \xEF\xBB\xBF{}",
             "byte 1: U+FEFF is a byte order mark, which may only stand in front"},
        Case{"ByteOrderMarkInside",
             "{\"a\":\xEF\xBB\xBF"
             "1}",
             "byte 5, a: U+FEFF is a byte order mark, which may only stand in front"},
        Case{"Utf16", "\xFF\xFE{\0}\0"sv, "byte 0: \\xff\\xfe is a byte order mark of UTF-16: publish UTF-8"},
        Case{"BlankThatIsNone",
             "{\"a\":\xC2\xA0"
             "1}",
             "byte 5, a: U+00A0 stands where a value is expected"},
        Case{"CurlyQuote",
             "{\xE2\x80\x9C"
             "a\xE2\x80\x9D:1}",
             "byte 1: U+201C stands where a key in double quotes is expected"},
        Case{"KeyThatATerminalObeys", "{\"\xE2\x80\xAE\":NaN}", "byte 7, \\xe2\\x80\\xae: NaN is no JSON value"}),
    [](const auto& one) { return std::string(one.param.name); });

TEST(JsonFault, IsNoneInJson) {
  for (const std::string_view json :
       {"{}"sv, " [ ] "sv, "null"sv, "-0.5e-3"sv, R"({"a":[1,2,{"b":"\ud83d\ude00\n\u0000"}],"":true})"sv, "1e-400"sv,
        "\xEF\xBB\xBF{}"sv, "\"\xEF\xBB\xBF\""sv, "\"\x7F\""sv, "0"sv, "1E+3"sv}) {
    EXPECT_FALSE(find_json_fault(json)) << json;
    EXPECT_EQ(json_fault_text(json), "");
  }
}

TEST(JsonFault, IsALineOfBoundedLengthWhateverStandsThere) {
  std::string deep;
  for (int i = 0; i < 60; ++i) deep += "{\"" + std::string(100'000, 'k') + "\033\":";
  for (const std::string& json :
       {std::string(1'000'000, 'x'), deep + "NaN", "{\"" + std::string(1'000'000, 'k') + "\":NaN}",
        std::string(1'000'000, '\xff'), "1" + std::string(1'000'000, '.')}) {
    const std::string text = json_fault_text(json);
    EXPECT_GT(text.size(), 10u);
    EXPECT_LT(text.size(), 600u);
    for (const char c : text) EXPECT_GE(static_cast<unsigned char>(c), 0x20) << text;
  }
}

TEST(JsonFault, IsAnExponentThatNoReaderTakesAlsoWhereTheNumberWouldBeZero) {
  for (const char* number : {"0e30822888222222222222", "1e-30822888222222222222", "0e+00000000000000000001"})
    EXPECT_EQ(find_json_fault(number).value().what, "has an exponent that no reader takes") << number;
  for (const char* number : {"0e308228882222222222", "1e-123456789012345678", "1e0000000000000000001"})
    EXPECT_FALSE(find_json_fault(number)) << number;
}

TEST(JsonFault, IsFoundBehindAnyDepth) {
  constexpr std::size_t kDepth = 1'000'000;
  const std::string opened(kDepth, '[');
  const std::string closed(kDepth, ']');
  EXPECT_EQ(find_json_fault(opened).value().at, kDepth);
  EXPECT_EQ(find_json_fault(opened + "NaN" + closed).value().at, kDepth);
  EXPECT_EQ(find_json_fault(opened + closed + "]").value().at, 2 * kDepth);
  EXPECT_FALSE(find_json_fault(opened + closed));
  const std::string objects =
      "{\"a\":{\"b\":" + std::string(100, '[') + "1" + std::string(100, ']') + "},\"c\":[0,[1,x]]}";
  EXPECT_EQ(find_json_fault(objects).value().path, "c/1/1");
}

}  // namespace
}  // namespace firebase_relay
