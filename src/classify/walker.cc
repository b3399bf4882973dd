#include "classify/walker.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <deque>

#include "classify/key_codec.h"
#include "classify/key_hash.h"
#include "firebase_relay/message.h"

namespace firebase_relay::classify {
namespace {

namespace ondemand = simdjson::ondemand;

static_assert(kPayloadPadding >= simdjson::SIMDJSON_PADDING, "MessageBlock pads for simdjson");

constexpr std::size_t kStringBytesMax = 10'485'760;  // firebase-js-sdk core/util/validation.ts MAX_LEAF_SIZE_
constexpr std::uint32_t kNoNode = 0xFFFFFFFF;

/// Where a value stands in the tree of fields, seen in two ways at once: whether the payload is an envelope is known
/// only when all of its keys have been read.
struct Nodes {
  std::uint32_t bare = kNoNode;       ///< as a field of the whole payload
  std::uint32_t enveloped = kNoNode;  ///< as a field of the envelope's `data`
};

/// Where a key's plain text ends: at its quote, or at a byte that makes it special.
constexpr auto kKeyStops = [] {
  std::array<bool, 256> stops{};
  for (unsigned byte = 0; byte < 0x20; ++byte) stops[byte] = true;
  for (const char byte : {'.', '$', '#', '[', ']', '/', '%', '\x7F', '"', '\\'})
    stops[static_cast<unsigned char>(byte)] = true;
  return stops;
}();

std::size_t trimmed_end(std::string_view bytes, std::size_t end) {
  while (end > 0 &&
         (bytes[end - 1] == ' ' || bytes[end - 1] == '\n' || bytes[end - 1] == '\r' || bytes[end - 1] == '\t'))
    --end;
  return end;
}

}  // namespace

/// What a walk needs besides, kept from one message to the next: allocated for each, it cost as much as the walk
/// itself.
struct Walker::Parser {
  struct Key {
    std::string_view text;  ///< as published, without quotes; for duplicates: what it stands for
    std::uint64_t hash = 0;
    std::uint32_t begin = 0;  ///< of its opening quote in the payload
  };

  ondemand::parser json;
  std::vector<Key> keys;
  std::deque<std::string> plain_keys;  // a deque: keys has views into its elements
  std::string scratch;
};

/// One pass over a document. Keeps a stack of the keys of the objects that are open, to find duplicates.
class Walker::Walk {
 public:
  Walk(const std::vector<FieldNode>& fields, Parser& parser, Opened& payload)
      : fields_(fields), parser_(parser), payload_(payload), bytes_(payload.bytes) {
    parser_.keys.clear();
    parser_.plain_keys.clear();
  }

  /// False: reason().
  bool document() {
    // One byte order mark is taken off already. Newer simdjson (3.12; not 3.0) steps over another, which is no JSON.
    if (bytes_.starts_with("\xEF\xBB\xBF")) return refuse(DeadLetterReason::kInvalidJson);
    ondemand::document document;
    const simdjson::padded_string_view view(bytes_.data(), bytes_.size(), bytes_.size() + kPayloadPadding);
    if (const auto error = parser_.json.iterate(view).get(document)) return refuse(error);
    document_ = &document;
    ondemand::json_type type;
    if (const auto error = document.type().get(type)) return refuse(error);
    // The root's own get_object() and get_array() check that brackets balance: a truncated payload must not be
    // completed by whatever stands behind it in the arena.
    if (type == ondemand::json_type::object) {
      ondemand::object members;
      if (const auto error = document.get_object().get(members)) return refuse(error);
      if (!object(members, {{0, kNoNode}, payload_.message, true})) return false;
    } else if (type == ondemand::json_type::array) {
      ondemand::array elements;
      if (const auto error = document.get_array().get(elements)) return refuse(error);
      if (!array(elements, payload_.message)) return false;
    } else if (!root_scalar(document, type)) {
      return false;
    }
    const bool is_null = type == ondemand::json_type::null;  // compared whole
    if (!is_null && document.current_location().error() != simdjson::OUT_OF_BOUNDS) return refuse(simdjson::TAPE_ERROR);
    payload_.is_object = type == ondemand::json_type::object;
    payload_.message.begin = static_cast<std::uint32_t>(bytes_.find_first_not_of(" \n\r\t"));
    payload_.message.end = static_cast<std::uint32_t>(trimmed_end(bytes_, bytes_.size()));
    payload_.is_enveloped = payload_.is_object && data_is_object_ && !has_foreign_keys_;
    if (payload_.is_enveloped) payload_.message = data_;
    return true;
  }
  /// Why the payload is a dead letter.
  [[nodiscard]] DeadLetterReason reason() const { return reason_; }

 private:
  using Key = Parser::Key;
  /// The hashes of the keys of one object, so that most keys are known to be new without a look at the others.
  using SeenKeys = std::array<std::uint64_t, 8>;
  /// An object whose members are being read.
  struct Level {
    Nodes nodes;
    Value& object;
    bool is_root = false;
    std::size_t first_key = 0;  ///< of this object, in Parser::keys
    SeenKeys seen{};
  };

  bool refuse(DeadLetterReason reason) {
    reason_ = reason;
    return false;
  }
  bool refuse(simdjson::error_code error) {
    switch (error) {
      case simdjson::UTF8_ERROR: return refuse(DeadLetterReason::kInvalidUtf8);
      case simdjson::DEPTH_ERROR: return refuse(DeadLetterReason::kTooDeep);
      case simdjson::CAPACITY: return refuse(DeadLetterReason::kMessageTooLarge);
      default: return refuse(DeadLetterReason::kInvalidJson);
    }
  }

  /// Validates `json` and everything below, and notes which of it are fields.
  bool value(ondemand::value& json, Nodes nodes, Value& out) {
    ondemand::json_type type;
    if (const auto error = json.type().get(type)) return refuse(error);
    if (type == ondemand::json_type::object) {
      out.begin = offset_of(json.raw_json_token().data());
      ondemand::object members;
      if (const auto error = json.get_object().get(members)) return refuse(error);
      return object(members, {nodes, out});
    }
    if (type == ondemand::json_type::array) {
      out.begin = offset_of(json.raw_json_token().data());
      ondemand::array elements;
      if (const auto error = json.get_array().get(elements)) return refuse(error);
      return array(elements, out);
    }
    set_range(json.raw_json_token(), out);
    if (!scalar(json, type, payload_.raw(out), out)) return false;
    payload_.scalars.push_back({out.begin, out.end, out.type});
    return true;
  }

  /// `json`: an ondemand::value or, of a payload that is nothing but this scalar, the document.
  template <class Json>
  bool scalar(Json& json, ondemand::json_type type, std::string_view token, Value& out) {
    switch (type) {
      case ondemand::json_type::string: {
        out.type = ValueType::kString;
        ondemand::raw_json_string raw;
        if (const auto error = json.get_raw_json_string().get(raw)) return refuse(error);
        return string(token, out);
      }
      case ondemand::json_type::number: {
        out.type = ValueType::kNumber;
        double number;
        if (const auto error = json.get_double().get(number)) return refuse_number(token, error);
        return true;
      }
      case ondemand::json_type::boolean: {
        out.type = ValueType::kBool;
        bool boolean;
        if (const auto error = json.get_bool().get(boolean)) return refuse(error);
        // simdjson 3.0 does not see one byte behind a root false.
        return token == (boolean ? "true" : "false") || refuse(DeadLetterReason::kInvalidJson);
      }
      default: {
        out.type = ValueType::kNull;
        bool is_null = false;
        return (!json.is_null().get(is_null) && is_null && token == "null") || refuse(DeadLetterReason::kInvalidJson);
      }
    }
  }

  bool root_scalar(ondemand::document& json, ondemand::json_type type) {
    std::string_view token = bytes_.substr(0, trimmed_end(bytes_, bytes_.size()));
    token.remove_prefix(token.find_first_not_of(" \n\r\t"));
    if (type != ondemand::json_type::null) return scalar(json, type, token, payload_.message);
    // simdjson 3.0 neither takes a blank behind a root null nor steps over it.
    payload_.message.type = ValueType::kNull;
    return token == "null" || refuse(DeadLetterReason::kInvalidJson);
  }

  /// simdjson found the quotes and no control bytes between them; what is left are the escapes and the length.
  bool string(std::string_view token, Value& out) {
    if (token.size() < 2 || token.back() != '"') return refuse(DeadLetterReason::kInvalidJson);
    const std::string_view inside = token.substr(1, token.size() - 2);
    out.has_escapes = payload_has_escapes() && std::memchr(inside.data(), '\\', inside.size()) != nullptr;
    if (inside.size() > kStringBytesMax) return refuse(DeadLetterReason::kStringTooLong);
    return !out.has_escapes || unescape(inside, parser_.scratch);
  }

  bool unescape(std::string_view inside, std::string& out) {
    out.clear();
    bool lone_surrogate;
    if (append_json_unescaped(inside, out, lone_surrogate)) return true;
    return refuse(lone_surrogate ? DeadLetterReason::kInvalidUtf8 : DeadLetterReason::kInvalidJson);
  }

  bool refuse_number(std::string_view token, simdjson::error_code error) {
    double number;
    const auto [end, result] = std::from_chars(token.data(), token.data() + token.size(), number);
    const bool out_of_range = result == std::errc::result_out_of_range && end == token.data() + token.size();
    return out_of_range ? refuse(DeadLetterReason::kNumberRange) : refuse(error);
  }

  bool array(ondemand::array elements, Value& out) {
    out.type = ValueType::kArray;
    if (++depth_ > kPathKeysMax) return refuse(DeadLetterReason::kTooDeep);
    std::size_t index = 0;
    for (auto result : elements) {
      ondemand::value element;
      if (const auto error = result.get(element)) return refuse(error);
      Value inner;
      if (!value(element, {}, inner)) return false;
      widen(out.reach, inner.reach, digits_of(index++));
    }
    --depth_;
    out.end = end_of_container();
    return true;
  }

  bool object(ondemand::object members, Level level) {
    level.object.type = ValueType::kObject;
    if (++depth_ > kPathKeysMax) return refuse(DeadLetterReason::kTooDeep);
    level.first_key = parser_.keys.size();
    for (auto result : members) {
      if (const auto error = result.error()) return refuse(error);
      ondemand::field&& member = std::move(result).value_unsafe();  // in place: a copy would cost a stall
      if (!this->member(member, level)) return false;
    }
    parser_.keys.resize(level.first_key);
    --depth_;
    level.object.end = end_of_container();
    return true;
  }

  bool member(ondemand::field& member, Level& level) {
    std::size_t encoded_bytes;
    if (!read_key(member.key(), encoded_bytes)) return false;
    note_key(level);
    const std::string_view key = parser_.keys.back().text;
    const bool is_data = level.is_root && key == "data";
    has_foreign_keys_ = has_foreign_keys_ || (level.is_root && !is_data && key != "timestamp" && key != "sender");
    const Nodes inside{child_of(level.nodes.bare, key), is_data ? 0 : child_of(level.nodes.enveloped, key)};
    forget_below(inside.bare, payload_.outer);
    forget_below(inside.enveloped, payload_.inner);
    // Read into its place: a copy of what has just been written field by field would cost a stall.
    Value* const bare = field_at(inside.bare, payload_.outer);
    Value* const enveloped = is_data ? &data_ : field_at(inside.enveloped, payload_.inner);
    Value elsewhere;
    Value& found = enveloped ? *enveloped : bare ? *bare : elsewhere;
    found = {};
    if (!value(member.value(), inside, found)) return false;
    if (bare && bare != &found) *bare = found;
    note_field(inside.bare, payload_.outer);
    note_field(inside.enveloped, payload_.inner);
    if (is_data) data_is_object_ = found.type == ValueType::kObject;
    widen(level.object.reach, found.reach, encoded_bytes);
    return true;
  }

  /// Adds the key to Parser::keys, and an edit when it may not stand in the database as it is.
  bool read_key(const ondemand::raw_json_string& raw, std::size_t& encoded_bytes) {
    Key& key = parser_.keys.emplace_back();
    const char* begin = raw.raw();
    const char* at = begin;
    while (!kKeyStops[static_cast<unsigned char>(*at)]) ++at;
    key.begin = offset_of(begin) - 1;
    if (*at == '"' && at != begin) {
      key.text = {begin, static_cast<std::size_t>(at - begin)};
      encoded_bytes = key.text.size();
    } else {
      while (*at != '"') at += *at == '\\' ? 2 : 1;  // simdjson has found the closing quote
      const std::string_view inside(begin, static_cast<std::size_t>(at - begin));
      std::string& plain = parser_.plain_keys.emplace_back();
      if (!unescape(inside, plain)) return false;
      key.text = plain;
      std::string encoded;
      encoded_bytes = append_encoded_key(plain, encoded);
      std::string written = "\"";
      append_json_escaped(encoded, written);
      payload_.edits.push_back({key.begin, offset_of(at) + 1, written + '"'});
    }
    key.hash = hash_of_key(key.text);
    return true;
  }

  /// Of duplicate keys the last counts: the earlier member, up to the next one's key, is cut out.
  void note_key(Level& level) {
    std::vector<Key>& keys = parser_.keys;
    const Key& key = keys.back();
    std::uint64_t& word = level.seen[(key.hash >> 6) & 7];
    const std::uint64_t bit = std::uint64_t{1} << (key.hash & 63);
    if (word & bit) {
      for (std::size_t i = level.first_key; i + 1 < keys.size(); ++i) {
        if (keys[i].hash != key.hash || keys[i].text != key.text) continue;
        payload_.edits.push_back({keys[i].begin, keys[i + 1].begin, {}});
        keys[i].text = {};
        keys[i].hash = ~key.hash;  // cut out once: a third one finds the second
      }
    }
    word |= bit;
  }

  std::uint32_t child_of(std::uint32_t node, std::string_view key) const {
    if (node == kNoNode) return kNoNode;
    for (const FieldNode::Child& child : fields_[node].children) {
      if (child.key == key) return child.node;
    }
    return kNoNode;
  }

  /// Of duplicate keys the last counts: what was found below an earlier one is absent again.
  void forget_below(std::uint32_t node, FieldSet& fields) const {
    if (node != kNoNode) fields.present &= ~fields_[node].fields_below;
  }
  Value* field_at(std::uint32_t node, FieldSet& fields) const {
    if (node == kNoNode || !fields_[node].field) return nullptr;
    return &fields.values[*fields_[node].field];
  }
  void note_field(std::uint32_t node, FieldSet& fields) const {
    if (node != kNoNode && fields_[node].field) fields.present |= std::uint64_t{1} << *fields_[node].field;
  }

  static void widen(Reach& parent, const Reach& child, std::size_t key_bytes) {
    parent.keys = std::max(parent.keys, child.keys + 1);
    parent.path_bytes = std::max(parent.path_bytes, child.path_bytes + static_cast<std::uint32_t>(key_bytes) + 1);
  }

  static std::size_t digits_of(std::size_t number) {
    std::size_t digits = 1;
    for (; number >= 10; number /= 10) ++digits;
    return digits;
  }

  void set_range(std::string_view token, Value& out) const {
    out.begin = offset_of(token.data());
    out.end = static_cast<std::uint32_t>(trimmed_end(bytes_, out.begin + token.size()));
  }
  std::uint32_t offset_of(const char* at) const { return static_cast<std::uint32_t>(at - bytes_.data()); }
  /// Behind the bracket that was just read: the next token begins behind it, with nothing but blanks between.
  std::uint32_t end_of_container() {
    const char* next = nullptr;
    if (document_->current_location().get(next) != simdjson::SUCCESS)
      return static_cast<std::uint32_t>(trimmed_end(bytes_, bytes_.size()));
    return static_cast<std::uint32_t>(trimmed_end(bytes_, offset_of(next)));
  }
  bool payload_has_escapes() {
    if (escapes_ == Escapes::kUnknown) {
      escapes_ = std::memchr(bytes_.data(), '\\', bytes_.size()) ? Escapes::kSome : Escapes::kNone;
    }
    return escapes_ == Escapes::kSome;
  }

  enum class Escapes : std::uint8_t { kUnknown, kNone, kSome };

  const std::vector<FieldNode>& fields_;
  Parser& parser_;
  Opened& payload_;
  std::string_view bytes_;
  ondemand::document* document_ = nullptr;
  std::size_t depth_ = 0;
  Escapes escapes_ = Escapes::kUnknown;
  bool data_is_object_ = false;
  bool has_foreign_keys_ = false;
  Value data_;
  DeadLetterReason reason_ = DeadLetterReason::kInvalidJson;
};

Walker::Walker(const std::vector<FieldNode>& fields) : fields_(fields), parser_(std::make_unique<Parser>()) {}
Walker::~Walker() = default;

std::optional<DeadLetterReason> Walker::walk(Opened& payload) {
  payload.is_object = false;
  payload.is_enveloped = false;
  payload.message = {};
  payload.scalars.clear();
  Walk walk(fields_, *parser_, payload);
  if (!walk.document()) return walk.reason();
  std::sort(payload.edits.begin(), payload.edits.end(), [](const Opened::Edit& a, const Opened::Edit& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end > b.end;  // a cut before what lies in it
  });
  return std::nullopt;
}

}  // namespace firebase_relay::classify
