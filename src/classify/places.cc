#include "classify/places.h"

#include <simdjson.h>
#include <xxhash.h>

#include <algorithm>
#include <cstdio>

#include "base/prefetch.h"
#include "classify/key_codec.h"

namespace firebase_relay::classify {
namespace {

// A worker's memory for names: what is real fits, what is invented is forgotten again.
constexpr std::size_t kInventedMax = 20'000;
constexpr std::size_t kTextBytesMax = 16 << 20;

/// A path while it is put together: as text between quotes, and in bytes as the database counts them.
struct Rendered {
  std::string text;
  std::uint32_t path_bytes = 0;
  Place::Range day;  ///< of the text
};

constexpr std::string_view kSomeDay = "0000-00-00";

void append_key(std::string_view raw, Rendered& out) {
  std::string key;
  append_encoded_key(raw, key);
  append_json_escaped(key, out.text);
  out.path_bytes += static_cast<std::uint32_t>(key.size());
}

Place::Range append(std::string_view piece, std::string& text) {
  const auto at = static_cast<std::uint32_t>(text.size());
  text += piece;
  return {at, static_cast<std::uint32_t>(piece.size())};
}

/// Fills in `path` from piece `first` on, up to {ID}; returns the piece at which it stopped.
std::size_t render(const PathTemplate& path, std::size_t first, std::string_view ticker, std::string_view channel,
                   Rendered& out) {
  for (std::size_t i = first; i < path.pieces.size(); ++i) {
    const auto& [piece, literal] = path.pieces[i];
    switch (piece) {
      case PathTemplate::Piece::kLiteral:
        out.text += literal;
        out.path_bytes += static_cast<std::uint32_t>(literal.size());
        break;
      case PathTemplate::Piece::kTicker: append_key(ticker, out); break;
      case PathTemplate::Piece::kChannel: append_key(channel, out); break;
      case PathTemplate::Piece::kId: return i;
      case PathTemplate::Piece::kDate:
        out.day = append(kSomeDay, out.text);
        out.path_bytes += out.day.size;
        break;
    }
  }
  return path.pieces.size();
}

}  // namespace

Places::Places(const RouteTable& routes, std::size_t names_max)
    : routes_(routes), places_max_(names_max * routes.routes.size() + kInventedMax) {}

void Place::turn_to(std::int32_t its_day) {
  day = its_day;
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(its_day))};
  std::array<char, 32> digits{};  // of any year that an int may hold
  std::snprintf(digits.data(), digits.size(), "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  text.replace(history_day.at, history_day.size, digits.data(), history_day.size);
}

std::size_t Places::Hash::operator()(std::string_view text) const noexcept {
  return XXH3_64bits(text.data(), text.size());
}

Channel& Places::channel(std::string_view name) {
  const std::uint64_t hash = XXH3_64bits(name.data(), name.size());
  Channel* const* known = channel_by_name_.find(hash, [name](const Channel* channel) { return channel->name == name; });
  if (known) return **known;
  Channel& channel = channels_.emplace_back();
  channel_by_name_.add(hash, &channel);
  channel.name = name;
  channel.hash = hash;
  for (std::size_t i = 0; i < routes_.routes.size(); ++i) {
    if (routes_.routes[i].channel.matches(name)) channel.routes |= std::uint64_t{1} << i;
  }
  for (const ChannelPattern& pattern : routes_.ticker_channels) {
    if (channel.ticker.empty()) channel.ticker = pattern.ticker_in(name);
  }
  text_bytes_ += 2 * name.size();
  return channel;
}

void Places::prefetch(const MessageBlock& messages, std::size_t next) {
  if (next == 0) ahead_ = {};                // what the block before left may have been forgotten
  constexpr std::size_t kFewChannels = 256;  // those are in the cache anyway
  if (channels_.size() < kFewChannels) return;
  constexpr std::size_t kStep = 3;  // by then what was asked for has come: the index, the channel, its place, its texts
  const auto ahead = [this](std::size_t i) -> Ahead& { return ahead_[i % std::tuple_size_v<decltype(ahead_)>]; };
  if (const std::size_t i = next + 4 * kStep; i < messages.size()) {
    const std::string_view name = messages[i].channel;
    ahead(i) = {XXH3_64bits(name.data(), name.size()), nullptr};
    channel_by_name_.prefetch(ahead(i).hash);
  }
  if (const std::size_t i = next + 3 * kStep; i < messages.size()) {
    Channel* const* channel = channel_by_name_.find(ahead(i).hash);
    ahead(i).channel = channel ? *channel : nullptr;
    if (channel) firebase_relay::prefetch(**channel);
  }
  if (const std::size_t i = next + 2 * kStep; i < messages.size()) {
    const Channel* channel = ahead(i).channel;
    if (channel) __builtin_prefetch(channel->name.data());
    if (channel && channel->last_place) firebase_relay::prefetch(*channel->last_place);
  }
  if (const std::size_t i = next + kStep; i < messages.size()) {
    const Place* place = ahead(i).channel ? ahead(i).channel->last_place : nullptr;
    if (place) {
      __builtin_prefetch(place->text.data());
      __builtin_prefetch(place->paths.data());
    }
  }
}

Place& Places::place(std::size_t route, std::string_view ticker, Channel& channel) {
  if (channel.last_place && channel.last_route == route && channel.last_ticker == ticker) return *channel.last_place;
  key_.assign(1, static_cast<char>(route));
  key_.append(ticker);
  if (routes_.routes[route].needs_channel) {
    key_ += '\0';
    key_.append(channel.name);
  }
  auto found = places_.find(key_);
  if (found == places_.end()) {
    found = places_.emplace(key_, make_place(routes_.routes[route], ticker, channel)).first;
    text_bytes_ += found->second.text.size() + key_.size() + ticker.size();
  }
  channel.last_route = route;
  channel.last_ticker = ticker;
  channel.last_place = &found->second;
  return found->second;
}

Place Places::make_place(const Route& route, std::string_view ticker, const Channel& channel) const {
  Place place;
  place.paths.reserve(route.live.size());
  std::string shown(ticker);
  if (!simdjson::validate_utf8(shown)) {  // from a channel's name, which may hold any byte; a JSON string may not
    shown.clear();
    append_encoded_key(ticker, shown);
  }
  std::string ticker_json = "\"";
  append_json_escaped(shown, ticker_json);
  ticker_json += '"';
  place.ticker_json = append(ticker_json, place.text);
  for (const LiveTarget& target : route.live) {
    Rendered before;
    Rendered behind;
    const std::size_t stopped = render(target.path, 0, ticker, channel.name, before);
    Place::Path path;
    path.has_id = stopped < target.path.pieces.size();
    if (path.has_id) render(target.path, stopped + 1, ticker, channel.name, behind);
    path.path_bytes = before.path_bytes + behind.path_bytes;
    place.path_bytes_max = std::max(place.path_bytes_max, path.path_bytes);
    place.keys_max = std::max(place.keys_max, static_cast<std::uint32_t>(target.path.keys));
    path.hash = hash_of_path(before.text);
    path.whole = append(before.text, place.text);
    path.suffix = append(behind.text, place.text);
    place.paths.push_back(path);
  }
  if (route.history) {
    Rendered history;
    render(*route.history, 0, ticker, channel.name, history);
    place.history_parent = append(history.text + '/', place.text);
    place.history_day = {place.history_parent.at + history.day.at, history.day.size};
    place.history_path_bytes = history.path_bytes + 1 + static_cast<std::uint32_t>(kHistoryKeySize);
    place.path_bytes_max = std::max(place.path_bytes_max, place.history_path_bytes);
    place.keys_max = std::max(place.keys_max, static_cast<std::uint32_t>(route.history->keys + 1));
  }
  place.text.shrink_to_fit();
  return place;
}

void Places::forget_if_many() {
  if (places_.size() < places_max_ && channels_.size() < places_max_ && text_bytes_ < kTextBytesMax) return;
  places_.clear();
  channels_.clear();
  channel_by_name_.clear();
  text_bytes_ = 0;
}

}  // namespace firebase_relay::classify
