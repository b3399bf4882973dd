// What rtdb-emulator reads of a database.rules.json, and where it says that it does not.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "rtdb_emulator/rules.h"
#include "support/paths.h"

namespace emulator_test {
namespace {

/// `LINE:COLUMN: text` of the fault; empty: there is none.
std::string fault_of(const std::string& text) {
  const auto rules = rtdb_emulator::parse_rules(text);
  const auto* fault = std::get_if<rtdb_emulator::RulesFault>(&rules);
  return fault ? fault->message() : std::string();
}

/// The fault of `rule` as the .write of `a/$x`; its column counts from the rule's first character.
std::string fault_of_rule(const std::string& rule) {
  const std::string fault = fault_of("{\"rules\":{\"a\":{\"$x\":{\".write\":\n\"" + rule + "\"}}}}");
  if (fault.empty()) return fault;
  EXPECT_TRUE(fault.starts_with("2:")) << fault;
  const std::size_t colon = fault.find(':', 2);
  return std::to_string(std::stoul(fault.substr(2)) - 2) + fault.substr(colon);
}

std::string shipped_rules() {
  return test_support::bytes_of(std::string(test_support::source_dir()) + "/firebase/database.rules.json");
}

TEST(RulesParser, ReadsTheShippedRules) { EXPECT_EQ(fault_of(shipped_rules()), ""); }

TEST(RulesParser, ReadsWhatAPersonWritesBesideThem) {
  for (const char* rule :
       {"true", "false", "auth != null", "auth == null", "auth.uid === 'alice'", "auth.uid != null", "$x === auth.uid",
        "auth.token.admin === true", "auth.token.firebase.sign_in_provider == 'password'", "!(auth === null)",
        "data.exists() && !newData.exists()", "root.child('a/b').child($x).val() === 1.5",
        "data.parent().parent().val()", "newData.child(\\\"k\\\").val() !== 'it\\\\'s'",
        "root.child('n').val() === -1 || false", "( data.val()==null||auth . uid===\\\"x\\\" )"})
    EXPECT_EQ(fault_of_rule(rule), "") << rule;
}

TEST(RulesParser, ReadsCommentsBooleansAndIndexes) {
  EXPECT_EQ(fault_of("// a comment with \"quotes\"\n{/* and */\"rules\":{\".read\":true,\".write\":\"false\",\n"
                     "\"a\":{\".indexOn\":\"n\"},\"b\":{\".indexOn\":[\".value\",\"x/y\"]}}}\n"),
            "");
}

TEST(RulesParser, SaysAtWhichCharacterOfARuleItsFaultIs) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"now === 1",
       "0: Unknown variable 'now': rtdb-emulator knows auth, root, data, newData and the $variables of keys."},
      {"auth.uid.matches(/x/)", "9: No such method/property 'matches' that rtdb-emulator knows."},
      {"data.isString()",
       "5: No such method/property 'isString' that rtdb-emulator knows: it has child, parent, val and exists."},
      {"auth.provider === 'x'", "5: No such method/property 'provider' that rtdb-emulator knows."},
      {"$y === 'a'", "0: Unknown variable '$y': no key above this rule is called so."},
      {"'a'", "0: a rule must be true or false"},
      {"auth", "0: a rule must be true or false"},
      {"null", "0: a rule must be true or false"},
      {"data.val() < 1", "11: expected &&, ||, ==, != or the end of the rule, found '<'"},
      {"true && 'a'", "8: && joins what is true or false, and nothing else"},
      {"5 || true", "0: || joins what is true or false, and nothing else"},
      {"data == null", "0: a place cannot be compared: add .val()"},
      {"null != root", "8: a place cannot be compared: add .val()"},
      {"auth === 'alice'", "0: auth can be compared with null only"},
      {"!'a'", "1: ! needs what is true or false"},
      {"root.child(1).exists()", "11: child needs a text"},
      {"root.child('a'.exists()", "15: No such method/property 'exists' that rtdb-emulator knows."},
      {"root.child('a'", "14: expected ), found the end of the rule"},
      {"root.child", "10: expected (, found the end of the rule"},
      {"auth != null)", "12: expected &&, ||, ==, != or the end of the rule, found ')'"},
      {"(auth != null", "13: expected ), found the end of the rule"},
      {"auth !=", "7: expected a value, found the end of the rule"},
      {"", "0: expected a value, found the end of the rule"},
      {"'open", "0: a text that does not end"},
      {"ä", "0: expected a value, found a character that is none of a rule"},
      {"'ä\\u00e4\\ud83d\\ude00' === x",
       "26: Unknown variable 'x': rtdb-emulator knows auth, root, data, newData and the $variables of keys."}};
  for (const auto& [rule, fault] : cases) EXPECT_EQ(fault_of_rule(rule), fault) << rule;
}

TEST(RulesParser, SaysWhereTheFileIsNoRules) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "1:1: no JSON: "},
      {"{\"rules\":{}", "1:12: no JSON: "},
      {"{\"rules\":{\n  \".read\": true,\n}}", "3:1: no JSON: "},
      {"[]", "1:1: expected an object with 'rules'"},
      {"{}", "1:1: Expected 'rules' property."},
      {"{\"x\":1}", "1:2: Expected 'rules' property, found 'x'."},
      {"{\"rules\":{},\"rules\":{}}", "1:13: 'rules' stands here for the second time"},
      {"{\"rules\":1}", "1:10: expected an object"},
      {"{\"rules\":{\"a\":\n true}}", "2:5: expected an object"},
      {"{\"rules\":{\"a\":\"x\"}}", "1:15: expected an object"},
      {"{\"rules\":{\"a\":{},\n\"a\":{}}}", "2:1: 'a' stands here for the second time"},
      {"{\"rules\":{\".read\":{}}}", "1:19: expected true, false or a text"},
      {"{\"rules\":{\".read\":null}}", "expected true, false or a text"},
      {"{\"rules\":{\"a\":{\n\".validate\":true}}}", "2:1: .validate is not evaluated by rtdb-emulator"},
      {"{\"rules\":{\".reed\":true}}", "1:11: '.reed' is none of .read, .write and .indexOn"},
      {"{\"rules\":{\"a/b\":{}}}", "1:11: Key value can't be empty or contain $ # [ ] / or ."},
      {"{\"rules\":{\"$\":{}}}", "1:11: '$' is no name of a variable"},
      {"{\"rules\":{\"$a\":{},\"$b\":{}}}", "1:19: there can be one $variable beside each other: '$b'"},
      {"{\"rules\":{\"$a\":{\"$a\":{}}}}", "1:17: '$a' is already a key above this one"},
      {"{\"rules\":{\".indexOn\":5}}", "expected a text or an array of texts"},
      {"{\"rules\":{\".indexOn\":[\"a\",\"\"]}}", "1:27: '' is no path of a child, and not .value"},
      {"{\"rules\":{\".read\":\"newData.exists()\"}}", "1:20: newData means nothing to a .read"}};
  for (const auto& [text, fault] : cases)
    EXPECT_NE(fault_of(text).find(fault), std::string::npos) << text << " => " << fault_of(text);
}

TEST(RulesParser, DoesNotGoDeeperThanItsStackBears) {
  std::string levels;
  for (int i = 0; i < 10'000; ++i) levels += "{\"a\":";
  EXPECT_NE(fault_of("{\"rules\":" + levels).find("the rules are deeper than the database"), std::string::npos);
  for (const char* part : {"(", "!", "root.child("})
    EXPECT_NE(fault_of_rule([&] {
                std::string deep;
                for (int i = 0; i < 10'000; ++i) deep += part;
                return deep;
              }())
                  .find("a rule must not be nested so deeply"),
              std::string::npos)
        << part;
  std::string chain = "root";
  for (int i = 0; i < 10'000; ++i) chain += ".child('a')";
  EXPECT_NE(fault_of_rule(chain + ".exists()").find("a rule must not be nested so deeply"), std::string::npos);
  std::string many = "true";
  for (int i = 0; i < 10'000; ++i) many += " && true";
  EXPECT_EQ(fault_of_rule(many), "");
}

/// Damage to one or a few bytes: a fault is one printable line with a place inside the text, and nothing is read
/// beyond it (the sanitizers' builds see to that).
TEST(RulesParser, TakesOrRefusesWhateverADamagedFileHas) {
  std::mt19937 random(20261128);
  const std::string whole = shipped_rules();
  constexpr std::string_view kBytes = "{}[]\",:.$\\/'()!=&| \nabu0\x01\xC3\xA4";
  std::size_t refused = 0;
  constexpr int kRuns = 5'000;
  for (int run = 0; run < kRuns; ++run) {
    std::string text = whole;
    for (std::uint_fast32_t i = random() % 3; i < 3 && !text.empty(); ++i) {
      const std::size_t at = random() % text.size();
      const char byte = kBytes[random() % kBytes.size()];
      switch (random() % 4) {
        case 0: text[at] = byte; break;
        case 1: text.insert(at, 1, byte); break;
        case 2: text.erase(at, 1 + random() % 20); break;
        default: text.resize(at + 1);
      }
    }
    const auto rules = rtdb_emulator::parse_rules(text);
    const auto* fault = std::get_if<rtdb_emulator::RulesFault>(&rules);
    if (!fault) continue;
    ++refused;
    EXPECT_LE(fault->line, static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1);
    EXPECT_TRUE(fault->line > 0 && fault->column > 0 && fault->column <= text.size() + 1) << text;
    EXPECT_TRUE(std::all_of(fault->text.begin(), fault->text.end(), [](char c) { return c >= ' ' && c < 0x7F; }))
        << fault->text;
  }
  EXPECT_GT(refused, kRuns * 8 / 10);
}

}  // namespace
}  // namespace emulator_test
