#include "classify/places.h"

#include <simdjson.h>
#include <xxhash.h>

#include <algorithm>

#include "classify/key_codec.h"

namespace firebase_relay::classify {
namespace {

// A worker's memory for names: what is real fits many times, what is invented is forgotten again.
constexpr std::size_t kPlacesMax = 20'000;
constexpr std::size_t kTextBytesMax = 16 << 20;

/// A path while it is put together: as text between quotes, and in bytes as the database counts them.
struct Rendered {
  std::string text;
  std::uint32_t path_bytes = 0;
};

void append_key(std::string_view raw, Rendered& out) {
  std::string key;
  append_encoded_key(raw, key);
  append_json_escaped(key, out.text);
  out.path_bytes += static_cast<std::uint32_t>(key.size());
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
    }
  }
  return path.pieces.size();
}

std::size_t text_bytes_of(const Place& place) {
  std::size_t bytes = place.ticker_json.size() + place.history_parent.size();
  for (const Place::Path& path : place.paths) bytes += path.text.size() + path.suffix.size();
  return bytes;
}

}  // namespace

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
    text_bytes_ += text_bytes_of(found->second) + key_.size() + ticker.size();
  }
  channel.last_route = route;
  channel.last_ticker = ticker;
  channel.last_place = &found->second;
  return found->second;
}

Place Places::make_place(const Route& route, std::string_view ticker, const Channel& channel) const {
  Place place;
  std::string shown(ticker);
  if (!simdjson::validate_utf8(shown)) {  // from a channel's name, which may hold any byte; a JSON string may not
    shown.clear();
    append_encoded_key(ticker, shown);
  }
  place.ticker_json = '"';
  append_json_escaped(shown, place.ticker_json);
  place.ticker_json += '"';
  for (const LiveTarget& target : route.live) {
    Rendered before;
    Rendered behind;
    const std::size_t stopped = render(target.path, 0, ticker, channel.name, before);
    Place::Path path;
    path.has_id = stopped < target.path.pieces.size();
    if (path.has_id) render(target.path, stopped + 1, ticker, channel.name, behind);
    path.path_bytes = before.path_bytes + behind.path_bytes;
    place.path_bytes_max = std::max(place.path_bytes_max, path.path_bytes);
    place.keys_max = std::max(place.keys_max, target.path.keys);
    path.hash = hash_of_path(before.text);
    path.text = std::move(before.text);
    path.suffix = std::move(behind.text);
    place.paths.push_back(std::move(path));
  }
  if (route.history) {
    Rendered history;
    render(*route.history, 0, ticker, channel.name, history);
    place.history_parent = history.text + '/';
    place.history_path_bytes = history.path_bytes + 1 + static_cast<std::uint32_t>(kHistoryKeySize);
    place.path_bytes_max = std::max(place.path_bytes_max, place.history_path_bytes);
    place.keys_max = std::max(place.keys_max, route.history->keys + 1);
  }
  return place;
}

void Places::forget_if_many() {
  if (places_.size() < kPlacesMax && channels_.size() < kPlacesMax && text_bytes_ < kTextBytesMax) return;
  places_.clear();
  channels_.clear();
  channel_by_name_.clear();
  text_bytes_ = 0;
}

}  // namespace firebase_relay::classify
