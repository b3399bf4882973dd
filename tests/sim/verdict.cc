// What the final state of a world has to be.
#include <map>
#include <set>
#include <string>

#include "sim/world.h"

namespace firebase_relay::sim {

/// Every entry stands there once, but for poison, what a crash made doubtful, and as many as were shed.
std::string World::history_verdict() const {
  const auto& history = database_.history();
  std::uint64_t entries = 0;
  KindCounts missing{};
  std::string last_missing;
  for (const Published& message : ledger_.messages()) {
    if (message.history_path.empty()) continue;
    const bool is_there = history.contains(message.history_path);
    entries += is_there ? 1 : 0;
    if (message.poison && is_there) return message.history_path + " is poison, and stands in the database";
    if (message.poison || message.in_doubt || is_there) continue;
    ++missing[static_cast<std::size_t>(message.kind)];
    last_missing = message.history_path;
  }
  if (entries != history.size()) return "history has entries that nobody published";
  for (std::size_t kind = 0; kind < kKindCount; ++kind) {
    if (missing[kind] > shed_[kind] + disk_.shed_unheard()[kind]) return last_missing + " is missing, and was not shed";
  }
  return {};
}

std::string World::verdict() const {
  if (!violation().empty()) return violation();
  std::map<std::string, std::uint64_t> newest;  // of those that must be there
  std::map<std::string, std::set<std::uint64_t>> possible;
  for (const Published& message : ledger_.messages()) {
    for (const std::string& path : message.live_paths) {
      if (message.poison) {  // may have overtaken what came before it, and then was refused
        newest.erase(path);
        continue;
      }
      possible[path].insert(message.number);
      if (!message.in_doubt) newest[path] = std::max(newest[path], message.number);
    }
  }
  if (std::string flaw = history_verdict(); !flaw.empty()) return flaw;
  for (const auto& [path, number] : newest) {
    const auto found = database_.live().find(path);
    if (found == database_.live().end()) return path + " is missing";
    if (!possible[path].contains(found->second)) return path + " has a value that nobody published";
    if (found->second < number && !database_.excused().contains(path)) {
      return path + " stands at " + std::to_string(found->second) + ", not at " + std::to_string(number);
    }
  }
  if (!unfinished_.empty()) return unfinished_;
  if (ended_ != taken_in_)
    return std::to_string(taken_in_) + " messages were taken in, " + std::to_string(ended_) + " have ended";
  return {};
}

}  // namespace firebase_relay::sim
