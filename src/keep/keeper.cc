#include "keep/keeper.h"

#include <algorithm>
#include <utility>

#include "firebase_relay/history_key.h"

namespace firebase_relay::keep {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Task = Walk::Task;

/// What a write that the database still takes as tiny may be: it reckons a second for it, and takes about 64 MB a
/// minute.
constexpr std::uint64_t kTinyBytes = 1 << 20;
constexpr std::uint64_t kEntryBytes = 512;  // of one entry, rather too much: a price has 150, an order 1200
constexpr std::size_t kPiecesFirst = 16;
constexpr std::size_t kPiecesMax = 2048;
constexpr hours kToSettle{2};    // from a day's end on, or the start, until what may not go counts as overdue
constexpr seconds kPatience{1};  // until leave is asked for again
constexpr hours kLongest{1};     // between two looks at what day it is, and between two tries
constexpr milliseconds kPauseLeast{5};
constexpr seconds kPauseMost{10};

std::uint64_t bytes_of(const Action& request) {
  if (std::holds_alternative<RemoveDay>(request)) return kTinyBytes;
  if (const auto* pieces = std::get_if<RemovePieces>(&request)) return pieces->keys.size() * kEntryBytes;
  return 0;
}

}  // namespace

void Keeper::handle(Event event, const Now& now, Decisions& decisions) {
  now_ = now;
  begun_at_ = begun_at_.value_or(now.steady);
  out_ = &decisions;
  std::visit([this](auto&& what) { on(std::forward<decltype(what)>(what)); }, std::move(event));
  proceed();
}

void Keeper::on(Places&& event) {
  if (places_ == event.places) return;
  places_ = std::move(event.places);
  in_round_ = false;  // what is out belongs to nobody
  done_day_.reset();
  look_again_at_.reset();
  due_since_.reset();
  overdue_ = 0;
  wait(seconds(0));
}

void Keeper::on(const Leave& event) {
  if (phase_ != Phase::kAsksLeave) return;  // of places that count no more
  const Walk::Step* step = walk_.here();
  if (!event.granted || step == nullptr) return wait(kPatience);
  const KeptPlace& place = places_[step->place];
  const bool removes = step->task == Task::kRemove || step->task == Task::kPieces;
  if (removes && !place.is_flat) in_doubt_.sent({place.kind, step->path});
  out_->actions.push_back(request_of(*step));
  phase_ = Phase::kIsOut;
  sent_at_ = now_.steady;
}

void Keeper::on(Reply&& event) {
  phase_ = Phase::kWaits;
  // Half of the time is left to others, whatever a request takes.
  wait(std::clamp<SteadyTime::duration>(now_.steady - sent_at_, kPauseLeast, kPauseMost));
  if (!in_round_) return stale_reply(event);
  if (event.outcome == Reply::Outcome::kFailed)
    return break_off(BrokenOff{std::move(event.detail), retry_in_, std::move(event.remedy)});
  const bool known = knows_the_day(event);
  const std::optional<seconds> skew = event.skew;
  if (known && has_date_to_come()) return break_off(DateToCome{*today_});
  if (event.outcome == Reply::Outcome::kTooBig) {
    too_big();
  } else if (known || walk_.here()->task == Task::kRemove) {  // what is gone is gone, whatever its answer's Date
    done(std::move(event));
  }
  if (!known) break_off(DayNotKnown{skew});
}

/// Asked for by places that count no more. What it has removed is gone all the same.
void Keeper::stale_reply(const Reply& reply) {
  const Walk::Step& step = *walk_.here();
  const bool is_all_of_it =
      step.task == Task::kRemove || (step.task == Task::kPieces && step.at_once >= step.keys.size());
  if (reply.outcome != Reply::Outcome::kDone || !is_all_of_it) return;
  if (auto day = in_doubt_.settle(step.path)) out_->reports.emplace_back(DayRemoved{day->kind, std::move(day->path)});
}

/// What the answer's Date says. Of a round the earliest day counts: a database whose clock is set back removes nothing
/// more.
bool Keeper::knows_the_day(const Reply& reply) {
  if (!reply.skew || std::chrono::abs(*reply.skew) > kClockSkewMax) return false;
  const std::chrono::sys_days day = day_of(now_.utc - *reply.skew);
  today_ = std::min(today_.value_or(day), day);
  return true;
}

bool Keeper::has_date_to_come() const {
  return std::any_of(places_.begin(), places_.end(),
                     [this](const KeptPlace& place) { return place.before && *place.before > *today_; });
}

/// From when on what may not go counts as overdue. An archive seals a day an hour after its end, and one that has ended
/// while nobody ran once somebody does.
UtcMillis Keeper::settles_at(std::string_view day) const {
  const std::optional<std::chrono::sys_days> named = day_named(day);
  if (!named) return UtcMillis::min();
  const UtcMillis end = *named + std::chrono::days(1);
  if (now_.utc >= end + std::chrono::days(1)) return end + kToSettle;
  const auto from_begin = std::chrono::duration_cast<milliseconds>(*begun_at_ + kToSettle - now_.steady);
  return std::max<UtcMillis>(end + kToSettle, now_.utc + from_begin);
}

Walk::Fate Keeper::fate_of(const std::string& path, std::string_view day) {
  if (!manner_.may_go || manner_.may_go(day)) return Walk::Fate::kGoes;
  if (manner_.overrides_may_go) return Walk::Fate::kGoesCounted;
  const UtcMillis settled = settles_at(day);
  if (now_.utc < settled) {
    ++waiting_;
    look_again_at_ = settled;
  } else {
    ++held_back_;
  }
  out_->reports.emplace_back(DayHeldBack{path, std::string(day)});
  return Walk::Fate::kStays;
}

void Keeper::done(Reply&& reply) {
  Walk::Step& step = *walk_.here();
  const auto first_kept = [this](const KeptPlace& place) {
    return place.before ? *place.before : *today_ - std::chrono::days(place.days - 1);
  };
  retry_in_ = kRetryFirst;
  switch (step.task) {
    case Task::kAskFlat:
      if (reply.keys.empty()) return walk_.has_no_flat();
      out_->reports.emplace_back(FlatFound{step.path, reply.keys.front()});
      ++refused_;
      return walk_.leave();
    case Task::kList:
    case Task::kListDays:
      tell_of_gone(step.path, reply.keys);
      return walk_.has_keys(places_, std::move(reply.keys), first_kept,
                            [this, path = step.path](auto day) { return fate_of(path, day); });
    case Task::kCount:
      out_->reports.emplace_back(EntriesListed{step.path, std::move(reply.keys)});
      step.task = Task::kRemove;
      return;
    case Task::kListEntries:
      step.keys = std::move(reply.keys);
      step.at_once = kPiecesFirst;
      step.task = Task::kPieces;
      break;
    case Task::kFlatOldest:
      if (reply.keys.empty()) return walk_.leave();
      step.oldest = time_of_key(reply.keys.front());
      step.task = Task::kFlatNewest;
      if (!step.oldest) tell_of_strangers(reply.keys);
      return;
    case Task::kFlatNewest:
      if (!reply.keys.empty() && reply.keys.front() == step.stranger) return walk_.leave();  // nothing else is there
      out_->reports.emplace_back(FlatSeen{places_[step.place].kind, step.path, step.oldest,
                                          reply.keys.empty() ? std::nullopt : time_of_key(reply.keys.front())});
      return walk_.leave();
    case Task::kFlatPage: return page_came(std::move(reply.keys));
    case Task::kFlatLeft:
      if (!reply.keys.empty() && reply.keys.front() != step.stranger) tell_of_strangers(reply.keys);
      return walk_.leave();
    case Task::kPieces:
      pieces_removed();
      if (!step.keys.empty() || !places_[step.place].is_flat) break;
      step.task = step.is_last_page ? Task::kFlatLeft : Task::kFlatPage;
      return;
    case Task::kRemove: step.keys.clear(); break;
  }
  if (!step.keys.empty()) return;
  out_->reports.emplace_back(DayRemoved{places_[step.place].kind, step.path});
  ++removed_;
  in_doubt_.settle(step.path);
  walk_.leave();
}

/// `node` has these keys: days below it whose removal was not answered, and that are not listed, are gone by it.
void Keeper::tell_of_gone(const std::string& node, const std::vector<std::string>& keys) {
  for (InDoubt::Removal& day : in_doubt_.take_gone(node, keys)) {
    out_->reports.emplace_back(DayRemoved{day.kind, std::move(day.path)});
    ++removed_;
  }
}

/// Goes on behind the last entry of a page, and not at its end, so that what stays there is not looked at for ever.
/// Keys that are no entries' tell nothing of how far it is: numbers stand in front, whatever they look like.
void Keeper::page_came(std::vector<std::string>&& keys) {
  Walk::Step& step = *walk_.here();
  std::sort(keys.begin(), keys.end(), std::greater<>());  // the oldest is the last
  const auto newest =
      std::find_if(keys.begin(), keys.end(), [](const auto& key) { return time_of_key(key).has_value(); });
  const bool is_end = newest == keys.end() || *newest == step.from;
  step.is_last_page = is_end || keys.size() < step.page;
  if (step.from.empty() || !is_end) tell_of_strangers(keys);
  if (!is_end) {
    step.from = *newest;
    take_entries(keys);
  }
  if (!step.keys.empty()) {
    step.at_once = std::max(step.at_once, kPiecesFirst);
    step.task = Task::kPieces;
  } else if (step.is_last_page) {
    step.task = Task::kFlatLeft;
  }
}

/// Those of `keys` that are no entries', if any.
void Keeper::tell_of_strangers(const std::vector<std::string>& keys) {
  StrangersLeft left{walk_.here()->path, {}, 0};
  for (const std::string& key : keys) {
    if (time_of_key(key)) continue;
    if (left.count++ == 0) left.key = key;
  }
  if (left.count == 0) return;
  walk_.here()->stranger = left.key;
  out_->reports.emplace_back(std::move(left));
}

/// Of `keys`, the newest first, those that are entries' and may go are the step's.
void Keeper::take_entries(const std::vector<std::string>& keys) {
  Walk::Step& step = *walk_.here();
  const UtcMillis before = *places_[step.place].before;
  EntriesListed counted{step.path, {}};
  for (auto key = keys.rbegin(); key != keys.rend(); ++key) {
    const std::optional<UtcMillis> time = time_of_key(*key);
    if (!time || *time >= before) continue;
    const std::chrono::sys_days day = day_of(*time);
    if (step.asked != day) step.fate = fate_of(step.path, name_of(day));
    step.asked = day;
    if (step.fate == Walk::Fate::kStays) continue;
    step.keys.push_back(*key);
    if (step.fate == Walk::Fate::kGoesCounted) counted.keys.push_back(*key);
  }
  std::reverse(step.keys.begin(), step.keys.end());
  if (!counted.keys.empty()) out_->reports.emplace_back(std::move(counted));
}

/// Which entries are gone, the newest first: a report for each day of them.
void Keeper::tell_of_entries(std::span<const std::string> keys) {
  const Walk::Step& step = *walk_.here();
  std::optional<EntriesRemoved> of_day;
  for (auto key = keys.rbegin(); key != keys.rend(); ++key) {
    const UtcMillis time = *time_of_key(*key);
    if (of_day && day_of(of_day->newest) != day_of(time)) out_->reports.emplace_back(*std::exchange(of_day, {}));
    if (!of_day) of_day = EntriesRemoved{places_[step.place].kind, step.path, 0, time};
    ++of_day->count;
    of_day->newest = time;
  }
  if (of_day) out_->reports.emplace_back(*of_day);
}

void Keeper::pieces_removed() {
  Walk::Step& step = *walk_.here();
  const std::size_t count = std::min(step.at_once, step.keys.size());
  if (places_[step.place].is_flat)
    tell_of_entries({step.keys.end() - static_cast<std::ptrdiff_t>(count), step.keys.end()});
  step.keys.resize(step.keys.size() - count);
  step.at_once = std::min(2 * step.at_once, kPiecesMax);
}

/// What was asked for is more than the database writes at once.
void Keeper::too_big() {
  Walk::Step& step = *walk_.here();
  in_doubt_.settle(step.path);           // nothing was done
  constexpr std::size_t kPageLeast = 2;  // one may be the one that it begins with
  if (step.task == Task::kFlatPage && step.page > kPageLeast) {
    step.page = std::max(step.page / 2, kPageLeast);
  } else if (step.task == Task::kRemove) {
    step.task = Task::kListEntries;
  } else if (step.task == Task::kPieces && std::min(step.at_once, step.keys.size()) > 1) {
    step.at_once = std::min(step.at_once, step.keys.size()) / 2;
  } else {
    out_->reports.emplace_back(DayRefused{step.path});
    ++refused_;
    walk_.leave();
  }
}

void Keeper::break_off(Report why) {
  in_round_ = false;
  out_->reports.push_back(std::move(why));
  wait(retry_in_);
  retry_in_ = std::min<seconds>(2 * retry_in_, kLongest);
}

/// Goes on, if nothing is under way and the time has come.
void Keeper::proceed() {
  if (phase_ != Phase::kWaits || now_.steady < wake_at_) return;
  if (places_.empty()) return wait(SteadyTime::duration::max());
  if (!in_round_) {
    if (!has_to_look()) return end_round();
    begin_round();
  }
  if (manner_.only_looks) tell_of_days();
  const Walk::Step* step = walk_.here();
  if (step == nullptr) return end_round();
  phase_ = Phase::kAsksLeave;
  const Action request = request_of(*step);
  const auto* day = std::get_if<RemoveDay>(&request);
  out_->actions.emplace_back(AskLeave{bytes_of(request), day ? day->path : ""});
}

/// Where nothing is to be removed: the days that would be next.
void Keeper::tell_of_days() {
  for (const Walk::Step* step = walk_.here(); step != nullptr && step->task == Task::kRemove; step = walk_.here()) {
    out_->reports.emplace_back(DayFound{places_[step->place].kind, step->path});
    walk_.leave();
  }
}

void Keeper::begin_round() {
  in_round_ = true;
  removed_ = held_back_ = waiting_ = refused_ = 0;
  look_again_at_.reset();
  due_since_ = due_since_.value_or(now_.steady);
  today_.reset();
  walk_.begin(places_, manner_.only_looks);
}

bool Keeper::has_to_look() const {
  if (due_since_ || done_day_ != day_of(now_.utc)) return true;  // one that was broken off, or a new day
  return look_again_at_ && now_.utc >= *look_again_at_;
}

/// Waits for the next day, or until it has to look again, and sees every hour whether that has come: clocks are set,
/// and machines sleep.
void Keeper::end_round() {
  if (std::exchange(in_round_, false)) {
    done_day_ = today_;
    due_since_.reset();
    overdue_ = held_back_ + refused_;
    out_->reports.emplace_back(RoundEnded{removed_, held_back_, waiting_});
  }
  const UtcMillis midnight = day_of(now_.utc) + std::chrono::days(1);
  const UtcMillis next = std::min(look_again_at_.value_or(UtcMillis::max()), midnight + kClockSkewMax);
  wait(std::min<SteadyTime::duration>(next - now_.utc, kLongest));
}

void Keeper::wait(SteadyTime::duration time) {
  phase_ = phase_ == Phase::kIsOut ? Phase::kIsOut : Phase::kWaits;
  wake_at_ = time == SteadyTime::duration::max() ? SteadyTime::max() : now_.steady + time;
}

Action Keeper::request_of(const Walk::Step& step) const {
  switch (step.task) {
    case Task::kAskFlat:
    case Task::kFlatLeft: return AskFlat{step.path, step.task == Task::kFlatLeft};
    case Task::kFlatOldest:
    case Task::kFlatNewest:
    case Task::kFlatPage:
      return ListFlat{step.path, step.from, *places_[step.place].before, step.page, step.task == Task::kFlatNewest};
    case Task::kRemove: return RemoveDay{step.path};
    case Task::kPieces: {
      const std::size_t count = std::min(step.at_once, step.keys.size());
      return RemovePieces{step.path, {step.keys.end() - static_cast<std::ptrdiff_t>(count), step.keys.end()}};
    }
    case Task::kList:
    case Task::kListDays:
    case Task::kCount:
    case Task::kListEntries: break;
  }
  return List{step.path};
}

}  // namespace firebase_relay::keep
