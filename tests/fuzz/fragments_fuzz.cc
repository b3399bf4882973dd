// A channel, a zero byte and a payload: whatever they are, the message ends as one dead letter or as fragments that the
// database takes.
#include <nlohmann/json.hpp>
#include <string>

#include "base/json_fault.h"
#include "classify/block_writer.h"
#include "classify/key_codec.h"
#include "classify/routes.h"
#include "fuzz/demand.h"

namespace {

using namespace firebase_relay;
using namespace firebase_relay::classify;

using fuzz::demand;

void check_keys(const nlohmann::json& value, std::string_view text) {
  if (!value.is_structured()) return;
  for (const auto& [key, child] : value.items()) {
    demand(!key.empty(), "empty key", text);
    for (const char c : key)
      demand(c == '%' || !is_reserved_in_key(static_cast<unsigned char>(c)), "reserved byte in a key", text);
    check_keys(child, text);
  }
}

/// `"path":value` as the database will read it.
void check_fragment(std::string_view path, std::string_view value) {
  const std::string text = "{\"" + std::string(path) + "\":" + std::string(value) + "}";
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  demand(!json.is_discarded() && json.size() == 1, "no JSON", text);
  const std::string whole = json.items().begin().key();
  demand(1 + whole.size() <= kPathBytesMax, "path too long", text);
  for (const char c : whole)
    demand(c == '%' || c == '/' || !is_reserved_in_key(static_cast<unsigned char>(c)), "reserved byte in a path", text);
  demand(whole.find("//") == std::string::npos && !whole.ends_with('/'), "empty key in a path", text);
  check_keys(json.items().begin().value(), text);
}

/// What a writer made of a block, whatever it may have seen before.
std::string made_of(const FragmentBlock& block) {
  std::string made;
  for (const LiveUpdate& update : block.live) {
    made += block.path_of(update);
    made += block.value_of(update);
  }
  for (const HistoryRun& run : block.history) made += run.text;
  for (const DeadLetter& letter : block.dead_letters) made += name_of(letter.reason);
  return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // The built-in ones, and one that looks below the `data` of what is no envelope.
  static const RouteTable routes = [] {
    nlohmann::ordered_json json = nlohmann::ordered_json::parse(builtin_routes_json());
    json["ticker"]["fields"].push_back("data/order/symbol");
    json["routes"].insert(json["routes"].begin(), nlohmann::ordered_json::parse(R"({"match":{"data/order":{}},
        "id":"data/order/id","live":{"raw/{TICKER}/{ID}":"data","stream/{TICKER}":"data/order/status"},
        "history":"history/{TICKER}/raw"})"));
    return *parse_routes(json.dump(), "routes.json");
  }();
  static BlockWriter writer(routes, {});
  static std::uint64_t number = 0;
  const std::string_view input = fuzz::text_of(data, size);
  const std::size_t end = input.find('\0');
  const std::string_view channel = end == std::string_view::npos ? "TICKER_UPDATES_AAPL" : input.substr(0, end);
  const std::string_view payload = end == std::string_view::npos ? input : input.substr(end + 1);

  MessageBlock block;
  block.number = ++number;
  block.first_sequence = 1;
  block.append(channel, payload);
  block.append("TICKER_UPDATES_AAPL", R"({"type":"price","price":1})");
  const auto written = writer.write(block);
  BlockWriter fresh(routes, {});
  demand(made_of(*written) == made_of(*fresh.write(block)), "known shapes made a difference", payload);
  std::size_t entries = 0;
  for (const HistoryRun& run : written->history) {
    entries += run.entries.size();
    for (std::size_t i = 0; i < run.entries.size(); ++i) check_fragment(run.path_of(i), run.value_of(i));
  }
  demand(entries + written->dead_letters.size() == 2, "a message has no end, or two", payload);
  for (const DeadLetter& letter : written->dead_letters) {
    const bool has_place = !json_fault_text(letter.payload).empty();
    demand(has_place || !is_json_fault(letter.reason), "no JSON, and nobody knows where", payload);
  }
  demand(!written->dead_letters.empty() || json_fault_text(payload).empty(), "a fault of what was taken", payload);
  for (const LiveUpdate& update : written->live) check_fragment(written->path_of(update), written->value_of(update));
  return 0;
}
