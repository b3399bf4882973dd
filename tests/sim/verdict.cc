// What the state of a world has to be, on the way and in the end.
#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "sim/world.h"

namespace firebase_relay::sim {

using std::chrono::milliseconds;

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
  std::unordered_map<std::string, std::vector<std::uint64_t>> possible;
  for (const Published& message : ledger_.messages()) {
    for (const std::string& path : message.live_paths) {
      if (message.poison) {  // may have overtaken what came before it, and then was refused
        newest.erase(path);
        continue;
      }
      possible[path].push_back(message.number);  // in their order
      if (!message.in_doubt) newest[path] = std::max(newest[path], message.number);
    }
  }
  if (std::string flaw = history_verdict(); !flaw.empty()) return flaw;
  for (const auto& [path, number] : newest) {
    const auto found = database_.live().find(path);
    if (found == database_.live().end()) return path + " is missing";
    const std::vector<std::uint64_t>& numbers = possible[path];
    if (!std::binary_search(numbers.begin(), numbers.end(), found->second))
      return path + " has a value that nobody published";
    if (found->second < number && !database_.excused().contains(path)) {
      return path + " stands at " + std::to_string(found->second) + ", not at " + std::to_string(number);
    }
  }
  if (!unfinished_.empty()) return unfinished_;
  if (ended_ != taken_in_)
    return std::to_string(taken_in_) + " messages were taken in, " + std::to_string(ended_) + " have ended";
  return {};
}

void World::note_handed_over(const FragmentBlock& block) {
  for (const LiveUpdate& update : block.live) {
    std::uint64_t& newest = handed_over_[std::string(block.path_of(update))];
    newest = std::max(newest, number_of(block.value_of(update)));
  }
}

/// Live paths for which delivery says that they need its memory no longer.
std::vector<std::string> World::done_paths() const {
  std::vector<std::string> done;
  for (const auto& [path, number] : handed_over_) {
    if (!delivery_->has_unsaved(path)) done.push_back(path);
  }
  return done;
}

/// The relay was killed: whatever it had called done has its newest value in the database or on the disk, or that was
/// refused. What an earlier kill had cut off may come later than any relay can know.
void World::expect_done(const std::vector<std::string>& paths) {
  std::map<std::string, std::uint64_t> rows;
  for (const LiveRow& row : disk_.restored().live) rows[row.path] = number_of(row.value);
  for (const std::string& path : paths) {
    const auto stands = database_.live().find(path);
    const std::uint64_t there = stands == database_.live().end() ? 0 : stands->second;
    const std::uint64_t newest = std::max({there, rows[path], database_.refused(path)});
    if (newest < handed_over_[path] && !database_.excused().contains(path) && flaw_.empty())
      flaw_ = path + " is called done, and a kill has undone it";
  }
}

/// What a straggler set back stands at the newest again within two flush intervals of the request's timeout, and the
/// time that the requests of one flush, with the one before it, take; in trouble the disk has a word, too. Trouble of
/// the database or of the disk begins that time anew.
void World::expect_settled() {
  marks_[kSettled] = database_.settled();
  if (!delivery_->database_reachable() || stream_.is_behind()) troubled_until_ = std::max(troubled_until_, now_.steady);
  // While a slow disk saves one value the next one comes, which may not be sent before it is saved, too; the flusher
  // takes none meanwhile.
  if (disk_.slowest_ms > 100) return;
  constexpr int kHalvings = 16;  // to single out what is poison, and again what came meanwhile
  const auto requests =
      static_cast<int>(2 + live_bytes_max_ / options_.batch_bytes_max) + (poison_percent_ > 0 ? kHalvings : 0);
  const milliseconds writing(2 * disk_.slowest_ms);
  const milliseconds patience = 2 * options_.flush_interval + requests * SimulatedDatabase::kLatencyMax + writing;
  if (now_.steady <= std::max(troubled_until_, database_.troubled_until()) + patience) return;
  const std::string path = database_.unsettled(now_.steady - patience);
  if (!path.empty() && unfinished_.empty()) unfinished_ = path + " has not settled in time";
}

/// History that waits is sent, whatever live values take of the quota, unless trouble keeps it (guarantee 6).
void World::expect_no_starving() {
  marks_[kQuotaShare] = quota_.shares();
  marks_[kLongReturn] = return_.long_returns();
  if (std::max(troubled_until_, database_.troubled_until()) >= now_.steady || !stream_is_read())
    quota_.excuse(now_.steady);
  if (!quota_.looks_starved(now_.steady)) return;
  const bool is_all_there =
      std::none_of(ledger_.messages().begin(), ledger_.messages().end(), [this](const auto& message) {
        return !message.history_path.empty() && !message.poison && !message.in_doubt &&
               message.arrived < now_.steady - std::chrono::seconds(65) &&
               !database_.history().contains(message.history_path);
      });
  const bool may_be_gone = shed_ != KindCounts{} || disk_.shed_unheard() != KindCounts{};
  // What is read over and over, or waits at the outbox's limit, is more than a slow disk gives back in that time.
  const bool is_much = begins_again_percent_ > 0 || (stream_.is_on() && !delivery_->takes_more());
  if (is_all_there || may_be_gone || is_much) return quota_.excuse(now_.steady);
  if (unfinished_.empty()) unfinished_ = "history starves beside live values";
}

}  // namespace firebase_relay::sim
