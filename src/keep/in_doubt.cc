#include "keep/in_doubt.h"

#include <algorithm>
#include <utility>

namespace firebase_relay::keep {
namespace {

/// The key of `node` on the way to `path`; nothing: that is somewhere else.
std::optional<std::string_view> key_towards(std::string_view path, std::string_view node) {
  if (!node.empty()) {
    if (path.size() <= node.size() || !path.starts_with(node) || path[node.size()] != '/') return std::nullopt;
    path.remove_prefix(node.size() + 1);
  }
  return path.substr(0, path.find('/'));
}

}  // namespace

void InDoubt::sent(Removal day) {
  if (std::find(days_.begin(), days_.end(), day) != days_.end()) return;
  if (days_.size() == kDaysMax) days_.erase(days_.begin());
  days_.push_back(std::move(day));
}

std::optional<InDoubt::Removal> InDoubt::settle(std::string_view path) {
  const auto found = std::find_if(days_.begin(), days_.end(), [path](const Removal& day) { return day.path == path; });
  if (found == days_.end()) return std::nullopt;
  Removal day = std::move(*found);
  days_.erase(found);
  return day;
}

std::vector<InDoubt::Removal> InDoubt::take_gone(std::string_view node, const std::vector<std::string>& keys) {
  std::vector<Removal> gone;
  for (const Removal& day : days_) {
    const auto key = key_towards(day.path, node);
    if (key && std::find(keys.begin(), keys.end(), *key) == keys.end()) gone.push_back(day);
  }
  std::erase_if(days_, [&gone](const Removal& day) { return std::find(gone.begin(), gone.end(), day) != gone.end(); });
  return gone;
}

}  // namespace firebase_relay::keep
