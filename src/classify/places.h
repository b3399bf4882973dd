#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/hash_table.h"
#include "classify/routes.h"
#include "firebase_relay/fragment.h"

namespace firebase_relay::classify {

/// Where the messages of one route and ticker (or channel) go: the paths with everything filled in but {ID} and the
/// key.
struct Place {
  /// One of its paths, with the hash that goes with it.
  struct Path {
    std::string text;    ///< as it stands between quotes; up to {ID} if there is one
    std::string suffix;  ///< behind {ID}
    bool has_id = false;
    std::uint32_t path_bytes = 0;  ///< as the database counts, without the id
    std::uint64_t hash = 0;        ///< of `text`, when it is the whole path
  };
  std::string ticker_json;               ///< the ticker as a JSON string
  std::string history_parent;            ///< `history/AAPL/prices/`, as it stands between quotes: the key comes next
  std::uint32_t history_path_bytes = 0;  ///< with the key
  std::uint32_t path_bytes_max = 0;      ///< of all its paths, the longest; without an id
  std::size_t keys_max = 0;              ///< of all its paths, the most
  bool is_admitted = false;              ///< its names are among KnownNames; else to be asked
  std::vector<Path> paths;               ///< as Route::live
  std::uint64_t block = 0;               ///< the block in which `first_slot` is the first of its BlockValues::Slot
  std::size_t first_slot = 0;
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
  /// `routes` must outlive it.
  explicit Places(const RouteTable& routes) : routes_(routes) {}

  /// That of `name`, made when it comes for the first time; likewise the place of a route and ticker. Both stay until
  /// forget_if_many().
  Channel& channel(std::string_view name);
  Place& place(std::size_t route, std::string_view ticker, Channel& channel);
  /// Call between blocks: references die here.
  void forget_if_many();

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept;
  };
  Place make_place(const Route& route, std::string_view ticker, const Channel& channel) const;

  const RouteTable& routes_;
  std::deque<Channel> channels_;
  HashTable<Channel*> channel_by_name_;
  std::unordered_map<std::string, Place, Hash, std::equal_to<>> places_;
  std::string key_;
  std::size_t text_bytes_ = 0;  ///< of all names and paths kept
};

}  // namespace firebase_relay::classify
