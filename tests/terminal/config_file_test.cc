#include "terminal/config_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "terminal/temporary_file.h"

namespace firebase_relay::terminal {
namespace {

using namespace std::string_view_literals;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

struct Form {
  const char* name;
  std::string_view content;
  std::string_view key;
  std::string_view text;
};

class ConfigForms : public testing::TestWithParam<Form> {};

TEST_P(ConfigForms, AreRead) {
  const auto entries = parse_config(GetParam().content);

  ASSERT_TRUE(entries) << entries.error().what;
  ASSERT_EQ(entries->size(), 1u);
  EXPECT_EQ(entries->front().key, GetParam().key);
  EXPECT_EQ(entries->front().text, GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    All, ConfigForms,
    testing::Values(Form{"number", "workers = 4\n", "workers", "4"},                              //
                    Form{"number_with_groups", "n = 1_048_576", "n", "1_048_576"},                //
                    Form{"negative", "n = -4", "n", "-4"},                                        //
                    Form{"string", "routes = \"my routes.json\"\n", "routes", "my routes.json"},  //
                    Form{"empty_string", "routes = \"\"", "routes", ""},                          //
                    Form{"literal_string", R"(routes = 'C:\r.json')", "routes", R"(C:\r.json)"},  //
                    Form{"escapes", R"(s = "a\"\\\t\u00fc\U0001F680")", "s", "a\"\\\tü🚀"},        //
                    Form{"hash_in_a_string", "s = \"a#b\" # c", "s", "a#b"},                      //
                    Form{"boolean", "history = false", "history", "false"},                       //
                    Form{"array", "channels = [\"A*\", 'B*']", "channels", "A*,B*"},              //
                    Form{"empty_array", "channels = [ ]", "channels", ""},                        //
                    Form{"long_array", "channels = [ # which\n  \"A*\",\n\n  \"B*\", # last\n]\n", "channels", "A*,B*"},
                    Form{"comma_in_a_string", "channels = \"A*,B*\"", "channels", "A*,B*"},                  //
                    Form{"comments", "# what it is\n\n  # more\nworkers = 4 # threads\n#", "workers", "4"},  //
                    Form{"no_blanks", "workers=4", "workers", "4"},                                          //
                    Form{"windows_lines", "\r\nworkers = 4\r\n\r\n", "workers", "4"},                        //
                    Form{"quoted_key", "\"workers\" = 4", "workers", "4"}),
    [](const auto& form) { return form.param.name; });

struct Flaw {
  const char* name;
  std::string_view content;
  std::string_view complaint;
};

class ConfigFlaws : public testing::TestWithParam<Flaw> {};

TEST_P(ConfigFlaws, AreNamedWithLineAndKey) {
  const auto entries = parse_config(GetParam().content);

  ASSERT_FALSE(entries);
  EXPECT_EQ(entries.error().code, ErrorCode::kInvalid);
  EXPECT_THAT(entries.error().what, StartsWith(std::string(GetParam().complaint)));
  EXPECT_THAT(entries.error().what, Not(HasSubstr("s3cret")));
  EXPECT_THAT(entries.error().what, Not(HasSubstr("\n")));
}

INSTANTIATE_TEST_SUITE_P(
    All, ConfigFlaws,
    testing::Values(
        Flaw{"table", "\n[relay]\nworkers = 4\n", "2: expected key = value; [tables] are not used"},   //
        Flaw{"dotted_key", "relay.workers = 4\n", "1: relay: expected key = value"},                   //
        Flaw{"no_key", "= 4\n", "1: expected key = value"},                                            //
        Flaw{"no_value", "workers =\n", "1: workers: expected a number"},                              //
        Flaw{"no_equals", "a = 1\nworkers\n", "2: workers: expected key = value"},                     //
        Flaw{"twice", "workers = 4\nx = 2\nworkers = 5\n", "3: workers: expected once, found twice"},  //
        Flaw{"bare_word", "log-level = s3cret\n", "1: log-level: expected a number, true, false, or a text in quotes"},
        Flaw{"two_values", "workers = 4 5\n", "1: workers: expected the end of the line"},  //
        Flaw{"open_string", "redis-url = \"s3cret\nx = 1", "1: redis-url: expected the string's closing quote"},
        Flaw{"multi_line_string", "s = \"\"\"s3cret\n\"\"\"", "1: s: expected a string on one line"},  //
        Flaw{"open_array", "c = [\n1,\n", "3: c: expected a number"},                                  //
        Flaw{"no_comma", "c = [1 2]", "1: c: expected `,` or `]`"},                                    //
        Flaw{"nested_array", "c = [[1]]", "1: c: expected a number"},                                  //
        Flaw{"inline_table", "c = {a = 1}", "1: c: expected a number"},                                //
        Flaw{"bad_escape", R"(s = "s3cret\q")", "1: s: expected one of TOML's escapes"},               //
        Flaw{"surrogate", R"(s = "\ud800")", "1: s: expected one of TOML's escapes"},                  //
        Flaw{"short_escape", R"(s = "\u12")", "1: s: expected one of TOML's escapes"},                 //
        Flaw{"escape_at_the_end", "s = \"\\", "1: s: expected"},                                       //
        Flaw{"binary", "\x7f\x45\x4c\x46\x00\x01"sv, "1: expected key = value"}),
    [](const auto& flaw) { return flaw.param.name; });

TEST(Config, KnowsTheLineOfEachKey) {
  const auto entries = parse_config("# c\na = [\n1\n]\n\nb = 2");

  ASSERT_TRUE(entries);
  EXPECT_EQ((*entries)[0].line, 2u);
  EXPECT_EQ((*entries)[1].line, 6u);
}

TEST(Config, ThatIsCutOffAnywhereIsReadOrRefusedButNeverCrashes) {
  constexpr std::string_view kWhole = "a = \"x\\u00fc\" # c\n'b' = [\n1, 'y',\n]\r\nc = true\n";

  for (std::size_t size = 0; size <= kWhole.size(); ++size) {
    const auto entries = parse_config(kWhole.substr(0, size));
    EXPECT_TRUE(!entries || entries->size() <= 3);
  }
}

TEST(ConfigFile, NamesItselfInErrors) {
  const TemporaryFile file("workers 4\n");

  EXPECT_EQ(read_config_file(file.path()).error().what, file.path() + ":1: workers: expected key = value");
}

TEST(ConfigFile, ThatIsEmptySaysNothing) {
  const TemporaryFile file("");

  const auto entries = read_config_file(file.path());

  ASSERT_TRUE(entries);
  EXPECT_TRUE(entries->empty());
}

TEST(ConfigFile, ThatIsNotThereIsNamed) {
  const auto entries = read_config_file("/no/such/relay.toml");

  ASSERT_FALSE(entries);
  EXPECT_EQ(entries.error().code, ErrorCode::kIo);
  EXPECT_EQ(entries.error().what, "cannot read /no/such/relay.toml: No such file or directory");
}

TEST(ConfigFile, ThatIsAFolderIsRefused) { EXPECT_FALSE(read_config_file("/tmp")); }

TEST(ConfigFile, ThatNeverEndsIsRefused) {
  EXPECT_THAT(read_config_file("/dev/zero").error().what, HasSubstr("larger than 1 MiB"));
}

TEST(ConfigFile, SpoiltByAnEditorIsToldByTheCharacter) {
  EXPECT_NE(parse_config("\xEF\xBB\xBFworkers = 2\n").error().what.find("1: begins with a byte order mark"),
            std::string::npos);
  EXPECT_NE(parse_config("a = 1\nb = \xE2\x80\x9Cx\xE2\x80\x9D\n")
                .error()
                .what.find("2: b: expected a text in straight quotes"),
            std::string::npos);
  EXPECT_TRUE(parse_config("workers = 2\r\n")) << "lines of Windows are lines";
}

}  // namespace
}  // namespace firebase_relay::terminal
