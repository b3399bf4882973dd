#include "sim/stream_watch.h"

#include <algorithm>
#include <utility>

namespace firebase_relay::sim {

void StreamWatch::restarted(std::uint64_t last, Sequence last_sequence) {
  begun_ = read_ = handed_ = safe_ = committed_;
  target_ = last;
  outdated_ = 0;
  is_behind_ = true;
  last_sequence_ = last_sequence;
  told_ = 0;
  unsafe_letters_ = {};
}

void StreamWatch::begins_again(std::uint64_t upto, std::uint64_t last, Sequence last_sequence) {
  outdated_ += read_ - handed_;
  begun_ = read_ = handed_ = safe_ = committed_ = upto;
  target_ = last;
  is_behind_ = true;
  last_sequence_ = last_sequence;
}

void StreamWatch::read(std::uint32_t count) {
  replayed_ += std::min<std::uint64_t>(count, most_read_ - std::min(most_read_, read_));
  read_ += count;
  most_read_ = std::max(most_read_, read_);
}

bool StreamWatch::handed_over(std::uint32_t count) {
  const std::uint64_t outdated = std::min<std::uint64_t>(count, outdated_);
  outdated_ -= outdated;
  handed_ += count - outdated;
  return outdated_ == 0 && handed_ >= target_ && std::exchange(is_behind_, false);
}

void StreamWatch::set_aside(const DeadLetter& letter, SteadyTime now) {
  waiting_.emplace_back(now, number_of(letter.payload));
  unsafe_letters_.add(letter.sequence);
}

void StreamWatch::store_letters(SteadyTime now) {
  constexpr std::chrono::milliseconds kStoreWithin{200};
  if (waiting_.empty() || waiting_.front().first + kStoreWithin > now) return;
  for (const auto& [at, number] : std::exchange(waiting_, {})) stored_.insert(number);
  unsafe_letters_.stored();
}

void StreamWatch::synced() {
  durable_.merge(stored_);
  stored_.clear();
  unsafe_letters_.synced();
}

void StreamWatch::killed(bool power) {
  waiting_.clear();
  if (power) stored_.clear();
}

void StreamWatch::is_safe(Sequence upto, const Ledger& ledger, const SimulatedDatabase& database, SimulatedDisk& disk) {
  if (upto < told_ && violation_.empty()) violation_ = "what was safe is no longer";
  told_ = std::max(told_, upto);
  const Sequence with_letters = unsafe_letters_.safe_of(upto);
  if (with_letters <= last_sequence_) return;
  const std::uint64_t number = begun_ + (with_letters - last_sequence_);
  if (number > handed_ && violation_.empty()) violation_ = "what has not come is safe";
  for (; safe_ < std::min(number, handed_) && violation_.empty(); ++safe_)
    violation_ = lost_with(ledger.messages()[safe_], database, disk);
}

/// What of it would be gone with the relay and the power, and nobody would read it again.
std::string StreamWatch::lost_with(const Published& message, const SimulatedDatabase& database,
                                   SimulatedDisk& disk) const {
  if (durable_.contains(message.number)) return {};
  const std::string& entry = message.history_path;
  const bool is_there = entry.empty() || database.history().contains(entry) || disk.gone().contains(entry);
  if (!is_there && !disk.durable().history.contains(entry)) return entry + " is called safe, and is not";
  if (message.poison && !entry.empty()) return {};  // refused with its entry, whatever becomes of its live values
  for (const std::string& path : message.live_paths) {
    // One that was refused, and is not safe itself, will be read and refused again: it has overtaken this one for good.
    if (database.reached(path) >= message.number || database.refused(path) > message.number) continue;
    const auto& rows = disk.durable().live;
    const auto row = rows.find(path);
    if (row == rows.end() || row->second.number < message.number)
      return path + " = " + std::to_string(message.number) + " is called safe, and is not";
  }
  return {};
}

}  // namespace firebase_relay::sim
