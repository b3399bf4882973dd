#include "coalesce/stragglers.h"

#include "base/invariant.h"

namespace firebase_relay::coalesce {

void Stragglers::expect(Slot slot, SteadyTime until) {
  invariant(expected_.empty() || expected_.back().until <= until, "stragglers are not in the order of their time");
  ++paths_[slot].expected;
  expected_.push_back({until, slot});
}

void Stragglers::may_stand(Slot slot, std::string_view text, Sequence sequence) {
  constexpr std::size_t kValuesMax = 8;  // that many lost ones, each refused later, is more than happens
  invariant(sequence > 0, "a lost value has no number");
  std::vector<Value>& values = paths_[slot].values;
  if (!values.empty() && values.back().sequence >= sequence) return;
  if (values.size() == kValuesMax) values.erase(values.begin());
  values.push_back({std::string(text), sequence});
}

void Stragglers::stands(Slot slot, std::string_view text, Sequence sequence) {
  paths_[slot].values = {{std::string(text), sequence}};
}

void Stragglers::stands_unless_known(Slot slot, std::string_view text, Sequence sequence) {
  if (paths_[slot].values.empty()) stands(slot, text, sequence);
}

void Stragglers::forget_known_values(Slot slot) {
  const auto path = paths_.find(slot);
  if (path == paths_.end()) return;
  path->second.values.clear();
  if (path->second.expected == 0) paths_.erase(path);
}

const Stragglers::Value* Stragglers::newest_before(Slot slot, Sequence sequence) {
  const auto path = paths_.find(slot);
  if (path == paths_.end()) return nullptr;
  std::vector<Value>& values = path->second.values;
  while (!values.empty() && values.back().sequence >= sequence) values.pop_back();
  return values.empty() ? nullptr : &values.back();
}

unsigned Stragglers::count(Slot slot) const {
  const auto path = paths_.find(slot);
  return path == paths_.end() ? 0 : path->second.expected;
}

std::optional<Stragglers::Slot> Stragglers::take_gone(SteadyTime now) {
  if (next() > now) return std::nullopt;
  const Slot slot = expected_.front().slot;
  expected_.pop_front();
  const auto path = paths_.find(slot);
  invariant(path != paths_.end() && path->second.expected > 0, "a straggler is gone that nobody expected");
  --path->second.expected;
  if (path->second.expected == 0 && path->second.values.empty()) paths_.erase(path);
  return slot;
}

std::string_view Stragglers::flaw() const {
  if (paths_.empty()) return {};
  std::unordered_map<Slot, unsigned> counted;
  for (const Expected& one : expected_) ++counted[one.slot];
  for (const auto& [slot, path] : paths_) {
    const auto found = counted.find(slot);
    if (path.expected != (found == counted.end() ? 0 : found->second))
      return "the stragglers of a path are counted wrongly";
  }
  return {};
}

}  // namespace firebase_relay::coalesce
