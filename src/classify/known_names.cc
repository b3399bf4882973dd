#include "classify/known_names.h"

namespace firebase_relay::classify {

bool NameSet::admit(std::string_view name) {
  // Acquire pairs with the release below: whoever sees the set full sees all of its names.
  if (is_full_.load(std::memory_order_acquire)) return names_.contains(name);
  const std::scoped_lock lock(mutex_);
  if (names_.contains(name)) return true;
  if (names_.size() >= names_max_) return false;
  names_.emplace(name);
  if (names_.size() == names_max_) is_full_.store(true, std::memory_order_release);
  return true;
}

}  // namespace firebase_relay::classify
