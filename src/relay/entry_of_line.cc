#include "relay/entry_of_line.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/json_fault.h"
#include "classify/key_codec.h"

namespace firebase_relay::relay {
namespace {

constexpr std::string_view kNoLine = "expected channel<TAB>payload, or what tap --json or export prints";
constexpr std::string_view kNotHistory = "no route keeps history at this place; replay takes entries of history alone";
constexpr std::string_view kBadKey =
    "a key of the entry is empty or has a character that the database takes in none (. $ # [ ] / or a control one)";

constexpr std::string_view kNothing =
    "the entry has no value, or nothing but null, {} and []: that would remove what stands at its key";

/// Would the database take it as a key, or as some of them with a slash between? `%` stands in what is encoded. A
/// leading dot is no key but an order to the database: `.sv` has it write a time, `.priority` is none of ours.
bool has_reserved(std::string_view keys, bool may_have_slash) {
  return std::any_of(keys.begin(), keys.end(), [may_have_slash](char c) {
    return c != '%' && !(c == '/' && may_have_slash) && classify::is_reserved_in_key(static_cast<unsigned char>(c));
  });
}

/// `value` is JSON. Static text, or empty: nothing is wrong with it.
std::string_view flaw_of_value(std::string_view value) {
  using Event = nlohmann::json::parse_event_t;
  bool is_bad = false;
  bool is_something = false;
  const auto look = [&](int /*depth*/, Event event, nlohmann::json& parsed) {
    if (event == Event::key) {
      const std::string& key = parsed.get_ref<const std::string&>();
      is_bad = is_bad || key.empty() || has_reserved(key, false);
    }
    is_something = is_something || (event == Event::value && !parsed.is_null());
    return true;
  };
  const auto parsed = nlohmann::json::parse(value, look, false);
  if (is_bad || parsed.is_discarded()) return kBadKey;
  return is_something ? std::string_view() : kNothing;
}

/// Is it where relays write which times they missed, `relay/INSTANCE/gaps`? It is history that no route has.
bool is_place_of_gaps(std::string_view place) {
  constexpr std::string_view kBefore = "relay/";
  constexpr std::string_view kBehind = "/gaps";
  if (!place.starts_with(kBefore) || !place.ends_with(kBehind)) return false;
  if (place.size() <= kBefore.size() + kBehind.size()) return false;
  place.remove_prefix(kBefore.size());
  place.remove_suffix(kBehind.size());
  return place.find('/') == std::string_view::npos;
}

}  // namespace

EntryReader::EntryReader(const classify::RouteTable& routes) : places_(routes, "", std::nullopt) {}

std::string_view EntryReader::flaw_of(const archive::Line& line) {
  if (line.path.size() > classify::kPathBytesMax || line.value.starts_with('\xEF')) return kNoLine;
  if (find_json_fault(line.value) || find_json_fault('"' + std::string(line.path) + '"')) return kNoLine;
  std::string path;
  bool lone_surrogate = false;
  if (!classify::append_json_unescaped(line.path, path, lone_surrogate)) return kNoLine;
  const std::string_view place = std::string_view(path).substr(0, path.size() - line.key.size() - 1);
  if (!places_.wants(line) && !is_place_of_gaps(place)) return kNotHistory;
  return has_reserved(path, true) ? kBadKey : flaw_of_value(line.value);
}

std::string_view EntryReader::add(std::string_view text, FragmentBlock& block) {
  if (text.ends_with('\r')) text.remove_suffix(1);
  if (archive::parse_count(text)) return {};  // of a sealed file that was unpacked as it is
  const std::optional<archive::Line> line = archive::parse_line(text);
  if (!line) return kNoLine;
  if (const std::string_view flaw = flaw_of(*line); !flaw.empty()) return flaw;
  // The line does not say of which kind it is; as a dead letter it says where it comes from.
  constexpr Kind kKind = Kind::kUnrouted;
  HistoryRun& run = block.history[static_cast<std::size_t>(shed_class_of(kKind))];
  if (run.channels.empty()) run.channels.emplace_back("archive");
  run.add(line->path, line->value, {.sequence_offset = block.messages, .kind = kKind});
  ++block.messages;
  block.message_bytes += text.size();
  return {};
}

}  // namespace firebase_relay::relay
