#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/hash_table.h"
#include "classify/routes.h"
#include "firebase_relay/fragment.h"
#include "firebase_relay/message.h"
#include "firebase_relay/time.h"

namespace firebase_relay::classify {

/// Where the messages of one route and ticker (or channel) go: the paths with everything filled in but {ID} and the
/// key.
///
/// There may be ten thousands of them, met in any order. So all of its text stands in one piece of memory, and all that
/// is known of the text in another.
struct Place {
  /// A piece of `text`.
  struct Range {
    std::uint32_t at = 0;
    std::uint32_t size = 0;
  };
  /// One of its paths, with the hash that goes with it.
  struct Path {
    std::uint64_t hash = 0;        ///< of `whole`, unless there is an {ID}
    Range whole;                   ///< as it stands between quotes; up to {ID} if there is one
    Range suffix;                  ///< behind {ID}
    std::uint32_t path_bytes = 0;  ///< as the database counts, without the id
    bool has_id = false;
  };
  std::string text;
  std::vector<Path> paths;  ///< as Route::live
  Range ticker_json;        ///< the ticker as a JSON string
  Range history_parent;     ///< `history/AAPL/prices/`, as it stands between quotes: the key comes next
  Range history_day;        ///< of the history parent's, `2026-11-28`; empty: it has none
  std::int32_t day = -1;    ///< the one that stands there, counted from 1970
  std::uint64_t block = 0;  ///< the block in which `first_slot` is the first of its BlockValues::Slot
  std::size_t first_slot = 0;
  std::uint32_t history_path_bytes = 0;  ///< with the key
  std::uint32_t path_bytes_max = 0;      ///< of all its paths, the longest; without an id
  std::uint32_t keys_max = 0;            ///< of all its paths, the most
  bool is_admitted = false;              ///< its names are among KnownNames; else to be asked
  std::uint16_t stream = kNoStream;      ///< whose entry came last, where streams are read; an index as StreamEntry's

  static constexpr std::uint16_t kNoStream = UINT16_MAX;

  /// The history parent of an entry whose key has this time. A view of `text`.
  [[nodiscard]] std::string_view history_parent_at(UtcMillis time) {
    const auto its_day =
        static_cast<std::int32_t>(std::chrono::floor<std::chrono::days>(time).time_since_epoch().count());
    if (history_day.size > 0 && its_day != day) turn_to(its_day);
    return (*this)[history_parent];
  }

  /// A view of `text`.
  [[nodiscard]] std::string_view operator[](Range range) const {
    return std::string_view(text).substr(range.at, range.size);
  }

 private:
  void turn_to(std::int32_t its_day);
};

/// What is known of a channel, found out once.
struct Channel {
  std::string name;
  std::uint64_t hash = 0;
  std::string ticker;         ///< by its name; empty: none
  std::uint64_t routes = 0;   ///< a bit per route whose pattern takes it
  bool was_unrouted = false;  ///< a message of it went unrouted before
  std::array<std::uint64_t, kShedClassCount>
      block{};  ///< the block in which `index` is its place in HistoryRun::channels
  std::array<std::uint16_t, kShedClassCount> index{};
  std::size_t last_route = 0;  ///< the place found last, which is mostly the next one, too
  std::string last_ticker;
  Place* last_place = nullptr;
};

/// Channels and places that were met, so that a message costs a look-up and no formatting. Bounded: forgets everything
/// between two blocks when there are too many, or when they are too long: a name may be as long as a message.
class Places {
 public:
  /// `routes` must outlive it. `names_max`: how many tickers and channels are admitted (KnownNames). There is room for
  /// a place of each of them by each route; what is beyond that is invented.
  Places(const RouteTable& routes, std::size_t names_max);

  /// That of `name`, made when it comes for the first time; likewise the place of a route and ticker. Both stay until
  /// forget_if_many().
  Channel& channel(std::string_view name);
  /// Called before `messages[next]` is looked up: brings into the cache what looking up those behind it will read.
  void prefetch(const MessageBlock& messages, std::size_t next);
  Place& place(std::size_t route, std::string_view ticker, Channel& channel);
  /// Call between blocks: references die here.
  void forget_if_many();

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept;
  };
  Place make_place(const Route& route, std::string_view ticker, const Channel& channel) const;

  /// What prefetch() knows of a message that comes soon.
  struct Ahead {
    std::uint64_t hash = 0;
    Channel* channel = nullptr;
  };

  const RouteTable& routes_;
  const std::size_t places_max_;
  std::deque<Channel> channels_;
  HashTable<Channel*> channel_by_name_;
  std::unordered_map<std::string, Place, Hash, std::equal_to<>> places_;
  std::string key_;
  std::size_t text_bytes_ = 0;  ///< of all names and paths kept
  std::array<Ahead, 16> ahead_{};
};

}  // namespace firebase_relay::classify
