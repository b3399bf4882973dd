// The emulator's reading of a PATCH: refused, or applied so that reading the tree and writing it anew changes nothing.
#include <string>

#include "fuzz/demand.h"
#include "rtdb_emulator/database.h"
#include "rtdb_emulator/json_reader.h"
#include "rtdb_emulator/json_writer.h"
#include "rtdb_emulator/path.h"

using namespace rtdb_emulator;
using fuzz::demand;

namespace {

constexpr std::int64_t kNow = 1'778'078'351'786;

std::string tree_of(const Database& database) {
  std::string tree;
  database.read("demo", {}, [&](const Node& node) { tree = to_json(node, {.with_priorities = true}); });
  return tree;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body = fuzz::text_of(data, size);
  if (const auto decoded = url_decoded(body)) demand(decoded->size() <= body.size(), "decoded to more", body);
  auto updates = read_updates(body, 0);
  if (const auto* refusal = std::get_if<Refusal>(&updates)) {
    fuzz::demand_one_line(refusal->text);
    return 0;
  }
  Database database;
  if (database.update("demo", {}, std::move(std::get<Updates>(updates)), {1, kNow, {}})) return 0;
  const std::string tree = tree_of(database);
  auto value = read_value(tree, 0);
  demand(std::holds_alternative<Node>(value), "a tree that it does not take back", tree);
  Database copy;
  copy.set("demo", {}, std::move(std::get<Node>(value)), nullptr, {1, kNow, {}});
  demand(tree_of(copy) == tree, "another tree when written anew", tree);
  return 0;
}
