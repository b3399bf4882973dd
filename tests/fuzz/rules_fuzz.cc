// The emulator's reading of a database.rules.json: refused in one printable line with its place, or evaluated.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "fuzz/demand.h"
#include "rtdb_emulator/json_reader.h"
#include "rtdb_emulator/rules.h"
#include "rtdb_emulator/rules_verdict.h"

using namespace rtdb_emulator;
using fuzz::demand;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const auto parsed = parse_rules(text);
  if (const auto* fault = std::get_if<RulesFault>(&parsed)) {
    const std::string line = fault->message();
    demand(std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c < 0x7F; }), "not printable", line);
    demand(fault->line >= 1 && fault->column >= 1 && fault->column <= size + 1, "a place outside of the text", line);
    return 0;
  }
  static const auto kTree = read_value(R"({"readers":{"alice":true},"a":{"b":{"c":1.5},"d":"x"}})", 0);
  static const nlohmann::json kAlice = {{"uid", "alice"}, {"token", {{"sub", "alice"}}}};
  const RulesLevel& top = std::get<Rules>(parsed).top;
  const Node& root = std::get<Node>(kTree);
  const Node nothing;
  for (const char* place : {"", "a", "a/b/c", "readers/alice", "x/y/z"}) {
    const Path path = split_path(place);
    for (const nlohmann::json& auth : {nlohmann::json(), kAlice}) {
      const bool may = rules_allow_read(top, auth, root, path);
      demand(!may || rules_allow_read(top, auth, root, split_path(std::string(place) + "/deeper")), "revoked below",
             place);
      rules_allow_write(top, auth, root, {{path, &nothing}});
      rules_allow_write(top, auth, root, {{path, &root}});
    }
    rules_have_index(top, path, "timestamp");
  }
  return 0;
}
