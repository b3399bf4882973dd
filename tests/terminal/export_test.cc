// What `export` makes of entries: columns.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/archive_line.h"
#include "terminal/csv.h"

namespace firebase_relay::terminal {
namespace {

using test_support::key_of_lines;
using test_support::line_at;

TEST(Csv, FieldsAreNamesSeparatedByCommas) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(parse_fields(" entry_time, order/id ,a b").value(), (Names{"entry_time", "order/id", "a b"}));
  EXPECT_EQ(parse_fields("").value(), Names());
  for (const char* wrong : {",", " ", "a,", ",a", "a, ,b"}) {
    const auto fields = parse_fields(wrong);
    ASSERT_FALSE(fields) << wrong;
    EXPECT_EQ(fields.error().code, ErrorCode::kInvalid);
    EXPECT_EQ(fields.error().what, "--fields: expected names separated by commas, none of them empty");
  }
  ASSERT_FALSE(parse_fields("a,b, a"));
  EXPECT_EQ(parse_fields("a,b, a").error().what, "--fields: expected each name once, but a stands there twice");
}

TEST(Csv, ColumnsAreTheFieldsOfTheFirstEntry) {
  Csv csv({});
  std::string out;
  csv.append(line_at("h/A", R"({"price":"1.10","volume":null,"order":{"id":7,"legs":[1.50,{"x":true}]}})"), out);
  csv.append(line_at("h/A", R"({"order":{"id":8},"price":2,"new":1})"), out);
  const std::string entry = "h/A/" + key_of_lines() + ",2026-05-06T14:39:11.786Z,";
  EXPECT_EQ(out, "entry,entry_time,price,volume,order/id,order/legs/0,order/legs/1/x\n" + entry +
                     "1.10,,7,1.50,true\n" + entry + "2,,8,,\n");
  EXPECT_EQ(csv.cut(), 1u) << "`new` has no column";
  EXPECT_EQ(csv.cut_fields(), std::vector<std::string>{"new"});
  EXPECT_EQ(csv.never_found(), std::vector<std::string>());
}

TEST(Csv, FieldsThatAreCalledAsItsOwnColumnsAreToldFromThese) {
  Csv csv({});
  std::string out;
  csv.append(line_at("h/A", R"({"entry":101.5,"entry_time":"09:30","exit":{"entry":1}})"), out);
  EXPECT_EQ(out.substr(0, out.find('\n')), "entry,entry_time,value/entry,value/entry_time,exit/entry");
  EXPECT_NE(out.find(",101.5,09:30,1\n"), std::string::npos) << out;
  EXPECT_TRUE(csv.never_found().empty());
}

TEST(Csv, ColumnsThatNoEntryHasAreKnown) {
  Csv csv({"entry_time", "order/id", "order_data/order/id", "volume"});
  std::string out;
  EXPECT_EQ(csv.never_found(), std::vector<std::string>()) << "no entry, so nothing is known";
  csv.append(line_at("h/A", R"({"order_data":{"order":{"id":7}}})"), out);
  csv.append(line_at("h/A", R"({"volume":null})"), out);
  EXPECT_EQ(csv.never_found(), std::vector<std::string>{"order/id"}) << "one that is null is there";
}

TEST(Csv, FirstFewFieldsWithoutAColumnAreNamedOnce) {
  Csv csv({});
  std::string out;
  csv.append(line_at("h/A", R"({"a":0})"), out);
  for (int i = 0; i < 2; ++i) csv.append(line_at("h/A", R"({"b":1,"c":1,"d":1,"e":1,"f":1,"g":1})"), out);
  EXPECT_EQ(csv.cut(), 2u);
  EXPECT_EQ(csv.cut_fields(), (std::vector<std::string>{"b", "c", "d", "e", "f"}));
}

TEST(Csv, CellsAreQuotedWhereTheyHaveTo) {
  Csv csv({"a", "b"});
  std::string out;
  csv.append(line_at("h/A", R"({"a":"x,\"y\"","b":"two\nlines","c":1})"), out);
  EXPECT_EQ(out, "a,b\n\"x,\"\"y\"\"\",\"two\nlines\"\n");
  EXPECT_EQ(csv.cut(), 0u) << "columns were chosen";
}

TEST(Csv, ValueThatIsNoObjectIsOneColumnAndNoJsonNoRow) {
  Csv csv({});
  std::string out;
  csv.append(line_at("h/A", "NaN"), out);
  EXPECT_EQ(out, "");
  EXPECT_EQ(csv.unreadable(), 1u);
  csv.append(line_at("h/A", "[]"), out);
  csv.append(line_at("h/A", "12.50"), out);
  EXPECT_TRUE(out.starts_with("entry,entry_time\n")) << out;
}

}  // namespace
}  // namespace firebase_relay::terminal
