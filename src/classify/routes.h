#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "firebase_relay/kind.h"
#include "firebase_relay/result.h"

namespace firebase_relay::classify {

/// A field that some route names; counts from 0. At most 64 in a table, so that "which are there" is one word.
using FieldId = std::uint8_t;
inline constexpr std::size_t kFieldsMax = 64;
inline constexpr std::size_t kRoutesMax = 64;

/// The fields that routes name, as a tree of keys: the payload walk goes down it while it validates.
struct FieldNode {
  /// A key, and the index of the node behind it.
  struct Child {
    std::string key;
    std::uint32_t node;
  };
  std::vector<Child> children;
  std::optional<FieldId> field;    ///< set when a route names this very place
  std::uint64_t fields_below = 0;  ///< of all places below: a duplicate key makes them absent again
};

/// A text with `*` for any bytes and `{TICKER}` for any bytes but none, which are the ticker.
class ChannelPattern {
 public:
  ChannelPattern() : ChannelPattern("*") {}
  /// `pattern` has been checked by parse_routes().
  explicit ChannelPattern(std::string pattern) : pattern_(std::move(pattern)) {}
  /// Whether the whole of `channel` fits.
  [[nodiscard]] bool matches(std::string_view channel) const;
  /// What `{TICKER}` stands for in `channel`; empty without a match or without `{TICKER}`.
  [[nodiscard]] std::string_view ticker_in(std::string_view channel) const;
  [[nodiscard]] const std::string& text() const { return pattern_; }

 private:
  std::string pattern_;
};

/// A path with places to fill in: `services/{TICKER}/orders/{ID}`. {DATE}, in a history path, is the UTC day of the
/// time in the entry's key.
struct PathTemplate {
  /// What stands at one place of the path.
  enum class Piece : std::uint8_t { kLiteral, kTicker, kId, kChannel, kDate };
  std::vector<std::pair<Piece, std::string>> pieces;  ///< a literal comes with its text
  std::size_t keys = 0;
  /// Is there such a piece in it?
  [[nodiscard]] bool uses(Piece piece) const;
};

/// What a route asks of one field.
struct Condition {
  /// What the field has to be: see "match" in docs/routes.md.
  enum class Test : std::uint8_t { kAbsent, kPresent, kObject, kOneOf, kStatus };
  FieldId field = 0;
  Test test = Test::kPresent;
  std::vector<std::string> values;  ///< kOneOf: strings, without quotes; kStatus: as PlainStatus has them
  std::uint64_t sizes = 0;          ///< kStatus: a bit per size that is among them; most statuses need no more

  /// Makes kStatus of kOneOf; false: one of the values is none.
  bool make_status();
};

/// A broker's word for an order's status, whoever spelt it: without the name of an enum in front, in lower case,
/// without
/// `_`, `-` and blanks. `OrderStatus.EXPIRED_IN_MATCH` and `ExpiredInMatch` are both `expiredinmatch`.
class PlainStatus {
 public:
  static constexpr std::size_t kSizeMax = 63;  ///< what is longer, without an enum's name, is none: empty
  /// Of a status as it was published, without quotes.
  explicit PlainStatus(std::string_view status) noexcept;
  /// The plain word; empty: there is none.
  [[nodiscard]] std::string_view text() const { return {text_.data(), size_}; }

 private:
  std::array<char, kSizeMax + 1> text_;  // the first size_ of them
  std::size_t size_ = 0;
};

/// Which value goes to a live path.
struct LiveTarget {
  /// Where the value comes from: a field of the message, all of it, its ticker, or this clock.
  enum class Source : std::uint8_t { kField, kMessage, kTicker, kNow };
  PathTemplate path;
  Source source = Source::kMessage;
  FieldId field = 0;
  std::vector<std::pair<std::string, std::string>>
      translation;  ///< field's string → string written; empty: as published
};

/// One line of data: which messages it takes and where they go.
struct Route {
  Kind kind = Kind::kUnrouted;
  ChannelPattern channel;
  std::vector<std::vector<Condition>> match;  ///< any of these, all conditions of it; none: every message
  std::vector<LiveTarget> live;
  std::optional<PathTemplate> history;  ///< without the key
  std::uint32_t keep_days = 0;          ///< of the history, so many days stay; 0: all
  std::optional<FieldId> id;
  std::optional<Condition> closed;  ///< when it holds, the thing with this id is closed (--live-orders-max)
  bool needs_ticker = false;
  bool needs_channel = false;

  /// Is it the one for what no other route takes, as routes.json ends with it? Somebody's own last route may lead
  /// elsewhere.
  [[nodiscard]] bool leads_to_channels() const;
};

/// All lines, first match wins; the last one takes whatever is left. Immutable once loaded: any thread may read it.
struct RouteTable {
  std::vector<Route> routes;
  std::vector<FieldNode> fields;  ///< node 0 is the message itself
  std::vector<FieldId> ticker_fields;
  std::vector<ChannelPattern> ticker_channels;
  FieldId timestamp = 0;
};

/// The table that `json` describes (docs/routes.md has the grammar). Refuses, in one line that names the place, what is
/// misspelt, and any table in which one written path could be another's ancestor: the database would refuse such a
/// PATCH whole.
Result<RouteTable> parse_routes(std::string_view json, std::string_view file_name);

/// routes.json as it was when this program was built.
std::string_view builtin_routes_json();

}  // namespace firebase_relay::classify
