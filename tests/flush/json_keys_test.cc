#include "flush/json_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace firebase_relay::flush {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

TEST(JsonKeys, AreThoseOfTheOutermostObject) {
  EXPECT_THAT(keys_of_object(R"({"b":true,"a\"\u00e4":{"c":{"d":1}},"e":[{"f":1}]})"),
              Optional(ElementsAre("b", "a\"\xc3\xa4", "e")));
}

TEST(JsonKeys, AreNoneOfWhatIsNoObject) {
  for (const char* text : {"null", "1", "\"text\"", "[]", "{}", R"([{"a":1}])", "true", "1.5"})
    EXPECT_THAT(keys_of_object(text), Optional(IsEmpty())) << text;
}

TEST(JsonKeys, AreNotToldOfWhatIsNoJson) {
  for (const char* text : {"", "{", R"({"a":1)", "<html>", R"({"a":1} x)"}) EXPECT_FALSE(keys_of_object(text)) << text;
}

}  // namespace
}  // namespace firebase_relay::flush
