# Each makes the keeper remove what has to stay, or leave what has to go, and the judge of its simulation sees it.

relay_mutant(removes_a_day_too_young FILE src/keep/keeper.cc
  OLD "*today_ - std::chrono::days(place.days - 1)" NEW "*today_ + std::chrono::days(2) - std::chrono::days(place.days)"
  BY "KeepSimulation.*")
relay_mutant(believes_this_clock FILE src/keep/keeper.cc
  OLD "day_of(now_.utc - *reply.skew)" NEW "day_of(now_.utc)" BY "KeepSimulation.*")
relay_mutant(removes_without_a_date FILE src/keep/keeper.cc
  OLD "if (!reply.skew || std::chrono::abs(*reply.skew) > kClockSkewMax) return false;"
  NEW "if (!reply.skew) { today_ = day_of(now_.utc); return true; }" BY "KeepSimulation.*")
relay_mutant(removes_by_a_clock_that_was_set FILE src/keep/keeper.cc
  OLD "std::chrono::abs(*reply.skew) > kClockSkewMax" NEW "false" BY "KeepSimulation.*")
relay_mutant(takes_the_latest_day FILE src/keep/keeper.cc
  OLD "std::min(today_.value_or(day), day)" NEW "std::max(today_.value_or(day), day)" BY "Keeper.*")
relay_mutant(lists_a_place_with_entries FILE src/keep/keeper.cc
  OLD "if (reply.keys.empty()) return walk_.has_no_flat();" NEW "return walk_.has_no_flat();" BY "KeepSimulation.*")
relay_mutant(removes_what_is_anothers FILE src/keep/walk.cc
  OLD "std::find(piece.not_these.begin(), piece.not_these.end(), key) != piece.not_these.end()" NEW "false"
  BY "KeepSimulation.*")
relay_mutant(removes_what_is_not_sealed FILE src/keep/walk.cc
  OLD "becomes == Fate::kStays" NEW "false" BY "KeepSimulation.*")
relay_mutant(counts_what_was_lost FILE src/keep/keeper.cc
  OLD "event.outcome == Reply::Outcome::kFailed" NEW "event.outcome == Reply::Outcome::kFailed && !event.skew"
  BY "KeepSimulation.*")
relay_mutant(goes_without_leave FILE src/keep/keeper.cc
  OLD "!event.granted || step == nullptr" NEW "step == nullptr" BY "KeepSimulation.*")
relay_mutant(forgets_since_when_a_round_is_due FILE src/keep/keeper.cc
  OLD "due_since_ = due_since_.value_or(now_.steady);" NEW "due_since_ = now_.steady;" BY "Keeper.*")
relay_mutant(never_looks_again_at_what_waits FILE src/keep/keeper.cc
  OLD "look_again_at_ = settled;" NEW "" BY "KeepSimulation.*")
relay_mutant(counts_as_overdue_what_waits FILE src/keep/keeper.cc
  OLD "now_.utc < settled" NEW "false" BY "Keeper.*")
relay_mutant(counts_as_overdue_what_ended_while_nobody_ran FILE src/keep/keeper.cc
  OLD "now_.utc >= end + std::chrono::days(1)" NEW "true" BY "Keeper.*")
relay_mutant(gives_up_a_second_look_that_fails FILE src/keep/keeper.cc
  OLD "due_since_ || done_day_ != day_of(now_.utc)" NEW "done_day_ != day_of(now_.utc)" BY "Keeper.*")
relay_mutant(runs_once FILE src/keep/keeper.cc
  OLD "done_day_ != day_of(now_.utc)" NEW "!done_day_" BY "KeepSimulation.*")
relay_mutant(goes_on_by_the_places_before FILE src/keep/keeper.cc
  OLD "places_ = std::move(event.places);
  in_round_ = false;" NEW "places_ = std::move(event.places);" BY "KeepSimulation.*:Keeper.*")
relay_mutant(forgets_a_removal_without_an_answer FILE src/keep/keeper.cc
  OLD "removes && !place.is_flat" NEW "removes && place.is_flat" BY "KeepSimulation.*")
relay_mutant(counts_what_is_still_listed FILE src/keep/in_doubt.cc
  OLD "key && std::find(keys.begin(), keys.end(), *key) == keys.end()" NEW "key.has_value()" BY "KeepSimulation.*")
relay_mutant(forgets_what_the_places_before_have_removed FILE src/keep/keeper.cc
  OLD "return stale_reply(event);" NEW "return;" BY "Keeper.*")
relay_mutant(gives_up_what_is_too_large FILE src/keep/keeper.cc
  OLD "step.task = Task::kListEntries;" NEW "walk_.leave();" BY "KeepSimulation.*")
relay_mutant(takes_pieces_that_never_grow_smaller FILE src/keep/keeper.cc
  OLD "step.task == Task::kPieces && std::min(step.at_once, step.keys.size()) > 1" NEW "false" BY "KeepSimulation.*")
relay_mutant(removes_the_newest_first FILE src/keep/walk.cc
  OLD "std::sort(keys.begin(), keys.end(), std::greater<>());" NEW "std::sort(keys.begin(), keys.end());" BY "Keeper.*")

# The same of what a person has started.
relay_mutant(removes_where_it_only_looks FILE src/keep/keeper.cc
  OLD "if (manner_.only_looks) tell_of_days();" NEW "" BY "KeeperByHand.*")
relay_mutant(takes_a_date_that_is_yet_to_come FILE src/keep/keeper.cc
  OLD "known && has_date_to_come()" NEW "false" BY "KeeperByHand.*")
relay_mutant(removes_an_entry_too_young FILE src/keep/keeper.cc
  OLD "!time || *time >= before" NEW "!time" BY "KeeperByHand.*")
relay_mutant(removes_entries_that_may_not_go FILE src/keep/keeper.cc
  OLD "step.fate == Walk::Fate::kStays" NEW "false" BY "KeeperByHand.*")
relay_mutant(lists_the_same_page_for_ever FILE src/keep/keeper.cc
  OLD "step.from = *newest;" NEW "" BY "KeeperByHand.*")
relay_mutant(goes_on_behind_a_key_that_is_no_entry FILE src/keep/keeper.cc
  OLD "time_of_key(key).has_value()" NEW "true" BY "KeeperByHand.*")
