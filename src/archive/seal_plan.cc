#include "archive/seal_plan.h"

#include <algorithm>

namespace firebase_relay::archive {

SealPlan::SealPlan(const std::vector<FileName>& files, UtcMillis now) {
  for (const FileName& file : files) {
    if (file.kind == FileName::Kind::kSealed) sealed_.insert(file.day);
    if (file.kind == FileName::Kind::kHole) holes_.insert(file.day);
    if (file.kind == FileName::Kind::kBeingSealed) leftovers_.push_back(file);
  }
  for (const FileName& file : files) {
    if (file.kind == FileName::Kind::kPlain) plan(file.day, now);
  }
}

void SealPlan::plan(Day day, UtcMillis now) {
  const UtcMillis ended = UtcMillis(day + std::chrono::days(1)) + kWait;
  plain_.emplace(day, sealed_.contains(day) ? std::max(ended, now + kWait) : ended);
}

void SealPlan::wrote(Day day, UtcMillis now) {
  if (!plain_.contains(day)) plan(day, now);
}

void SealPlan::lost(Day day) { holes_.insert(day); }

void SealPlan::mended(Day day) {
  holes_.erase(day);
  failed_.erase(day);
}

void SealPlan::sealed(Day day) {
  plain_.erase(day);
  failed_.erase(day);
  sealed_.insert(day);
}

void SealPlan::put_off(Day day, UtcMillis time) {
  if (const auto found = plain_.find(day); found != plain_.end()) found->second = std::max(found->second, time);
}

void SealPlan::failed(Day day, UtcMillis time) {
  put_off(day, time);
  failed_.insert(day);
}

std::set<Day> SealPlan::unsealed() const {
  std::set<Day> days = holes_;
  days.insert(failed_.begin(), failed_.end());
  return days;
}

std::optional<Day> SealPlan::due(UtcMillis now) const {
  for (const auto& [day, at] : plain_) {
    if (at <= now && !holes_.contains(day)) return day;
  }
  return std::nullopt;
}

std::set<Day> SealPlan::kept_open(UtcMillis now) const {
  std::set<Day> days;
  for (const auto& [day, at] : plain_) {
    if (at <= now && holes_.contains(day)) days.insert(day);
  }
  return days;
}

UtcMillis SealPlan::next() const {
  UtcMillis next = UtcMillis::max();
  for (const auto& [day, at] : plain_) {
    if (!holes_.contains(day)) next = std::min(next, at);
  }
  return next;
}

}  // namespace firebase_relay::archive
