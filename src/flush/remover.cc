#include "flush/remover.h"

#include <algorithm>
#include <utility>

#include "classify/kept_places.h"
#include "firebase_relay/history_key.h"

namespace firebase_relay::flush {

Remover::Remover(const classify::PublishedRoutes* routes, PatchSender& sender, observe::HistoryEvents& events,
                 std::function<bool(std::string_view day)> may_go)
    : routes_(routes),
      events_(events),
      shell_(keep::Keeper(std::move(may_go)),
             {sender,
              [this](const keep::AskLeave& ask, SteadyTime now) { return delivery_->grant(bytes_of(ask, now), now); },
              [this](const keep::Report& what, SteadyTime now) { report(what, now); }}) {}

void Remover::proceed(const Now& now) {
  if (routes_ == nullptr) return;
  const std::uint64_t version = routes_->version();
  if (std::exchange(routes_version_, version) != version)
    shell_.tell(keep::Places{classify::kept_places(*routes_->newest())}, now);
  shell_.proceed(now);
  const keep::Keeper& keeper = shell_.keeper();
  events_.removal_stands(now.steady - keeper.due_since().value_or(now.steady), keeper.overdue());
}

/// Of a day that this relay has written it is known how much stands there: mostly far less than may go at once.
std::uint64_t Remover::bytes_of(const keep::AskLeave& ask, SteadyTime now) const {
  const std::uint64_t known = ask.day.empty() ? 0 : stored_->at(ask.day, now);
  return known > 0 ? std::min(known, ask.bytes) : ask.bytes;
}

void Remover::report(const keep::Report& what, SteadyTime now) {
  if (const auto* day = std::get_if<keep::DayRemoved>(&what)) {
    stored_->removed(day->path, now);
    events_.day_removed(day->kind, day->path);
  }
  if (const auto* flat = std::get_if<keep::FlatFound>(&what)) {
    if (time_of_key(flat->key)) events_.entries_without_day(flat->path, now);
    if (!time_of_key(flat->key)) events_.stranger_before_days(flat->path, flat->key, now);
  }
  if (const auto* refused = std::get_if<keep::DayRefused>(&what)) events_.day_refused(refused->path, now);
  if (const auto* unknown = std::get_if<keep::DayNotKnown>(&what)) events_.day_not_known(unknown->skew, now);
  if (const auto* broken = std::get_if<keep::BrokenOff>(&what))
    events_.removal_broken_off(broken->detail, broken->remedy, broken->again_in, now);
  if (const auto* round = std::get_if<keep::RoundEnded>(&what))
    events_.removal_ended(round->days, round->held_back, round->waiting);
}

}  // namespace firebase_relay::flush
