# Each breaks a guarantee of docs/contract.md, and the judge of the simulation sees it, whatever the invariants say.

relay_mutant(acknowledges_what_was_lost FILE src/deliver/follow_up.cc
  OLD "judge(event.answer)" NEW "judge(event.answer.transport == Answer::Transport::kReset ? Answer{.status = 204} : event.answer)")
relay_mutant(acknowledges_by_the_status_alone FILE src/deliver/verdicts.cc
  OLD "if (rule.transport != answer.transport) return false;"
  NEW "if (answer.status / 100 == 2) return rule.status_first == 204; if (rule.transport != answer.transport) return false;")
relay_mutant(merges_without_sequence FILE src/coalesce/live_values.cc
  OLD "arrival.sequence <= entry.sequence" NEW "false")
relay_mutant(sends_live_side_by_side FILE src/deliver/dispatch.cc
  OLD "if (state_.requests.main_is_out()) return false;"
  NEW "if (state_.requests.main_is_out() && !state_.live.has_suspects() && !state_.live.has_sendable()) return false;")
relay_mutant(forgets_the_settling FILE src/coalesce/live_values.cc
  OLD "stragglers_.expect(sent.slot, *lost_until);" NEW "")
relay_mutant(settles_too_late FILE src/deliver/follow_up.cc
  OLD "lost_until = state_.now.steady + state_.options.request_timeout;"
  NEW "lost_until = state_.now.steady + 2 * state_.options.request_timeout;")
relay_mutant(sleeps_through_the_settling FILE src/deliver/delivery.cc
  OLD "consider(state_.live.next_settling());" NEW "")
relay_mutant(forgets_the_settling_at_the_end FILE src/deliver/delivery.cc
  OLD "(all_done || all_saved) && settling_is_saved()" NEW "all_done || all_saved")
relay_mutant(expects_no_stragglers_of_the_last_run FILE src/deliver/delivery.cc
  OLD "state_.live.expect_stragglers(now.steady + state_.options.request_timeout);" NEW "")
relay_mutant(forgets_what_stood_before_poison FILE src/coalesce/live_values.cc
  OLD "if (before == nullptr) return false;" NEW "return false;")
relay_mutant(goes_back_behind_what_was_lost FILE src/coalesce/live_values.cc
  OLD "stragglers_.may_stand(sent.slot, entry.text, sent.sequence);" NEW "")
relay_mutant(sends_ahead_of_the_disk FILE src/coalesce/live_values.cc
  OLD "if (disk_rule_ == DiskRule::kNothing || entry.row.holds(entry.sequence)) return true;" NEW "return true;")
relay_mutant(empties_without_sync FILE src/deliver/disk.cc
  OLD "state_.act(Forget{forgetting_.batches, forgetting_.live, sync});"
  NEW "state_.act(Forget{forgetting_.batches, forgetting_.live, false});")
relay_mutant(sleeps_through_arrivals FILE src/deliver/delivery.cc
  OLD "if (disk_.in_trouble()) return !state_.must_save();" NEW "if (disk_.in_trouble()) return false;")
relay_mutant(saves_too_late FILE src/deliver/state.cc
  OLD "std::max(options.flush_interval, kLeast)" NEW "std::max(options.flush_interval, 10 * kLeast)")
relay_mutant(drops_poisons_neighbours FILE src/deliver/history_queue.cc
  OLD "suspects_.add_halves(slices);" NEW "suspects_.add({slices.front()});")
relay_mutant(takes_a_size_limit_for_poison FILE src/deliver/verdicts.cc
  OLD "if (answer.transport == kAnswered && answer.status == 400 && answer.write_too_big) return kTooBigToWrite;" NEW "")
relay_mutant(drops_what_is_forbidden FILE src/deliver/verdicts.cc
  OLD "if (rule.transport != answer.transport) return false;"
  NEW "if (answer.status == 402) return rule.status_first == 400; if (rule.transport != answer.transport) return false;")
relay_mutant(sheds_what_memory_has FILE src/deliver/disk.cc
  OLD "state_.store.ids()" NEW "std::vector<BatchId>()")
relay_mutant(counts_a_dead_letter_twice FILE src/deliver/accounts.cc
  OLD "if (set_aside_.erase(sequence) > 0) return false;" NEW "")
relay_mutant(ends_before_all_is_saved FILE src/deliver/delivery.cc
  OLD "!state_.must_save() || disk_.is_failing()" NEW "true")

relay_mutant(asks_the_quota_for_all_or_nothing FILE src/deliver/throttle.cc
  OLD "return left == 0 ? 0 : std::min(left - kBrace, bytes_max - live_bytes);"
  NEW "return left < bytes_max ? 0 : bytes_max - live_bytes;")
relay_mutant(lets_live_starve_history FILE src/deliver/quota.cc
  OLD "std::max(less(limit_, live + total_.history), less(limit_ / kShare, total_.history))" NEW "less(limit_, live + total_.history)")
relay_mutant(sends_suspects_past_the_quota FILE src/deliver/dispatch.cc
  OLD "request.history = history.take_suspects(room, request.base);" NEW "request.history = history.take_suspects(UINT64_MAX, request.base);")

relay_mutant(sends_history_before_live FILE src/deliver/dispatch.cc
  OLD "return throttle_.live_first_upto && (state_.requests.main_is_out() || state_.live.has_suspects() ||
                                       state_.live.has_waited_since(*throttle_.live_first_upto));"
  NEW "return false;")
relay_mutant(forgets_that_live_goes_first FILE src/deliver/follow_up.cc
  OLD "throttle_.live_first_upto = std::min(*throttle_.live_first_upto, state_.now.steady);" NEW "throttle_.live_first_upto.reset();")
relay_mutant(sends_orders_before_prices FILE src/coalesce/live_values.cc
  OLD "queue_.add(slot, entry.is_order);" NEW "queue_.add(slot, !entry.is_order);")

relay_mutant(sends_history_ahead_of_the_archive FILE src/deliver/delivery.cc
  OLD "archive_.has(history.position)" NEW "true")
relay_mutant(waits_for_the_archive_for_ever FILE src/deliver/delivery.cc
  OLD "consider(archive_.next_release());" NEW "")
relay_mutant(lets_live_wait_for_the_archive FILE src/deliver/delivery.cc BY "DeliveryArchiveTest.LiveValues*"
  OLD "if (!more) proceed();" NEW "if (!more && archive_.empty()) proceed();")

# Over streams: what is not committed is read again after a crash, and nothing else.
relay_mutant(commits_ahead_of_the_outbox FILE src/deliver/history_store.cc
  OLD "lowest = std::min(lowest, stored.unsafe_since);" NEW "if (!stored.saving) lowest = std::min(lowest, stored.unsafe_since);")
relay_mutant(counts_a_batch_as_safe_before_its_sync FILE src/deliver/history_store.cc
  OLD "stored.on_disk = ok;" NEW "stored.on_disk = ok; if (ok) stored.unsafe_since = kNoSequence;")
relay_mutant(forgets_what_left_memory_before_its_sync FILE src/deliver/history_store.cc
  OLD "released_unsafe_ = std::min(released_unsafe_, found->second.unsafe_since);" NEW "")
relay_mutant(sends_live_while_behind FILE src/coalesce/live_values.cc
  OLD "if (is_held(entry)) return false;" NEW "")
relay_mutant(commits_past_an_entry_that_waits_for_a_retry FILE src/deliver/history_store.cc
  OLD "if (!std::exchange(stored.was_sent, true)) stored.save_by = std::min(save_by, stored.save_latest);"
  NEW "if (!std::exchange(stored.was_sent, true)) stored.save_by = std::min(save_by, stored.save_latest); stored.unsafe_since = kNoSequence;")
relay_mutant(commits_past_a_value_that_waits FILE src/coalesce/live_values_disk.cc
  OLD "queue_.for_each(look_at);" NEW "")
relay_mutant(commits_past_a_value_that_waits_for_the_disk FILE src/coalesce/live_values_disk.cc
  OLD "queue_.for_each_parked(look_at);" NEW "")
relay_mutant(commits_past_a_value_under_way FILE src/coalesce/live_values_disk.cc
  OLD "for (const Slot slot : under_way) look_at(slot);" NEW "")
relay_mutant(commits_past_suspects FILE src/coalesce/live_values_disk.cc
  OLD "for (const Slot slot : group) look_at(slot);" NEW "")
relay_mutant(commits_what_came_meanwhile FILE src/coalesce/live_path.h
  OLD "sequence <= upto ? 0 : std::max(owed_since, upto + 1)" NEW "0")
relay_mutant(commits_what_an_older_row_may_undo FILE src/coalesce/live_values.cc
  OLD "acknowledged_unsynced_ = std::min(acknowledged_unsynced_, entry.owed_since);" NEW "")
relay_mutant(commits_past_arrivals FILE src/deliver/arrivals.h
  OLD "first_ = std::min(first_, first);" NEW "")
relay_mutant(commits_ahead_of_the_archive FILE src/deliver/archive_gate.cc
  OLD "first = std::min(first, held.first);" NEW "")
relay_mutant(forgets_what_was_set_aside FILE src/deliver/unsafe_letters.cc
  OLD "waiting_ = std::min(waiting_, sequence);" NEW "waiting_ = kNoSequence;")
relay_mutant(takes_stored_letters_for_synced FILE src/deliver/unsafe_letters.cc
  OLD "unsynced_ = std::min(unsynced_, std::exchange(waiting_, kNoSequence));" NEW "waiting_ = kNoSequence;")
relay_mutant(saves_while_behind FILE src/coalesce/live_values_disk.cc
  OLD "if (is_held(entry)) continue;" NEW "" BY "DeliverySafetyTest.*")
relay_mutant(trusts_in_rows_that_are_gone FILE src/deliver/delivery.cc BY "DeliverySafetyTest.*"
  OLD "if (disk_.is_forgetting()) settling_saved_.clear();" NEW "")
relay_mutant(is_well_while_the_disk_syncs FILE src/deliver/disk.cc
  OLD "deletions_wait || sync_.must_follow()" NEW "sync_.must_follow()")
relay_mutant(sends_live_where_a_source_begins_again FILE src/coalesce/live_values_disk.cc
  OLD "is_behind_ = true;
  queue_.park_all();" NEW "")
relay_mutant(keeps_an_end_that_another_replay_has_undone FILE src/deliver/replay_news.h BY "ReplayNews.*"
  OLD "said_ = {true, kNoSequence};" NEW "said_.fell_behind = true;")
relay_mutant(sheds_what_a_stream_holds FILE src/deliver/disk.cc
  OLD "if (state_.options.can_replay) return;" NEW "")
relay_mutant(reads_on_at_the_outboxs_limit FILE src/deliver/disk.cc BY "DeliverySafetyTest.*"
  OLD "level_.excess_bytes == 0" NEW "true")
relay_mutant(reads_no_more_where_others_fill_the_disk FILE src/deliver/disk.cc BY "DeliverySafetyTest.*"
  OLD "!sending_makes_room()" NEW "false")
relay_mutant(waits_for_rows_that_wait_for_it FILE src/deliver/disk.cc BY "DeliverySafetyTest.*"
  OLD "!state_.live.is_behind()" NEW "true")
