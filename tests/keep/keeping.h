#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "keep/keeper.h"

namespace firebase_relay::keep {

inline KeptPlace prices(std::uint32_t days) {
  using enum KeptPlace::Piece::What;
  return {{{kLiteral, "history", {}}, {kAny, "", {"_channels"}}, {kLiteral, "prices", {}}, {kDay, "", {}}},
          days,
          Kind::kPrice};
}

/// A keeper whose every step goes as it should, unless a test says otherwise. What it asks for is a line each.
class Keeping {
 public:
  explicit Keeping(std::vector<KeptPlace> places, Manner manner = {}) : keeper_(std::move(manner)) {
    tell(Places{std::move(places)});
  }

  /// The next request, with all that is told before; empty: it waits for longer than `patience`.
  std::string next(SteadyTime::duration patience = std::chrono::minutes(30)) {
    while (!out_ && keeper_.next_deadline() <= now_.steady + patience && keeper_.next_deadline() != SteadyTime::max()) {
      pass(std::max(keeper_.next_deadline() - now_.steady, SteadyTime::duration::zero()));
      tell(TimePassed{});
    }
    return std::exchange(out_, std::nullopt).value_or("");
  }
  /// The same, for so long at most.
  std::string next_within(SteadyTime::duration time) {
    const SteadyTime end = now_.steady + time;
    std::string request;
    while (request.empty() && now_.steady < end) {
      pass(std::chrono::seconds(1));
      tell(TimePassed{});
      request = std::exchange(out_, std::nullopt).value_or("");
    }
    return request;
  }
  void answer(std::vector<std::string> keys = {}) { tell(Reply{Reply::Outcome::kDone, std::move(keys), skew, "", ""}); }
  void answer(Reply::Outcome outcome) { tell(Reply{outcome, {}, skew, "why", ""}); }
  void pass(SteadyTime::duration time) {
    now_.steady += time;
    now_.utc += std::chrono::duration_cast<std::chrono::milliseconds>(time);
  }
  void set_back(std::chrono::milliseconds time) { now_.utc -= time; }
  void tell(Event event) {
    Decisions decisions;
    keeper_.handle(std::move(event), now_, decisions);
    for (const Report& report : decisions.reports) reports.push_back(report);
    for (const Action& action : decisions.actions) take(action);
  }
  [[nodiscard]] SteadyTime::duration due_for() const { return now_.steady - keeper_.due_since().value_or(now_.steady); }
  [[nodiscard]] UtcMillis utc() const { return now_.utc; }
  [[nodiscard]] std::uint64_t overdue() const { return keeper_.overdue(); }
  template <class What>
  [[nodiscard]] std::size_t told() const {
    return static_cast<std::size_t>(std::count_if(
        reports.begin(), reports.end(), [](const Report& report) { return std::holds_alternative<What>(report); }));
  }

  bool granted = true;
  std::optional<std::chrono::seconds> skew = std::chrono::seconds(0);
  std::uint64_t bytes = 0;  ///< that the last request is to be granted for
  std::vector<Report> reports;

 private:
  void take(const Action& action) {
    if (const auto* ask = std::get_if<AskLeave>(&action)) {
      bytes = ask->bytes;
      return tell(Leave{granted});
    }
    if (const auto* list = std::get_if<List>(&action)) out_ = "list " + list->path;
    if (const auto* flat = std::get_if<AskFlat>(&action)) out_ = (flat->is_last ? "left in " : "flat ") + flat->path;
    if (const auto* page = std::get_if<ListFlat>(&action))
      out_ = (page->are_newest ? "newest " : "page ") + std::to_string(page->count) + " of " + page->path + " before " +
             name_of(page->before) + (page->from.empty() ? "" : " from " + page->from);
    if (const auto* day = std::get_if<RemoveDay>(&action)) out_ = "remove " + day->path;
    if (const auto* pieces = std::get_if<RemovePieces>(&action))
      out_ = "pieces " + std::to_string(pieces->keys.size()) + " of " + pieces->path;
  }

  Keeper keeper_;
  Now now_{SteadyTime(std::chrono::hours(1)),
           std::chrono::sys_days(std::chrono::year(2026) / 11 / 28) + std::chrono::hours(12)};
  std::optional<std::string> out_;
};

}  // namespace firebase_relay::keep
