#include "keep/walk.h"

#include <algorithm>
#include <utility>

namespace firebase_relay::keep {
namespace {

using What = KeptPlace::Piece::What;

constexpr std::size_t kFlatPage = 1000;  // of prices some 200 kB

std::string below(const std::string& path, const std::string& key) { return path.empty() ? key : path + '/' + key; }

}  // namespace

void Walk::begin(const std::vector<KeptPlace>& places, bool only_looks) {
  only_looks_ = only_looks;
  steps_.clear();
  for (std::size_t i = places.size(); i-- > 0;) {
    Step step;
    step.place = i;
    go_down(places, std::move(step));
  }
}

/// Goes down as far as keys are known, and stands where something has to be asked, or removed.
void Walk::go_down(const std::vector<KeptPlace>& places, Step step) {
  const std::vector<KeptPlace::Piece>& pieces = places[step.place].pieces;
  for (; step.piece < pieces.size() && pieces[step.piece].what == What::kLiteral; ++step.piece)
    step.path = below(step.path, pieces[step.piece].key);
  if (step.piece == pieces.size()) {
    step.task = step.is_counted ? Task::kCount : Task::kRemove;
  } else if (pieces[step.piece].what != What::kDay) {
    step.task = Task::kList;
  } else if (!places[step.place].is_flat) {
    step.task = Task::kAskFlat;
  } else {
    step.task = only_looks_ ? Task::kFlatOldest : Task::kFlatPage;
    step.page = only_looks_ ? 1 : kFlatPage;
  }
  steps_.push_back(std::move(step));
}

void Walk::has_keys(const std::vector<KeptPlace>& places, std::vector<std::string> keys,
                    const std::function<std::chrono::sys_days(const KeptPlace&)>& first_kept,
                    const std::function<Fate(std::string_view day)>& fate) {
  const Step parent = std::move(steps_.back());
  steps_.pop_back();
  const KeptPlace& place = places[parent.place];
  const KeptPlace::Piece& piece = place.pieces[parent.piece];
  std::sort(keys.begin(), keys.end(), std::greater<>());  // the first one is on top
  for (const std::string& key : keys) {
    Step child;
    child.place = parent.place;
    child.piece = parent.piece + 1;
    child.path = below(parent.path, key);
    child.day = parent.day;
    child.is_counted = parent.is_counted;
    if (piece.what == What::kDay) {
      const auto day = day_named(key);
      if (!day || *day >= first_kept(place)) continue;
      const Fate becomes = fate(key);
      if (becomes == Fate::kStays) continue;
      child.is_counted = becomes == Fate::kGoesCounted;
      child.day = key;
    } else if (std::find(piece.not_these.begin(), piece.not_these.end(), key) != piece.not_these.end()) {
      continue;
    }
    go_down(places, std::move(child));
  }
}

}  // namespace firebase_relay::keep
