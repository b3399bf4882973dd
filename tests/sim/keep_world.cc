#include "sim/keep_world.h"

#include <algorithm>
#include <cstdio>
#include <sstream>

namespace firebase_relay::sim {
namespace {

using namespace std::chrono_literals;
using keep::AskFlat;
using keep::AskLeave;
using keep::List;
using keep::RemoveDay;
using keep::RemovePieces;
using keep::Reply;
using What = KeptPlace::Piece::What;

constexpr int kOldestDays = 50;  // of what stands there at the start

KeptPlace::Piece literal(const std::string& key) { return {What::kLiteral, key, {}}; }

std::string name_of(std::chrono::sys_days day) {
  const std::chrono::year_month_day date(day);
  char text[16];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()));
  return text;
}

std::vector<std::string> keys_of(const std::string& path) {
  std::vector<std::string> keys;
  std::istringstream text(path);
  for (std::string key; std::getline(text, key, '/');) keys.push_back(key);
  return keys;
}

const std::string& path_of(const keep::Action& action) {
  static const std::string kNone;
  if (const auto* list = std::get_if<List>(&action)) return list->path;
  if (const auto* flat = std::get_if<AskFlat>(&action)) return flat->path;
  if (const auto* day = std::get_if<RemoveDay>(&action)) return day->path;
  if (const auto* pieces = std::get_if<RemovePieces>(&action)) return pieces->path;
  return kNone;
}

bool removes(const keep::Action& action) {
  return std::holds_alternative<RemoveDay>(action) || std::holds_alternative<RemovePieces>(action);
}

}  // namespace

KeepWorld::KeepWorld(std::uint64_t seed)
    : random_(seed), begin_(std::chrono::sys_days(std::chrono::year(2026) / 11 / 28)) {
  begin_ += random_.chance(50) ? std::chrono::milliseconds(random_.below(86'400'000))
                               : std::chrono::milliseconds(random_.between(0, 240'000)) - 2min;
  steady_ = 1h;
  limit_ = random_.chance(50) ? 1'000 : random_.between(1, 40);
  ahead_ = Seconds(static_cast<std::int64_t>(random_.below(119)) - 59);
  for (std::uint64_t i = random_.below(3); i > 0; --i)
    unsealed_.insert(name_of(keep::day_of(begin_) - std::chrono::days(random_.below(kOldestDays))));
  make_tree();
  places_ = some_places();
  keeper_ = std::make_unique<keep::Keeper>([this](std::string_view day) { return may_go(day); });
  tell(keep::Places{places_});
}

std::vector<KeptPlace> KeepWorld::some_places() {
  const KeptPlace::Piece any{What::kAny, "", {"_channels"}};
  const KeptPlace::Piece any_channel{What::kAny, "", {}};
  const KeptPlace::Piece day{What::kDay, "", {}};
  const auto days = [this] { return static_cast<std::uint32_t>(random_.chance(20) ? 1 : random_.between(1, 40)); };
  std::vector<KeptPlace> places = {{{literal("history"), any, literal("prices"), day}, days(), Kind::kPrice}};
  if (random_.chance(50))
    places.push_back({{literal("history"), literal("_channels"), any_channel, day}, days(), Kind::kUnrouted});
  if (random_.chance(30)) places.push_back({{literal("days"), day, any_channel}, days(), Kind::kOrder});
  if (random_.chance(20)) {  // a person has named the first day that stays
    for (KeptPlace& place : places) place.before = keep::day_of(begin_) - std::chrono::days(random_.below(kOldestDays));
  }
  return places;
}

bool KeepWorld::may_go(std::string_view day) const {
  const UtcMillis sealed_at = *keep::day_named(day) + std::chrono::days(1) + 1h;
  return !unsealed_.contains(std::string(day)) && true_time() >= sealed_at;
}

void KeepWorld::make_tree() {
  for (const char* place : {"history/A/prices", "history/2026-11-28/prices", "history/A/orders-by-day",
                            "history/_channels/prices", "history/_channels/NEWS"}) {
    for (int ago = -1; ago < kOldestDays; ++ago) {
      if (random_.chance(40)) write(place, ago, static_cast<int>(random_.between(1, random_.chance(5) ? 60 : 5)));
    }
  }
  for (int ago = 0; ago < kOldestDays; ago += 3)
    entries_.insert("days/" + name_of(keep::day_of(begin_) - std::chrono::days(ago)) + "/A/-K");
  entries_.insert("history/A/orders/-KEY");
  if (random_.chance(30)) entries_.insert("history/A/prices/-KEY");  // an earlier version's
}

void KeepWorld::write(const std::string& place, int days_ago, int entries) {
  const std::string day = name_of(keep::day_of(true_time()) - std::chrono::days(days_ago));
  for (int i = 0; i < entries; ++i) entries_.insert(place + '/' + day + "/-K" + std::to_string(number_++));
}

void KeepWorld::run_with_faults(int steps) {
  for (int i = 0; i < steps && violation_.empty(); ++i) {
    if (random_.chance(2)) crash();
    if (random_.chance(3)) well_ = !well_;
    if (random_.chance(3)) ahead_ = Seconds(static_cast<std::int64_t>(random_.below(119)) - 59);
    if (random_.chance(1)) ahead_ = Seconds(static_cast<std::int64_t>(random_.below(40 * 86'400)) - 20 * 86'400);
    if (random_.chance(1)) {
      places_ = some_places();
      tell(keep::Places{places_});
    }
    if (random_.chance(10)) write("history/A/prices", static_cast<int>(random_.below(2)), 2);
    if (random_.chance(1)) write("history/A/prices", static_cast<int>(random_.below(kOldestDays)), 1);  // came late
    step();
  }
}

/// The process ends, and begins again: after a moment, or after weeks in which the PC was off.
void KeepWorld::crash() {
  if (out_ && random_.chance(50)) straggler_ = out_;
  if (straggler_) straggler_->is_to_be_counted = false;
  uncounted_.clear();
  out_.reset();
  leave_granted_ = day_is_known_ = false;
  refused_.clear();
  pass(random_.chance(20) ? std::chrono::hours(24 * random_.below(30)) : std::chrono::hours(0));
  keeper_ = std::make_unique<keep::Keeper>([this](std::string_view day) { return may_go(day); });
  tell(keep::Places{places_});
}

void KeepWorld::step() {
  if (straggler_ && random_.chance(30)) {
    Reply nobody_reads;
    apply(*std::exchange(straggler_, std::nullopt), nobody_reads);
  }
  if (out_) {
    pass(std::chrono::milliseconds(random_.below(faults_ && random_.chance(5) ? 20'000 : 300)));
    return answer();
  }
  const SteadyTime due = keeper_->next_deadline();
  if (due == SteadyTime::max()) return broken("waits for nothing");
  if (faults_ && random_.chance(5)) pass(std::chrono::minutes(random_.below(120)));
  pass(std::max<SteadyTime::duration>(due - SteadyTime(steady_), {}));
  tell(keep::TimePassed{});
}

void KeepWorld::pass(SteadyTime::duration time) { steady_ += time; }

void KeepWorld::tell(keep::Event event) {
  keep::Decisions decisions;
  keeper_->handle(std::move(event), clocks(), decisions);
  take(decisions);
}

void KeepWorld::take(const keep::Decisions& decisions) {
  for (const keep::Report& report : decisions.reports) {
    if (const auto* day = std::get_if<keep::DayRemoved>(&report)) count(day->path);
    marks_.flat += std::holds_alternative<keep::FlatFound>(report);
    marks_.unknown += std::holds_alternative<keep::DayNotKnown>(report);
    marks_.broken_off += std::holds_alternative<keep::BrokenOff>(report);
  }
  for (const keep::Action& action : decisions.actions) perform(action);
}

void KeepWorld::count(const std::string& day) {
  ++marks_.days;
  marks_.counted_late += last_ && std::holds_alternative<List>(*last_);
  if (!last_was_done_) broken("counts a day that may still be there");
  // Of one that goes in pieces something may have come late.
  if (last_ && !std::holds_alternative<RemovePieces>(*last_) && stands(day)) broken("counts a day that stands: " + day);
  uncounted_.erase(day);
  if (straggler_ && path_of(straggler_->action) == day) straggler_->is_to_be_counted = false;
}

void KeepWorld::perform(const keep::Action& action) {
  if (out_) return broken("asks for a second request");
  if (const auto* ask = std::get_if<AskLeave>(&action)) {
    leave_granted_ = well_ || (ask->bytes == 0 && random_.chance(20));
    return tell(keep::Leave{leave_granted_});
  }
  if (!std::exchange(leave_granted_, false)) return broken("sends without leave");
  if (removes(action) && !day_is_known_) return broken("removes without knowing the day");
  if (std::holds_alternative<List>(action)) {
    const std::vector<std::string> keys = keys_below(path_of(action));
    const std::string node = path_of(action).substr(path_of(action).rfind('/') + 1);
    const bool is_day = keep::day_named(node) && !keys.empty() && keys.front().starts_with('-');
    const bool has_entries = !keys.empty() && keys.front().starts_with('-');
    if (has_entries && !(is_day && refused_.contains(path_of(action))))
      return broken("lists entries of " + path_of(action));
  }
  out_ = Out{action, places_};
}

/// What the database, and the way to it, make of the request that is out.
void KeepWorld::answer() {
  const Out out = *std::exchange(out_, std::nullopt);
  Reply reply;
  const bool fails = faults_ && random_.chance(5);
  const bool is_lost = fails && random_.chance(50);
  if (is_lost && random_.chance(50)) {
    straggler_ = out;
  } else if (!fails || is_lost) {
    apply(out, reply);
  }
  if (fails) reply = {};
  marks_.lost += is_lost;
  if (!is_lost && !(faults_ && random_.chance(3))) {  // else an answer without a Date
    const auto date =
        std::chrono::floor<std::chrono::seconds>(true_time() - std::chrono::milliseconds(random_.below(2'000)));
    reply.skew = std::chrono::duration_cast<Seconds>(clocks().utc - date);
  }
  day_is_known_ = reply.skew && std::chrono::abs(*reply.skew) <= kClockSkewMax;
  last_was_done_ = reply.outcome == Reply::Outcome::kDone;
  last_ = out.action;
  if (reply.outcome == Reply::Outcome::kTooBig) refused_.insert(path_of(out.action));
  tell(std::move(reply));
}

void KeepWorld::apply(const Out& out, Reply& reply) {
  const std::string& path = path_of(out.action);
  reply.outcome = Reply::Outcome::kDone;
  if (std::holds_alternative<List>(out.action)) {
    reply.keys = keys_below(path);
  } else if (std::holds_alternative<AskFlat>(out.action)) {
    reply.keys = keys_below(path);
    std::erase_if(reply.keys, [](const std::string& key) { return key > "."; });
    if (reply.keys.size() > 1) reply.keys.resize(1);
  } else if (const auto* pieces = std::get_if<RemovePieces>(&out.action)) {
    if (pieces->keys.size() > limit_) {
      reply.outcome = Reply::Outcome::kTooBig;
    } else {
      for (const std::string& key : pieces->keys) remove(out, path + '/' + key);
    }
  } else {
    std::vector<std::string> below;
    const auto end = entries_.lower_bound(path + '0');  // the character behind '/'
    for (auto it = entries_.lower_bound(path + '/'); it != end; ++it) below.push_back(*it);
    if (below.size() > limit_) {
      reply.outcome = Reply::Outcome::kTooBig;
      ++marks_.refused;
    } else {
      for (const std::string& entry : below) remove(out, entry);
    }
  }
}

/// The judge: may this entry go, now, by the places of whoever asked?
void KeepWorld::remove(const Out& out, const std::string& path) {
  if (entries_.erase(path) == 0) return;
  std::string day;
  const std::optional<KeptPlace> place = place_of(out.asked_by, path, day);
  if (!place) return broken("removes what nobody named: " + path);
  const std::string node = path.substr(0, path.rfind('/'));
  if (out.is_to_be_counted && !stands(node)) uncounted_.insert(node);
  if (!may_go(day)) return broken("removes what is not sealed: " + path);
  const auto age = keep::day_of(true_time()) - *keep::day_named(day);
  if (place->before && *keep::day_named(day) >= *place->before)
    return broken("removes a day that a person wants to stay: " + path);
  if (!place->before && age < std::chrono::days(place->days))
    broken("removes a day too young: " + path + " on " + name_of(keep::day_of(true_time())) + ", of which " +
           std::to_string(place->days) + " days are kept");
}

std::optional<KeptPlace> KeepWorld::place_of(const std::vector<KeptPlace>& places, const std::string& path,
                                             std::string& day) const {
  const std::vector<std::string> keys = keys_of(path);
  for (const KeptPlace& place : places) {
    bool fits = keys.size() > place.pieces.size();
    for (std::size_t i = 0; fits && i < place.pieces.size(); ++i) {
      const KeptPlace::Piece& piece = place.pieces[i];
      if (piece.what == What::kLiteral) fits = piece.key == keys[i];
      if (piece.what == What::kAny) fits = std::count(piece.not_these.begin(), piece.not_these.end(), keys[i]) == 0;
      if (piece.what != What::kDay) continue;
      fits = keep::day_named(keys[i]).has_value();
      day = keys[i];
    }
    if (fits) return place;
  }
  return std::nullopt;
}

bool KeepWorld::stands(const std::string& node) const {
  const auto first = entries_.lower_bound(node + '/');
  return first != entries_.end() && first->starts_with(node + '/');
}

std::vector<std::string> KeepWorld::keys_below(const std::string& path) const {
  const std::string start = path.empty() ? "" : path + '/';
  std::vector<std::string> keys;
  for (auto it = entries_.lower_bound(start); it != entries_.end() && it->starts_with(start); ++it) {
    std::string key = it->substr(start.size(), it->find('/', start.size()) - start.size());
    if (keys.empty() || keys.back() != key) keys.push_back(std::move(key));
  }
  return keys;
}

void KeepWorld::run_until_all_is_done() {
  faults_ = false;
  well_ = true;
  ahead_ = Seconds(0);
  const SteadyTime::duration end = steady_ + 72h;
  while (steady_ < end && violation_.empty()) {
    if (random_.chance(10)) write("history/A/prices", 0, 1);
    step();
  }
}

std::string KeepWorld::left_over() const {
  for (const std::string& path : entries_) {
    std::string day;
    const std::optional<KeptPlace> place = place_of(places_, path, day);
    if (!place || unsealed_.contains(day)) continue;
    const std::string node = path.substr(0, path.find("/" + day + "/"));
    const std::vector<std::string> keys = keys_below(node);
    const bool has_flat = !keys.empty() && keys.front().starts_with('-');
    // A day is sealed an hour after its end, and one that waits for that is looked at an hour later.
    const auto age = keep::day_of(true_time() - 2h - 15min) - *keep::day_named(day);
    const bool is_old = place->before ? *keep::day_named(day) < *place->before : age >= std::chrono::days(place->days);
    if (is_old && !has_flat) return path + " is still there on " + name_of(keep::day_of(true_time()));
  }
  for (const std::string& day : uncounted_) {
    std::string name;  // places of which nothing is kept any more are not looked at
    if (!stands(day) && place_of(places_, day + "/-K", name)) return day + " is gone, and nobody has told of it";
  }
  return "";
}

void KeepWorld::broken(const std::string& what) {
  if (violation_.empty()) violation_ = what;
}

}  // namespace firebase_relay::sim
