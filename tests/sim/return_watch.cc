#include "sim/return_watch.h"

#include <algorithm>

namespace firebase_relay::sim {

void ReturnWatch::switch_on(std::chrono::milliseconds patience) {
  is_on_ = true;
  patience_ = patience;
}

void ReturnWatch::restarted() {
  waiting_.clear();
  owed_.clear();
  requests_.clear();
  is_away_ = false;
  has_parts_ = false;
}

void ReturnWatch::fell_behind() {
  waiting_.clear();
  owed_.clear();
}

void ReturnWatch::took_in(const FragmentBlock& block, SteadyTime now) {
  if (!is_on_) return;
  for (const LiveUpdate& update : block.live) {
    Value& value = waiting_[std::string(block.path_of(update))];
    const std::string text(block.value_of(update));
    if (value.text.empty() || std::stoull(text) > std::stoull(value.text)) value = {text, now, update.is_order};
  }
}

void ReturnWatch::sent(const Send& send, const Writes& writes, SteadyTime now) {
  if (!is_on_) return;
  std::set<std::string> paths;
  bool has_history = false;
  bool has_orders = false;
  for (const SimulatedDatabase::Write& write : writes) {
    paths.insert(write.path);
    has_history = has_history || !write.is_live();
    has_orders = has_orders || write.path.find("/orders/") != std::string::npos;
  }
  // In one request they come together.
  const auto is_elsewhere = [&paths](const std::string& path) { return !paths.contains(path); };
  const auto owed = std::find_if(owed_.begin(), owed_.end(), is_elsewhere);
  if (has_history && owed != owed_.end()) violation_ = "history went before " + *owed + ", which had waited";
  if (has_history && is_away_) {
    for (const auto& [path, value] : waiting_) {
      if (is_elsewhere(path)) violation_ = "history went before " + path + ", and the database was away";
    }
  }
  const auto is_passed_over = [&](const std::string& path) {
    const Value& value = waiting_.at(path);
    return !value.is_order && value.came + patience_ < now && !paths.contains(path);
  };
  const auto passed_over = std::find_if(owed_.begin(), owed_.end(), is_passed_over);
  if (has_orders && !has_parts_ && passed_over != owed_.end()) violation_ = "orders went before " + *passed_over;
  requests_[send.request] = writes;
}

void ReturnWatch::answered(const Answered& answered) {
  const auto found = requests_.find(answered.request);
  if (found == requests_.end()) return;
  const Writes writes = std::move(found->second);
  requests_.erase(found);
  const bool is_answered = answered.answer.transport == Answer::Transport::kAnswered;
  if (is_answered && answered.answer.status == 204) return acknowledged(writes);
  const bool is_refused = is_answered && (answered.answer.status == 400 || answered.answer.status == 413);
  if (is_refused) {  // for its size: it goes again in parts, which keep their place ahead of what comes
    has_parts_ = true;
    return;
  }
  is_away_ = true;
  owed_.clear();
}

void ReturnWatch::acknowledged(const Writes& writes) {
  for (const SimulatedDatabase::Write& write : writes) {
    owed_.erase(write.path);
    const auto value = waiting_.find(write.path);
    if (value != waiting_.end() && value->second.text == write.value) waiting_.erase(value);
  }
  if (!std::exchange(is_away_, false)) return;
  for (const auto& [path, value] : waiting_) owed_.insert(path);
  long_returns_ += owed_.empty() ? 0 : 1;
}

}  // namespace firebase_relay::sim
