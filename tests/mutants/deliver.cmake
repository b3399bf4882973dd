# One for each invariant of src/deliver.

set(accounts src/deliver/accounts.cc)
relay_mutant(opens_tickets_for_nothing FILE src/deliver/delivery.cc FINDS "a ticket is opened that nothing holds"
  OLD "values[row.sequence] += row.counts ? 1 : 0;" NEW "values[row.sequence] += 0;")
relay_mutant(frees_a_ticket_twice FILE ${accounts} FINDS "a ticket is given out that is still held"
  OLD "free_.push_back(end.ticket);" NEW "free_.push_back(end.ticket); free_.push_back(end.ticket);")
relay_mutant(lets_go_without_a_ticket FILE src/coalesce/live_values.cc FINDS "a ticket ends that was never given out"
  OLD "if (ticket != kNoTicket) ended_.push_back({std::exchange(ticket, kNoTicket), acknowledged});"
  NEW "ended_.push_back({std::exchange(ticket, kNoTicket), acknowledged});")
relay_mutant(holds_on_to_what_is_under_way FILE src/coalesce/live_path.h FINDS "a ticket is let go more often than it was held"
  OLD "ticket = kNoTicket;
    status = Status::kInFlight;"
  NEW "status = Status::kInFlight;")
relay_mutant(counts_no_message_without_history FILE ${accounts} FINDS "the messages in flight are counted below zero" BY "DeliveryTest.MessageWithoutHistory*"
  OLD "++in_flight_;" NEW "")
relay_mutant(delivers_one_entry_too_many FILE src/deliver/follow_up.cc FINDS "history is delivered beyond its run"
  OLD "state_.accounts.delivered(state_.store.run_of(slice), slice, state_.now);"
  NEW "state_.accounts.delivered(state_.store.run_of(slice), {slice.batch, slice.run, slice.first, slice.last + 1}, state_.now);")
relay_mutant(takes_in_no_message FILE src/deliver/delivery.cc FINDS "more messages are delivered than came" BY "DeliveryTest.NothingIsPersistedWhileAnswersComeInTime"
  OLD "entry.sequence_offset != HistoryEntry::kUncounted" NEW "false")
relay_mutant(sheds_one_entry_too_many FILE src/deliver/disk.cc FINDS "history is shed beyond its run" BY "DeliveryTest.MemoryIsShed*"
  OLD "state_.accounts.shed(state_.store.run_of(slice), slice);"
  NEW "state_.accounts.shed(state_.store.run_of(slice), {slice.batch, slice.run, slice.first, slice.last + 1});")
relay_mutant(counts_what_was_shed_twice FILE src/deliver/disk.cc FINDS "more messages are shed than came"
  OLD "state_.accounts.shed(event.shed->messages);" NEW "state_.accounts.shed(event.shed->messages); state_.accounts.shed(event.shed->messages);")
relay_mutant(counts_what_is_damaged_twice FILE src/deliver/disk.cc FINDS "more messages are damaged than came" BY "DeliveryTest.WhatTheOutboxCannotRead*"
  OLD "state_.accounts.damaged(damaged.messages);" NEW "state_.accounts.damaged(damaged.messages); state_.accounts.damaged(damaged.messages);")
relay_mutant(takes_in_no_poison FILE src/deliver/delivery.cc FINDS "a message is set aside that never came" BY "DeliveryTest.PoisonThatHistoryRefuses*"
  OLD "entry.sequence_offset != HistoryEntry::kUncounted" NEW "false")
relay_mutant(sets_aside_without_a_ticket FILE src/deliver/follow_up.cc FINDS "a ticket is set aside that was never given out"
  OLD "refused->ticket != coalesce::LiveValues::kNoTicket" NEW "true")
relay_mutant(ends_a_ticket_before_it_is_set_aside FILE src/deliver/follow_up.cc FINDS "a ticket is set aside that has ended" BY "DeliveryTest.PoisonOfALiveValueIsOneDeadLetter"
  OLD "if (state_.accounts.set_aside_ticket(refused->ticket)) state_.act(SetAside{std::move(letter)});"
  NEW "state_.live.ended().push_back({refused->ticket, false}); state_.accounts.end(state_.live.ended(), state_.now); state_.accounts.set_aside_ticket(refused->ticket);")
relay_mutant(takes_in_no_message_with_a_poisoned_value FILE src/deliver/delivery.cc FINDS "a message is set aside before it came" BY "DeliveryTest.PoisonOfBothPartsIsOneDeadLetter"
  OLD "entry.sequence_offset != HistoryEntry::kUncounted" NEW "false")
relay_mutant(looks_for_letters_in_the_wrong_batch FILE src/deliver/disk.cc FINDS "a batch without entries is looked through"
  OLD "state_.accounts.has_set_aside_in(state_.store.batch(id))" NEW "state_.accounts.has_set_aside_in(Batch{})")

relay_mutant(counts_half_of_what_arrives FILE src/deliver/arrivals.h FINDS "more history becomes batches than arrived"
  OLD "bytes_ += run.text.size();" NEW "bytes_ += run.text.size() / 2;")
relay_mutant(counts_what_became_a_batch_as_arrived FILE src/deliver/arrivals.cc FINDS "the bytes of history that arrived are counted wrongly"
  OLD "bytes_ -= run.text.size();" NEW "")
relay_mutant(takes_in_runs_without_entries FILE src/deliver/delivery.cc FINDS "history arrives without entries"
  OLD "if (run.entries.empty()) continue;" NEW "")
relay_mutant(remembers_when_nothing_came FILE src/deliver/arrivals.cc FINDS "history arrived, and nobody knows when"
  OLD "oldest_.reset();" NEW "")

relay_mutant(sends_a_probe_beside_a_probe FILE src/deliver/circuit.h FINDS "two probes are under way"
  OLD "!open_ || (probe_ == 0 && now >= probe_at_)" NEW "!open_ || now >= probe_at_")
relay_mutant(numbers_a_probe_before_it_counts FILE src/deliver/circuit.cc FINDS "a probe failed that nobody sent"
  OLD "return probe_;" NEW "return probe_ + 1;")
relay_mutant(stays_closed_when_a_request_fails FILE src/deliver/circuit.cc FINDS "a failure leaves the circuit closed"
  OLD "open_ = true;" NEW "")
relay_mutant(sends_more_and_more_at_a_time FILE src/deliver/concurrency.h FINDS "more history requests may go than ever"
  OLD "limit_ = std::min(limit_ + 1, max_);" NEW "++limit_;")

relay_mutant(saves_a_row_without_its_number FILE src/coalesce/live_values_disk.cc FINDS "a row has no number"
  OLD "rows.push_back({std::string(entry.path()), std::string(entry.newest()), entry.sequence, counts,
                    counts ? kind_of(ticket) : Kind::kUnrouted});"
  NEW "rows.push_back({std::string(entry.path()), std::string(entry.newest()), 0, counts, counts ? kind_of(ticket) : Kind::kUnrouted});")
relay_mutant(is_ahead_of_its_time FILE src/deliver/delivery.cc FINDS "time goes backwards"
  OLD "state_.now = now;" NEW "state_.now = now; state_.now.steady += std::chrono::hours(1);")
relay_mutant(leaves_tickets_uncounted FILE ${accounts} FINDS "a ticket ended, and nobody counted it"
  OLD "ended.clear();" NEW "")
relay_mutant(wakes_up_for_what_has_passed FILE src/deliver/delivery.cc FINDS "a deadline has passed when it is set"
  OLD "if (time > now) deadline_ = std::min(deadline_, time);" NEW "deadline_ = std::min(deadline_, time);")
relay_mutant(counts_a_wait_ahead FILE src/deliver/delivery.cc FINDS "a value has waited since a time to come"
  OLD "std::clamp(block.arrived, now - state_.queue_wait_max(), now)" NEW "std::max(block.arrived, now + state_.queue_wait_max())")
relay_mutant(gives_no_tickets_out FILE src/deliver/delivery.cc FINDS "a live value has no message"
  OLD "tickets.push_back(ticket.updates == 0
                          ? LiveValues::kNoTicket
                          : state_.accounts.open_ticket(ticket.kind, ticket.updates, ticket.event_ms, block.arrived));"
  NEW "")
relay_mutant(settles_keys_and_keeps_their_seeds FILE src/coalesce/repeats.cc FINDS "history arrives whose keys are not settled" BY "DeliveryTest.HistoryWhoseKeysAreSettled*"
  OLD "run.seeds = {};" NEW "")
relay_mutant(is_well_with_a_batch_on_disk FILE src/deliver/disk.cc FINDS "all is well, and a batch is on disk"
  OLD "return unloaded_ == 0 && !is_saving() && state_.live.rows_on_disk() == 0 && !state_.store.any_on_disk();"
  NEW "return unloaded_ == 0 && !is_saving() && state_.live.rows_on_disk() == 0;")
relay_mutant(lets_nothing_wait FILE src/deliver/state.h FINDS "nothing may wait at all" BY "DeliveryTest.BlockMayWait*"
  OLD "half_window() / 2" NEW "half_window() / 1000")
relay_mutant(ends_while_it_saves FILE src/deliver/delivery.cc FINDS "all is done, and rows are being saved"
  OLD "state_.drain_is_over() && !disk_.is_saving() && !disk_.is_forgetting() && is_saved"
  NEW "state_.drain_is_over() && !disk_.is_forgetting() && is_saved")
relay_mutant(saves_what_settles_without_a_value FILE src/coalesce/live_values.cc FINDS "a path is to be settled that has no value"
  OLD "rows.push_back({std::string(entry.path()), std::string(entry.newest()), entry.sequence, false, Kind::kUnrouted});"
  NEW "rows.push_back({std::string(entry.path()), std::string(entry.newest()), 0, false, Kind::kUnrouted});")

set(disk src/deliver/disk.cc)
relay_mutant(numbers_batches_from_the_beginning FILE src/deliver/delivery.cc FINDS "new batches would have the numbers of those on disk"
  OLD "restored.last_batch" NEW "0")
relay_mutant(is_well_whatever_the_last_run_left FILE ${disk} FINDS "all is well before the disk is empty"
  OLD "if (restored.level.batches > 0 || restored.level.live_rows > 0) set_mode(Mode::kTrouble);" NEW "set_mode(Mode::kHealthy);")
relay_mutant(is_well_with_batches_on_disk_only FILE ${disk} FINDS "all is well, and the disk has something"
  OLD "return unloaded_ == 0 && !is_saving() && state_.live.rows_on_disk() == 0 && !state_.store.any_on_disk();"
  NEW "return !is_saving() && state_.live.rows_on_disk() == 0 && !state_.store.any_on_disk();")
relay_mutant(is_well_with_rows_of_the_last_run FILE ${disk} FINDS "all is well, and rows are on disk"
  OLD "if (restored.level.batches > 0 || restored.level.live_rows > 0) set_mode(Mode::kTrouble);"
  NEW "if (restored.level.batches > 0) set_mode(Mode::kTrouble);")
relay_mutant(gives_every_batch_one_number FILE src/deliver/arrivals.cc FINDS "a batch is made before one that was loaded"
  OLD "++last_batch_" NEW "last_batch_")
relay_mutant(saves_while_all_is_well FILE ${disk} FINDS "all is well, and something is saved"
  OLD "enter_trouble();
    save(is_flush);"
  NEW "save(is_flush);")
relay_mutant(saves_while_it_forgets FILE ${disk} FINDS "rows are saved and forgotten at the same time"
  OLD "if (is_saving() || is_forgetting() || is_syncing()) return SteadyTime::max();" NEW "if (is_saving() || is_syncing()) return SteadyTime::max();")
relay_mutant(saves_nothing FILE ${disk} FINDS "nothing is to be saved"
  OLD "if (!persist.batches.empty() || !persist.live.empty()) start_saving(std::move(persist));" NEW "start_saving(std::move(persist));")
relay_mutant(forgets_that_it_saves FILE ${disk} FINDS "what nobody saved is on disk" BY "DeliveryTest.AnswerThatIsLate*"
  OLD "save_.start();" NEW "")
relay_mutant(drops_a_saved_batch_and_counts_its_bytes FILE src/deliver/history_store.cc FINDS "memory has bytes of no batch"
  OLD "release_if_done(id);" NEW "if (stored.left > 0) continue; if (stored.on_disk) forgettable_.push_back(id); stored_.erase(id);")
relay_mutant(drops_history_while_it_loads FILE ${disk} FINDS "history leaves memory while older history is loaded"
  OLD "if (load_.is_running()) return;" NEW "")
relay_mutant(takes_bytes_for_megabytes FILE src/deliver/state.cc FINDS "no history may be loaded"
  OLD "std::min(options.loaded_bytes_max, options.batch_bytes_max * (options.in_flight_max + 1))"
  NEW "std::min(options.loaded_bytes_max, options.batch_bytes_max * (options.in_flight_max + 1)) >> 20")
relay_mutant(loads_what_is_not_there FILE ${disk} FINDS "nothing is to be loaded"
  OLD "if (state_.drain_is_over() || unloaded_ == 0 || !has_room) return;" NEW "if (state_.drain_is_over() || !has_room) return;")
relay_mutant(forgets_that_it_loads FILE ${disk} FINDS "what nobody asked for is loaded"
  OLD "load_.start();" NEW "")
relay_mutant(loads_from_the_beginning FILE ${disk} FINDS "batches are loaded out of their order"
  OLD "state_.act(Load{loaded_upto_, wanted});" NEW "state_.act(Load{0, wanted});")
relay_mutant(queues_held_history_early FILE ${disk} FINDS "held history is queued before older history"
  OLD "if (loaded.batches.empty()) unloaded_ = 0;
  if (unloaded_ == 0) nothing_is_unloaded();"
  NEW "nothing_is_unloaded();")
relay_mutant(forgets_while_it_saves FILE ${disk} FINDS "rows are forgotten while others are saved"
  OLD "if (is_saving() || is_syncing() || !forget_.may_start(state_.now.steady)) return;" NEW "if (!forget_.may_start(state_.now.steady)) return;")
relay_mutant(forgets_that_it_forgets FILE ${disk} FINDS "what nobody forgot is gone"
  OLD "forget_.start();" NEW "")
relay_mutant(sheds_memory_that_has_room FILE ${disk} FINDS "memory is shed below its bound" BY "DeliveryTest.MemoryIsShed*"
  OLD "if (!is_failing() || state_.store.bytes() + state_.arrivals.bytes() <= kMemoryMax) return;" NEW "if (!is_failing()) return;")
relay_mutant(forgets_that_it_sheds FILE ${disk} FINDS "what nobody shed is gone"
  OLD "shed_.start();" NEW "")
relay_mutant(has_loaded_the_next_batch FILE ${disk} FINDS "a batch was loaded that never was made"
  OLD "loaded_upto_ = state_.arrivals.last_batch();" NEW "loaded_upto_ = state_.arrivals.last_batch() + 1;")
relay_mutant(counts_a_loaded_batch_twice FILE ${disk} FINDS "the batches that are on disk only are counted below zero"
  OLD "--unloaded_;
    state_.store.add_loaded(std::move(batch));"
  NEW "unloaded_ -= 2; state_.store.add_loaded(std::move(batch));")
relay_mutant(asks_the_outbox_again FILE src/deliver/disk_job.h FINDS "the outbox is asked twice at a time"
  OLD "!running_ && (!failed_until_ || now >= *failed_until_)" NEW "!failed_until_ || now >= *failed_until_")

set(dispatch src/deliver/dispatch.cc)
relay_mutant(counts_the_main_request_as_another FILE src/deliver/requests.h FINDS "the main request was sent, and is not under way"
  OLD "(request.is_main ? main_is_out_ = true : ++history_out_);" NEW "++history_out_;")
relay_mutant(waits_for_room_for_a_large_entry FILE src/deliver/history_queue.cc FINDS "history has room, and does not go"
  OLD "if (count == 0 && taken.empty()) count = 1;" NEW "")
relay_mutant(sends_no_suspects FILE src/deliver/history_queue.cc FINDS "suspects are sent, and there are none"
  OLD "if (!narrow_) return taken;" NEW "if (!narrow_) return {};")
relay_mutant(sends_no_history FILE ${dispatch} FINDS "history is sent, and there is none"
  OLD "if (room == 0) return false;
    request.history = history.take(room, request.base);"
  NEW "if (room == 0) return false;")
relay_mutant(sends_more_than_it_may FILE ${dispatch} FINDS "more requests are under way than may be"
  OLD "state_.requests.history_out() >= out_max" NEW "state_.requests.history_out() > out_max")
relay_mutant(cuts_the_end_of_history FILE src/deliver/history_queue.cc FINDS "a request ends in the middle of a value"
  OLD "parts.push_back(run.text_of(slice.first, slice.last));"
  NEW "std::string_view text = run.text_of(slice.first, slice.last); text.remove_suffix(1); parts.push_back(text);")
relay_mutant(counts_live_values_only FILE src/deliver/requests.h FINDS "a request without a value is sent"
  OLD "for (const Slice& slice : history) parts += slice.size();" NEW "")
relay_mutant(counts_live_bytes_twice FILE src/deliver/requests.h FINDS "a request's bytes are counted wrongly"
  OLD "live_bytes = taken.bytes;" NEW "live_bytes = 2 * taken.bytes;")

set(follow_up src/deliver/follow_up.cc)
relay_mutant(sends_in_a_time_to_come FILE ${dispatch} FINDS "an answer comes before its request"
  OLD "request.sent_at = state_.now.steady;" NEW "request.sent_at = state_.now.steady + std::chrono::hours(1);")
relay_mutant(stays_open_when_the_database_answers FILE src/deliver/circuit.cc FINDS "the database answers, and the circuit is open"
  OLD "open_ = false;" NEW "")
relay_mutant(takes_a_failure_for_a_success FILE ${follow_up} FINDS "a request failed, and the circuit is closed"
  OLD "throttle_.concurrency.slow_down();" NEW "throttle_.circuit.succeeded();")
relay_mutant(sends_history_with_suspects FILE ${dispatch} FINDS "suspects of both kinds are in one request"
  OLD "if (!request.live.empty()) send(std::move(request));" NEW "add_history(request); if (!request.live.empty()) send(std::move(request));")
relay_mutant(sends_live_values_anywhere FILE ${dispatch} FINDS "live values are in a request beside the main one"
  OLD "request.is_main = true;" NEW "")
relay_mutant(takes_the_main_request_for_another FILE ${dispatch} FINDS "live values are under way beside the main request"
  OLD "state_.act(std::move(action));" NEW "kept.is_main = false; state_.act(std::move(action));")
relay_mutant(takes_the_main_request_for_another_in_trouble FILE ${dispatch} FINDS "a request beside the main one has live values"
  OLD "state_.act(std::move(action));" NEW "if (disk_.in_trouble()) kept.is_main = false; state_.act(std::move(action));")
relay_mutant(forgets_which_request_was_answered FILE src/deliver/requests.cc FINDS "live suspects come back from a request beside the main one"
  OLD "return request;" NEW "request.is_main = false; return request;")
relay_mutant(narrows_live_values_before_history FILE ${dispatch} FINDS "a request has a location, and nothing is narrow" BY "DeliveryTest.SizeOfTheWrite*"
  OLD "state_.history.is_narrow()" NEW "true")
relay_mutant(forgets_what_a_refused_request_held FILE ${follow_up} FINDS "an empty request is taken apart"
  OLD "std::move(*request)" NEW "rule.verdict == Verdict::kBisect ? Request{} : std::move(*request)")
relay_mutant(forgets_what_an_acknowledged_request_held FILE ${follow_up} FINDS "an empty request is acknowledged"
  OLD "std::move(*request)" NEW "rule.verdict == Verdict::kAcknowledged ? Request{} : std::move(*request)")
relay_mutant(refuses_the_value_that_came_meanwhile FILE src/coalesce/live_values.cc FINDS "another value is refused than was sent"
  OLD "if (entry.sequence != sent.sequence) {
    queue(sent.slot, entry);
    return std::nullopt;
  }"
  NEW "")
relay_mutant(loses_the_channels FILE src/deliver/delivery.cc FINDS "a message has no channel"
  OLD "take_in({event.archive_position, {}, since, first, static_cast<ShedClass>(shed_class), std::move(run)});"
  NEW "run.channels.clear(); take_in({event.archive_position, {}, since, first, static_cast<ShedClass>(shed_class), std::move(run)});")
relay_mutant(refuses_a_slice_for_an_entry FILE ${follow_up} FINDS "more than one entry is refused as one"
  OLD "is_alone ? refuse_entry(history.front(), reason) : state_.history.halve(history);"
  NEW "if (is_alone || history.front().size() > 1) refuse_entry(history.front(), reason); else state_.history.halve(history);")
relay_mutant(has_a_verdict_without_a_reason FILE src/deliver/verdicts.cc FINDS "a request failed for no reason"
  OLD "if (answer.transport == kAnswered && answer.status == 400 && answer.write_too_big) return kTooBigToWrite;"
  NEW "static const AnswerRule kNameless{kAnswered, 400, 400, kNarrow, {}, HoldReason::kNone, false, {}}; if (answer.write_too_big) return kNameless;")
relay_mutant(fills_a_request_that_is_full FILE ${dispatch} FINDS "history is to go into a request that is full" BY "DeliveryTest.FlushOverTheBytes*"
  OLD "other_location || used >= state_.options.batch_bytes_max || !history.has_waiting() || owes_live()"
  NEW "other_location || !history.has_waiting() || owes_live()")

set(queue src/deliver/history_queue.cc)
relay_mutant(holds_back_what_it_queues FILE ${queue} FINDS "a batch is queued that is held back"
  OLD "for (const BatchId id : std::exchange(held_, {})) add(id);" NEW "for (const BatchId id : held_) add(id);")
relay_mutant(holds_back_the_next_batch FILE ${disk} FINDS "a batch is held back that nobody has"
  OLD "state_.history.hold(id);" NEW "state_.history.hold(id + 1);")
relay_mutant(queues_what_is_behind_a_run FILE src/deliver/history_store.cc FINDS "an empty slice of history is queued"
  OLD "if (entries > 0) slices.push_back({id, run, 0, entries});" NEW "slices.push_back({id, run, entries, entries});")
relay_mutant(cuts_one_entry_too_far FILE ${queue} FINDS "a slice is cut where nothing is"
  OLD "first = i + 1;" NEW "first = i + 1 + (i + 2 == slice.last);")
relay_mutant(counts_no_narrow_history FILE ${queue} FINDS "history got lost when it was cut by location" BY "HistoryQueueTest.NarrowRequests*"
  OLD "waiting_bytes_ += store_.bytes_of(part);" NEW "")
relay_mutant(fits_one_entry_more FILE ${queue} FINDS "more entries fit than there are"
  OLD "low = middle;" NEW "low = middle + 1;")
relay_mutant(counts_no_queued_history FILE ${queue} FINDS "more history is taken than waits"
  OLD "waiting_.push_back(slice);
  waiting_bytes_ += store_.bytes_of(slice);"
  NEW "waiting_.push_back(slice);")
relay_mutant(takes_an_empty_group FILE src/coalesce/bisection.h FINDS "a group of suspects is empty" BY "HistoryQueueTest.Halving*"
  OLD "std::move(groups_.front())" NEW "Group()")
relay_mutant(takes_what_is_elsewhere FILE ${queue} FINDS "a narrow request has no location"
  OLD "(location_of(entry) == base ? here : elsewhere).push_back(entry);" NEW "(location_of(entry) != base ? here : elsewhere).push_back(entry);")
relay_mutant(gives_back_what_is_behind FILE ${follow_up} FINDS "an empty slice comes back"
  OLD "state_.history.put_back(request.history);"
  NEW "std::vector<Slice> rest = request.history; for (Slice& slice : rest) slice = slice.tail(slice.size()); state_.history.put_back(rest);")
relay_mutant(halves_what_is_alone FILE ${follow_up} FINDS "one entry is to be halved"
  OLD "is_alone ? refuse_entry(history.front(), reason) : state_.history.halve(history);" NEW "state_.history.halve(history);")
relay_mutant(drops_what_only_memory_has FILE ${disk} FINDS "history leaves memory that no disk has"
  OLD "if (!state_.store.is_on_disk(id) || memory_knows_more || !state_.history.drop_untouched(id)) return false;"
  NEW "if (memory_knows_more || !state_.history.drop_untouched(id)) return false;")
relay_mutant(counts_waiting_entries_twice FILE ${queue} FINDS "more entries of a batch wait than it has"
  OLD "waiting += slice->size();" NEW "waiting += 2 * slice->size();")
relay_mutant(counts_shed_bytes_twice FILE ${queue} FINDS "more history is shed than waits" BY "HistoryQueueTest.Sheds*"
  OLD "freed += store_.bytes_of(slice);" NEW "freed += 2 * store_.bytes_of(slice);")
relay_mutant(holds_back_what_it_dropped FILE ${queue} FINDS "a batch is held back that is not in memory"
  OLD "held_.erase(id) > 0" NEW "held_.contains(id)")
relay_mutant(sends_one_entry_too_many FILE ${dispatch} FINDS "a slice goes beyond its run"
  OLD "for (const Slice& slice : kept.history) state_.history.append_parts(slice, action.parts);"
  NEW "for (const Slice& slice : kept.history) state_.history.append_parts({slice.batch, slice.run, slice.first, slice.last + 1}, action.parts);")
relay_mutant(counts_waiting_bytes_wrongly FILE ${queue} FINDS "the bytes of history that wait are counted wrongly"
  OLD "waiting_.push_back(slice);
  waiting_bytes_ += store_.bytes_of(slice);"
  NEW "waiting_.push_back(slice); waiting_bytes_ += 2 * store_.bytes_of(slice);")

set(store src/deliver/history_store.cc)
relay_mutant(loads_what_memory_has FILE ${disk} FINDS "a batch is stored twice"
  OLD "if (is_known(id)) continue;" NEW "")
relay_mutant(counts_no_bytes_in_memory FILE ${store} FINDS "the bytes of history in memory have no room in a number"
  OLD "bytes_ += text_bytes(stored.batch);" NEW "")
relay_mutant(saves_sooner_at_the_latest FILE ${disk} FINDS "a batch may be saved later once it was sent"
  OLD "state_.store.add(std::move(batch), {*since + state_.send_within(), *since + 2 * state_.half_window()}, first);"
  NEW "state_.store.add(std::move(batch), {*since + 2 * state_.half_window(), *since + state_.send_within()}, first);")
relay_mutant(adds_what_it_has_given_away FILE ${disk} FINDS "a batch without entries was loaded"
  OLD "--unloaded_;
    state_.store.add_loaded(std::move(batch));"
  NEW "--unloaded_; const Batch taken = std::move(batch); state_.store.add_loaded(std::move(batch));")
relay_mutant(releases_a_batch_twice FILE ${store} FINDS "a batch leaves memory that is not there"
  OLD "  release(id);" NEW "release(id); release(id);")
relay_mutant(releases_the_bytes_of_all FILE ${store} FINDS "the bytes of history in memory are counted below zero"
  OLD "  release(id);" NEW "bytes_ = 0; release(id);")
relay_mutant(finishes_one_entry_too_many FILE ${follow_up} FINDS "more entries of a batch are done than it had"
  OLD "state_.store.finish(it.request.history);"
  NEW "std::vector<Slice> done = it.request.history; if (!done.empty()) ++done.back().last; state_.store.finish(done);")
relay_mutant(goes_on_saving_what_is_saved FILE ${store} FINDS "a batch is saved that is on disk"
  OLD "if (!std::exchange(stored.saving, false)) continue;" NEW "if (!stored.saving) continue;")
relay_mutant(takes_empty_slices FILE ${queue} FINDS "a slice of history is empty"
  OLD "slice.last = slice.first + count;" NEW "slice.last = slice.first;")
relay_mutant(makes_empty_batches FILE src/deliver/arrivals.cc FINDS "a batch has no entries"
  OLD "batches.back().runs.push_back(std::move(run));" NEW "")
relay_mutant(looks_for_a_message_too_far FILE ${follow_up} FINDS "a slice of history goes beyond its run"
  OLD "outstanding.insert(outstanding.end(), under_way.begin(), under_way.end());"
  NEW "outstanding.insert(outstanding.end(), under_way.begin(), under_way.end()); for (Slice& slice : outstanding) ++slice.last;")
relay_mutant(stores_batches_that_are_done FILE ${store} FINDS "an entry is sent of a batch that is done"
  OLD "for (const HistoryRun& run : stored.batch.runs) stored.left += run.entries.size();" NEW "")
relay_mutant(saves_while_it_saves FILE ${disk} FINDS "a batch is saved twice at a time"
  OLD "if (is_saving() || is_forgetting() || is_syncing()) return SteadyTime::max();" NEW "if (is_forgetting()) return SteadyTime::max();")
relay_mutant(saves_what_is_saved FILE ${store} FINDS "a batch was saved that was on disk"
  OLD "if (stored.on_disk) continue;" NEW "")
relay_mutant(loses_history_that_failed FILE ${follow_up} FINDS "an entry of history is nowhere, or twice"
  OLD "state_.history.put_back(request.history);" NEW "")
relay_mutant(keeps_the_bytes_it_releases FILE ${store} FINDS "the bytes of history in memory are counted wrongly"
  OLD "bytes_ -= text_bytes(found->second.batch);" NEW "")

set(quota src/deliver/quota.cc)
relay_mutant(expects_nothing_of_what_it_sends FILE ${quota} FINDS "live bytes were sent that nobody expects"
  OLD "total_.history += bytes.history;
  live_expected_ = std::max(live_expected_, total_.live);"
  NEW "total_.history += bytes.history;")
relay_mutant(counts_history_in_its_second_only FILE ${quota} FINDS "a second held more than its minute" BY "Quota.GivesHistory*"
  OLD "total_.history += bytes.history;" NEW "")
relay_mutant(counts_all_in_one_second FILE ${quota} FINDS "a request is counted in a second that has passed"
  OLD "newest_ = std::max(newest_, second);" NEW "")
relay_mutant(takes_back_at_the_wrong_time FILE ${follow_up} FINDS "a request comes back before it was sent"
  OLD "if (never_left(event.answer)) throttle_.quota.not_sent(it.request.bytes, it.request.sent_at, state_.now.steady);"
  NEW "if (never_left(event.answer)) throttle_.quota.not_sent(it.request.bytes, state_.now.steady, it.request.sent_at);")
relay_mutant(takes_back_twice FILE ${follow_up} FINDS "more bytes are taken back than were sent"
  OLD "if (never_left(event.answer)) throttle_.quota.not_sent(it.request.bytes, it.request.sent_at, state_.now.steady);"
  NEW "for (int i = 0; i < 2; ++i) if (never_left(event.answer)) throttle_.quota.not_sent(it.request.bytes, it.request.sent_at, state_.now.steady);")
relay_mutant(expects_less_than_was_sent FILE ${quota} FINDS "fewer live bytes are expected than were sent"
  OLD "live_expected_ -= live_expected_ * static_cast<std::uint64_t>(passed) / kForgottenInSeconds;
  live_expected_ = std::max(live_expected_, total_.live);"
  NEW "live_expected_ -= live_expected_ * static_cast<std::uint64_t>(passed) / kForgottenInSeconds;")
relay_mutant(gives_ten_times_the_quota FILE ${quota} FINDS "more history may go than the quota is"
  OLD "std::max(less(limit_, live + total_.history), less(limit_ / kShare, total_.history))"
  NEW "std::max(less(limit_, live + total_.history), less(limit_ * kShare, total_.history))")
relay_mutant(looks_one_second_too_far_back FILE ${quota} FINDS "a second has left the minute and still counts"
  OLD "newest_ - kSeconds + i" NEW "newest_ - kSeconds + i - 1")

relay_mutant(counts_answered_history_as_under_way FILE src/deliver/requests.cc FINDS "nothing is under way, and a request is counted"
  OLD "if (!request.is_main) --history_out_;" NEW "")
relay_mutant(counts_no_history_requests FILE src/deliver/requests.h FINDS "the requests under way are counted wrongly"
  OLD "(request.is_main ? main_is_out_ = true : ++history_out_);" NEW "if (request.is_main) main_is_out_ = true;")
relay_mutant(forgets_what_it_sent FILE ${dispatch} FINDS "a history request has no history"
  OLD "state_.store.sent(kept.history, state_.now.steady + state_.half_window());"
  NEW "state_.store.sent(kept.history, state_.now.steady + state_.half_window()); if (!kept.is_main) kept.history.clear();")
relay_mutant(sends_two_live_requests FILE ${dispatch} FINDS "two live requests are under way"
  OLD "if (state_.requests.main_is_out()) return false;"
  NEW "if (state_.requests.main_is_out() && !state_.live.has_suspects() && !state_.live.has_sendable()) return false;")
relay_mutant(takes_history_for_the_main_request FILE ${dispatch} FINDS "two main requests are under way"
  OLD "state_.act(std::move(action));" NEW "if (state_.requests.main_is_out()) kept.is_main = true; state_.act(std::move(action));")
relay_mutant(sends_a_request_of_nothing FILE ${dispatch} FINDS "a request is empty"
  OLD "if (request.live.empty() && request.history.empty()) return false;" NEW "")
relay_mutant(lets_values_wait_for_ever FILE src/deliver/state.cc FINDS "what is sent now may stay unsaved for too long"
  OLD "std::min(now.steady, since + half_window())" NEW "since + half_window()")
relay_mutant(keeps_more_than_it_may_load FILE src/deliver/state.cc FINDS "memory would keep more history than it may load" BY "DeliveryTest.MemoryKeepsNoMore*"
  OLD "std::min(options.loaded_bytes_max, options.batch_bytes_max * (options.in_flight_max + 1))"
  NEW "options.loaded_bytes_max + options.batch_bytes_max * (options.in_flight_max + 1)")

relay_mutant(puts_history_before_what_waits FILE src/deliver/archive_gate.cc FINDS "history waits for the archive out of its order"
  OLD "held_.push_back(std::move(held));" NEW "held_.push_front(std::move(held));")
relay_mutant(forgets_how_far_the_archive_was FILE src/deliver/delivery_impl.h FINDS "the archive has less than it had"
  OLD "archive_.written(event.upto);" NEW "archive_.written(event.upto); archive_.written(0);")
relay_mutant(waits_for_the_archive_alone FILE src/deliver/archive_gate.cc FINDS "history waits for the archive beyond its time"
  OLD "(has(held_.front().position) || held_.front().until <= now)" NEW "has(held_.front().position)")
relay_mutant(waits_twice_as_long_for_the_archive FILE src/deliver/delivery.cc FINDS "history would wait too long for the archive"
  OLD "std::max(history.since + wait, state_.now.steady + wait / 2)" NEW "history.since + 2 * wait")
relay_mutant(forgets_the_archive_at_the_end FILE src/deliver/delivery.cc FINDS "the drain is over, and history waits for the archive"
  OLD "state_.drain_is_over() ? SteadyTime::max() - std::chrono::seconds(1) : state_.now.steady" NEW "state_.now.steady")
relay_mutant(grants_in_trouble FILE src/deliver/delivery.cc
  OLD "!disk_.in_trouble() && !much_waits" NEW "!much_waits"
  FINDS "somebody else may write while what waits is on disk" BY "DeliveryTest.Grants*")

relay_mutant(counts_a_block_too_long FILE src/deliver/safety.h FINDS "a block comes whose messages came before"
  OLD "std::max<Sequence>(block.messages, 1) - 1" NEW "std::max<Sequence>(block.messages, 1) + 1")
relay_mutant(opens_what_was_safe FILE src/deliver/safety.h FINDS "what was safe is open again"
  OLD "return block.first_sequence;" NEW "return block.first_sequence > 1 ? block.first_sequence - 1 : 1;")
relay_mutant(is_ahead_of_what_came FILE src/deliver/safety.h FINDS "what has not come yet is safe"
  OLD "std::min(came_upto_, lowest_open - 1)" NEW "lowest_open - 1")
relay_mutant(keeps_letters_that_were_stored FILE src/deliver/unsafe_letters.cc FINDS "a letter waits that was stored"
  OLD "std::exchange(waiting_, kNoSequence)" NEW "waiting_")
relay_mutant(syncs_for_nobody FILE ${disk} FINDS "the disk syncs, and nobody wants it" BY "DeliverySafetyTest.*"
  OLD "sync_.is_wanted() && !is_syncing() && !is_saving() && !is_forgetting()"
  NEW "!is_syncing() && !is_saving() && !is_forgetting()")
relay_mutant(ends_a_sync_too_early FILE ${disk} FINDS "a sync has ended, and goes on"
  OLD "sync_.succeed();" NEW "")
relay_mutant(syncs_while_it_saves FILE ${disk} FINDS "the disk syncs while rows are written"
  OLD "sync_.is_wanted() && !is_syncing() && !is_saving()" NEW "sync_.is_wanted() && !is_syncing()")
relay_mutant(forgets_that_it_syncs FILE src/deliver/disk_sync.h FINDS "a sync has ended that nobody began"
  OLD "job_.start();" NEW "")
relay_mutant(saves_while_it_syncs FILE ${disk} FINDS "rows are saved while the disk syncs"
  OLD "is_saving() || is_forgetting() || is_syncing()" NEW "is_saving() || is_forgetting()")
relay_mutant(never_catches_up FILE src/coalesce/live_values_disk.cc FINDS "live values wait for a replay that has ended"
  OLD "is_behind_ = false;" NEW "")
relay_mutant(forgets_while_it_syncs FILE ${disk} FINDS "rows are forgotten while the disk syncs"
  OLD "is_saving() || is_syncing()" NEW "is_saving()")
relay_mutant(gives_batches_no_number FILE src/deliver/history_store.cc FINDS "history that is not safe has no number"
  OLD "stored.unsafe_since = first;" NEW "stored.unsafe_since = 0;")
relay_mutant(fears_for_what_is_done FILE src/deliver/history_store.cc FINDS "a batch is done, and counts as unsafe"
  OLD "if (stored.left == 0) stored.unsafe_since = kNoSequence;" NEW "")
relay_mutant(tells_the_end_of_a_replay_first FILE src/deliver/replay_news.cc FINDS "a replay ends before it was told of" BY "ReplayNews.*"
  OLD "std::exchange(said_.fell_behind, false)" NEW "newest < said_.caught_up_with && std::exchange(said_.fell_behind, false)")
