#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <sstream>

#include "classify/kept_places.h"
#include "classify/key_codec.h"
#include "classify/names_once.h"
#include "classify/routes.h"
#include "classify/split.h"
#include "classify/written_paths.h"

namespace firebase_relay::classify {
namespace {

using Json = nlohmann::ordered_json;

std::string shown(const Json& value) {
  std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  constexpr std::size_t kShownMax = 60;
  return text.size() <= kShownMax ? text : text.substr(0, kShownMax) + "…";
}

std::string text_of(const Json& value, const std::string& place) {
  if (!value.is_string() || value.get_ref<const std::string&>().empty()) {
    expected(place, "a text that is not empty, found " + shown(value));
  }
  return value.get<std::string>();
}

/// A name in the file may hold a line break; the complaint about it is one line.
std::string one_line(std::string_view text) {
  std::string line;
  for (const char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20) {
      append_json_escaped({&c, 1}, line);
    } else {
      line += c;
    }
  }
  return line;
}

PathTemplate parse_path(const std::string& path, const std::string& place) {
  using Piece = PathTemplate::Piece;
  constexpr std::pair<std::string_view, Piece> kMarks[] = {
      {"{TICKER}", Piece::kTicker}, {"{ID}", Piece::kId}, {"{CHANNEL}", Piece::kChannel}, {"{DATE}", Piece::kDate}};
  PathTemplate result;
  std::string literal;
  const auto end_literal = [&] {
    if (!literal.empty()) result.pieces.emplace_back(Piece::kLiteral, std::exchange(literal, {}));
  };
  for (const std::string& segment : split(path, '/')) {
    if (result.keys++ > 0) literal += '/';
    const auto mark = std::find_if(std::begin(kMarks), std::end(kMarks), [&](auto& m) { return m.first == segment; });
    if (mark != std::end(kMarks)) {
      end_literal();
      result.pieces.emplace_back(mark->second, "");
      continue;
    }
    std::string encoded;
    append_encoded_key(segment, encoded);
    if (segment.empty() || encoded != segment || segment.find_first_of("{}") != std::string::npos) {
      expected(place,
               "keys without . $ # [ ] % between the slashes, or one of {TICKER} {ID} {CHANNEL} {DATE} as a whole key, "
               "found '" +
                   segment + "' in '" + path + "'");
    }
    append_json_escaped(segment, literal);
  }
  end_literal();
  return result;
}

/// Gives each named field its id and its place in the tree of keys.
class Fields {
 public:
  explicit Fields(RouteTable& table) : table_(table) { table_.fields.emplace_back(); }

  FieldId id_of(const std::string& field, const std::string& place) {
    const std::vector<std::string> keys = split(field, '/');
    std::uint32_t node = 0;
    for (const std::string& key : keys) node = child_of(node, key);
    std::optional<FieldId>& id = table_.fields[node].field;
    if (!id) {
      if (count_ == kFieldsMax) expected(place, "at most 64 different fields in all routes");
      id = static_cast<FieldId>(count_++);
      mark_below(keys, *id);
    }
    return *id;
  }

 private:
  std::uint32_t child_of(std::uint32_t node, const std::string& key) {
    for (const FieldNode::Child& child : table_.fields[node].children) {
      if (child.key == key) return child.node;
    }
    const auto created = static_cast<std::uint32_t>(table_.fields.size());
    table_.fields[node].children.push_back({key, created});
    table_.fields.emplace_back();
    return created;
  }
  void mark_below(const std::vector<std::string>& keys, FieldId id) {
    std::uint32_t node = 0;
    for (const std::string& key : keys) {
      table_.fields[node].fields_below |= std::uint64_t{1} << id;
      node = child_of(node, key);
    }
  }

  RouteTable& table_;
  std::size_t count_ = 0;
};

class RouteParser {
 public:
  RouteTable parse(const Json& json) {
    Fields fields(table_);
    fields_ = &fields;
    if (!json.is_object()) expected("", "an object with 'routes', found " + shown(json));
    check_keys(json, "", {"ticker", "routes"});
    table_.timestamp = fields.id_of("timestamp", "/timestamp");
    if (json.contains("ticker")) parse_ticker(json.at("ticker"));
    if (!json.contains("routes") || !json.at("routes").is_array()) expected("/routes", "a list of routes");
    const Json& routes = json.at("routes");
    for (std::size_t i = 0; i < routes.size(); ++i) parse_route(routes[i], "/routes/" + std::to_string(i));
    if (table_.routes.empty() || !takes_everything(table_.routes.back())) table_.routes.push_back(catch_all());
    if (table_.routes.size() > kRoutesMax) expected("/routes", "at most 64 routes");
    refuse_ancestors(written_paths(table_));
    refuse_unclear_keeping(table_);
    return std::move(table_);
  }

 private:
  static void check_keys(const Json& object, const std::string& place, std::initializer_list<std::string_view> known) {
    for (const auto& [key, value] : object.items()) {
      if (std::find(known.begin(), known.end(), key) != known.end()) continue;
      std::string list;
      for (const std::string_view name : known) list += (list.empty() ? "one of " : ", ") + std::string(name);
      expected(place + "/" + key, list + ", found '" + key + "'");
    }
  }

  void parse_ticker(const Json& ticker) {
    if (!ticker.is_object()) expected("/ticker", "an object with 'fields' and 'channels', found " + shown(ticker));
    check_keys(ticker, "/ticker", {"fields", "channels"});
    for (const Json& field : list(ticker, "fields")) {
      table_.ticker_fields.push_back(fields_->id_of(text_of(field, "/ticker/fields"), "/ticker/fields"));
    }
    for (const Json& channel : list(ticker, "channels")) {
      const std::string pattern = text_of(channel, "/ticker/channels");
      if (pattern.find("{TICKER}") == std::string::npos)
        expected("/ticker/channels", "a pattern with {TICKER}, found " + shown(channel));
      table_.ticker_channels.emplace_back(pattern);
    }
  }

  static Json list(const Json& ticker, const char* name) {
    const Json texts = ticker.value(name, Json::array());
    if (!texts.is_array()) expected(std::string("/ticker/") + name, "a list of texts, found " + shown(texts));
    return texts;
  }

  void parse_route(const Json& json, const std::string& place) {
    if (!json.is_object()) expected(place, "an object, found " + shown(json));
    check_keys(json, place, {"kind", "channel", "match", "id", "closed", "live", "history"});
    Route route;
    if (json.contains("kind")) {
      const std::string kind = text_of(json.at("kind"), place + "/kind");
      if (!kind_named(kind))
        expected(place + "/kind", "price, order, performance, profit, registration or unrouted, found '" + kind + "'");
      route.kind = *kind_named(kind);
    }
    if (json.contains("channel")) route.channel = ChannelPattern(text_of(json.at("channel"), place + "/channel"));
    if (json.contains("match")) parse_match(json.at("match"), place + "/match", route);
    if (json.contains("id")) route.id = fields_->id_of(text_of(json.at("id"), place + "/id"), place + "/id");
    if (json.contains("closed")) parse_closed(json.at("closed"), place + "/closed", route);
    if (json.contains("live")) parse_live(json.at("live"), place + "/live", route);
    if (json.contains("history")) parse_history(json.at("history"), place + "/history", route);
    if (route.live.empty() && !route.history)
      expected(place, "'live' paths or a 'history' path: this route writes nothing");
    check_placeholders(route, place);
    table_.routes.push_back(std::move(route));
  }

  void parse_match(const Json& json, const std::string& place, Route& route) {
    const Json alternatives = json.is_array() ? json : Json::array({json});
    if (alternatives.empty()) expected(place, "at least one of the conditions, or no 'match': every message");
    for (std::size_t i = 0; i < alternatives.size(); ++i) {
      const std::string here = json.is_array() ? place + "/" + std::to_string(i) : place;
      if (!alternatives[i].is_object()) expected(here, "an object of fields, found " + shown(alternatives[i]));
      std::vector<Condition> conditions;
      for (const auto& [field, test] : alternatives[i].items())
        conditions.push_back(condition(field, test, here + "/" + field));
      route.match.push_back(std::move(conditions));
    }
  }

  Condition condition(const std::string& field, const Json& test, const std::string& place) {
    Condition result{fields_->id_of(field, place), Condition::Test::kOneOf, {}};
    if (test.is_null()) {
      result.test = Condition::Test::kAbsent;
    } else if (test.is_object() && test.empty()) {
      result.test = Condition::Test::kObject;
    } else if (test == "*") {
      result.test = Condition::Test::kPresent;
    } else if (test.is_string() || (test.is_array() && !test.empty())) {
      for (const Json& value : test.is_array() ? test : Json::array({test}))
        result.values.push_back(text_of(value, place));
    } else {
      expected(place,
               "a text, a list of texts, \"*\" (there), null (not there) or {} (an object), found " + shown(test));
    }
    return result;
  }

  void parse_closed(const Json& json, const std::string& place, Route& route) {
    if (!json.is_object() || json.size() != 1 || !route.id)
      expected(place, "one field with its values, beside an 'id', found " + shown(json));
    const std::string& field = json.begin().key();
    route.closed = condition(field, json.begin().value(), place + "/" + field);
    if (route.closed->test == Condition::Test::kOneOf && !route.closed->make_status())
      expected(place + "/" + field, "statuses of letters, 63 at most");
  }

  void parse_live(const Json& json, const std::string& place, Route& route) {
    if (!json.is_object()) expected(place, "an object of paths and values, found " + shown(json));
    for (const auto& [path, value] : json.items()) {
      LiveTarget target;
      target.path = parse_path(path, place);
      const std::string here = place + "/" + path;
      if (value.is_object()) {
        parse_translation(value, here, target);
      } else {
        parse_source(text_of(value, here), here, target);
      }
      route.live.push_back(std::move(target));
    }
  }

  void parse_source(const std::string& source, const std::string& place, LiveTarget& target) {
    using Source = LiveTarget::Source;
    if (source == "@message") {
      target.source = Source::kMessage;
    } else if (source == "@ticker") {
      target.source = Source::kTicker;
    } else if (source == "@now") {
      target.source = Source::kNow;
    } else if (source.front() == '@') {
      expected(place, "a field, @message, @ticker or @now, found '" + source + "'");
    } else {
      target.source = Source::kField;
      target.field = fields_->id_of(source, place);
    }
  }

  void parse_translation(const Json& json, const std::string& place, LiveTarget& target) {
    if (json.size() != 1 || !json.begin()->is_object() || json.begin()->empty()) {
      expected(place, "{\"field\": {\"value\": \"written\", …}}, found " + shown(json));
    }
    target.source = LiveTarget::Source::kField;
    target.field = fields_->id_of(json.begin().key(), place);
    for (const auto& [value, written] : json.begin()->items()) {
      target.translation.emplace_back(value, Json(text_of(written, place)).dump());
    }
  }

  static void parse_history(const Json& json, const std::string& place, Route& route) {
    if (json.is_boolean() && !json.get<bool>()) return;
    if (json.is_object()) return parse_kept_history(json, place, route);
    if (!json.is_string())
      expected(place, "a path, an object with 'path' and 'keep', or false for no history, found " + shown(json));
    route.history = parse_path(text_of(json, place), place);
  }

  static void parse_kept_history(const Json& json, const std::string& place, Route& route) {
    check_keys(json, place, {"path", "keep"});
    if (!json.contains("path")) expected(place, "a 'path'");
    route.history = parse_path(text_of(json.at("path"), place + "/path"), place + "/path");
    if (!json.contains("keep")) return;
    route.keep_days = parse_days(text_of(json.at("keep"), place + "/keep"), place + "/keep");
    if (!route.history->uses(PathTemplate::Piece::kDate))
      expected(place + "/path", "a path with {DATE} beside a 'keep', since whole days are removed");
  }

  /// `30d`: so many days.
  static std::uint32_t parse_days(const std::string& text, const std::string& place) {
    constexpr std::uint32_t kMost = 36'500;
    std::uint32_t days = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), days);
    const bool is_in_days = std::string_view(end, static_cast<std::size_t>(text.data() + text.size() - end)) == "d";
    if (error != std::errc() || !is_in_days || days == 0 || days > kMost)
      expected(place, "days, from \"1d\" to \"36500d\", found '" + text + "'");
    return days;
  }

  static void check_placeholders(Route& route, const std::string& place) {
    using Piece = PathTemplate::Piece;
    std::vector<const PathTemplate*> paths;
    for (const LiveTarget& target : route.live) paths.push_back(&target.path);
    if (route.history) paths.push_back(&*route.history);
    for (const PathTemplate* path : paths) {
      route.needs_ticker = route.needs_ticker || path->uses(Piece::kTicker);
      route.needs_channel = route.needs_channel || path->uses(Piece::kChannel);
      if (path->uses(Piece::kId) && !route.id) expected(place, "an 'id' field, because a path has {ID}");
      if (path->pieces.front().first == Piece::kId) expected(place, "a key before {ID}, which is one of many");
    }
    if (route.history) check_history(*route.history, place + "/history");
    for (const LiveTarget& target : route.live) {
      if (target.path.uses(Piece::kDate)) expected(place + "/live", "paths without {DATE}: only history has days");
      route.needs_ticker = route.needs_ticker || target.source == LiveTarget::Source::kTicker;
    }
  }

  static void check_history(const PathTemplate& path, const std::string& place) {
    using Piece = PathTemplate::Piece;
    if (path.uses(Piece::kId)) expected(place, "a path without {ID}: history has keys of its own");
    const auto is_date = [](const auto& piece) { return piece.first == Piece::kDate; };
    if (std::count_if(path.pieces.begin(), path.pieces.end(), is_date) > 1) expected(place, "{DATE} once");
  }

  static bool takes_everything(const Route& route) {
    return route.channel.text() == "*" && route.match.empty() && !route.needs_ticker;
  }

  static Route catch_all() {
    Route route;
    LiveTarget target;
    target.path = parse_path("channels/{CHANNEL}", "");
    route.live.push_back(std::move(target));
    route.history = parse_path("history/_channels/{CHANNEL}/{DATE}", "");
    route.needs_channel = true;
    return route;
  }

  RouteTable table_;
  Fields* fields_ = nullptr;
};

}  // namespace

Result<RouteTable> parse_routes(std::string_view json, std::string_view file_name) {
  const auto refused = [&](const std::string& what, std::string advice) {
    return fail(ErrorCode::kInvalid, one_line(std::string(file_name) + ": " + what), std::move(advice));
  };
  if (json.find_first_not_of(" \t\r\n") == std::string_view::npos)
    return refused("is empty", "a table of routes begins with {\"routes\":[: see docs/routes.md");
  try {
    return RouteParser().parse(Json::parse(json, NamesOnce()));
  } catch (const Json::exception& error) {  // no JSON, or a number that no double holds
    return refused(error.what(), "correct the JSON at that place");
  } catch (const Mistake& mistake) {
    return refused("at " + (mistake.place.empty() ? "the top" : mistake.place) + ": expected " + mistake.expected,
                   "see docs/routes.md");
  }
}

}  // namespace firebase_relay::classify
