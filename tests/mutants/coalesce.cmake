# One for each invariant of src/coalesce.

set(row src/coalesce/disk_row.h)
relay_mutant(goes_on_saving_a_row FILE ${row} FINDS "a row is saved twice at a time"
  OLD "std::exchange(saving_, 0)" NEW "saving_")
relay_mutant(has_saved_a_row_twice FILE src/coalesce/live_values_disk.cc FINDS "a row was saved that nobody saved"
  OLD "saving_.push_back(slot);" NEW "saving_.push_back(slot); saving_.push_back(slot);")
relay_mutant(has_forgotten_a_row_twice FILE src/coalesce/live_values_disk.cc FINDS "a row is forgotten that nobody forgot"
  OLD "entry.row.forgotten();" NEW "entry.row.forgotten(); entry.row.forgotten();")

relay_mutant(skips_a_block FILE src/coalesce/block_order.cc FINDS "a block comes that has its turn behind it" BY "BlockOrder.*"
  OLD "++next_number_;" NEW "next_number_ = waiting_.rbegin()->first + 1;")
relay_mutant(keeps_a_seed FILE src/coalesce/repeats.cc FINDS "a history key has no seed" BY "Repeats.Settled*"
  OLD "run.seeds = {};" NEW "if (!run.seeds.empty()) run.seeds.pop_back();")

relay_mutant(finds_no_place_again FILE src/coalesce/acknowledged_history.cc FINDS "a place of history is counted twice" BY "AcknowledgedHistory.*"
  OLD "by_hash_.add(hash, static_cast<std::uint32_t>(places_.size()));" NEW "")

set(stragglers src/coalesce/stragglers.cc)
relay_mutant(settles_the_last_run_too_late FILE src/deliver/delivery.cc FINDS "stragglers are not in the order of their time"
  OLD "state_.live.expect_stragglers(now.steady + state_.options.request_timeout);"
  NEW "state_.live.expect_stragglers(now.steady + 2 * state_.options.request_timeout);")
relay_mutant(remembers_what_was_lost_too_late FILE src/coalesce/live_values.cc FINDS "a lost value has no number"
  OLD "stragglers_.may_stand(sent.slot, entry.text, sent.sequence);"
  NEW "entry.land(); stragglers_.may_stand(sent.slot, entry.text, entry.flight.sequence);")
relay_mutant(forgets_whom_it_expects FILE ${stragglers} FINDS "a straggler is gone that nobody expected"
  OLD "if (path->second.expected == 0) paths_.erase(path);" NEW "paths_.erase(path);")
relay_mutant(counts_settlings_wrongly FILE ${stragglers} FINDS "the stragglers of a path are counted wrongly"
  OLD "--path->second.expected;" NEW "path->second.expected = 0;")

set(values src/coalesce/live_values.cc)
set(rows src/coalesce/live_values_disk.cc)
relay_mutant(saves_values_that_are_saved FILE ${rows} FINDS "a live value is saved that is on disk"
  OLD "if (!entry.is_owed() || entry.row.has_upto(entry.sequence)) continue;" NEW "if (!entry.is_owed()) continue;")
relay_mutant(counts_no_new_row FILE ${rows} FINDS "the rows on disk are counted below zero" BY "LiveValuesTest.*Disk*"
  OLD "if (!had_row && entry.row.is_there()) ++rows_on_disk_;" NEW "")
relay_mutant(erases_a_path_twice FILE src/coalesce/path_table.cc FINDS "a path is erased twice"
  OLD "return erase(slot, entry);" NEW "return erase(slot, entry), erase(slot, entry);")
relay_mutant(lets_a_path_go_with_its_row FILE ${values} FINDS "a path is let go that has a row"
  OLD "if (!is_done || !entry.row.is_clear() || stragglers_.are_expected(slot)) return;"
  NEW "if (!is_done || stragglers_.are_expected(slot)) return;")
relay_mutant(gives_values_no_number FILE src/deliver/delivery.cc FINDS "a live value has no number"
  OLD "update.sequence" NEW "0")
relay_mutant(restores_a_path_twice FILE src/deliver/delivery.cc FINDS "a path was restored twice"
  OLD "state_.live.restore(row, hash_of_path(row.path), ticket, is_order);"
  NEW "for (int i = 0; i < 2; ++i) state_.live.restore(row, hash_of_path(row.path), ticket, is_order);")
relay_mutant(queues_what_is_queued FILE ${values} FINDS "a live value is sent twice at a time" BY "LiveValuesTest.NewestValueWins*"
  OLD "if (std::exchange(entry.status, Status::kWaiting) != Status::kWaiting) queue_or_park(slot, entry);"
  NEW "entry.status = Status::kWaiting; queue_or_park(slot, entry);")
relay_mutant(acknowledges_values_twice FILE src/deliver/follow_up.cc FINDS "a live value is acknowledged that was not sent"
  OLD "state_.live.acknowledge(it.request.live);" NEW "state_.live.acknowledge(it.request.live); state_.live.acknowledge(it.request.live);")
relay_mutant(takes_values_back_twice FILE ${values} FINDS "a live value comes back that was not sent"
  OLD "queue(sent.slot, take_back(sent, lost_until));" NEW "take_back(sent, lost_until); queue(sent.slot, take_back(sent, lost_until));")
relay_mutant(goes_back_to_the_refused_value FILE ${stragglers} FINDS "a refused value is replaced by a newer one"
  OLD "while (!values.empty() && values.back().sequence >= sequence) values.pop_back();" NEW "")
relay_mutant(brings_back_what_nobody_refused FILE ${values} FINDS "a path is settled that waits to be sent"
  OLD "if (entry.status != Status::kRefused || entry.row.is_being_saved()) return false;" NEW "if (entry.row.is_being_saved()) return false;")

# What goes through all of it sees (LiveValues::flaw()).
relay_mutant(parks_a_value_twice FILE ${values} FINDS "a live value is queued twice"
  OLD "queue_.park(slot);" NEW "queue_.park(slot); queue_.park(slot);")
relay_mutant(drops_a_value_that_has_to_wait FILE ${values} FINDS "a live value waits, and nothing will send it"
  OLD "queue_.park(slot);" NEW "")
relay_mutant(queues_suspects FILE ${values} FINDS "a live value is queued that does not wait"
  OLD "group.push_back(sent.slot);" NEW "group.push_back(sent.slot); queue_.add(sent.slot, false);")
relay_mutant(queues_what_is_under_way FILE ${values} FINDS "a live value is under way in no request, or in two"
  OLD "if (entry.status != Status::kInFlight && entry.status != Status::kApart) queue(slot, entry);" NEW "queue(slot, entry);")
relay_mutant(loses_suspects FILE ${values} FINDS "a live value is suspected in no group, or in two"
  OLD "suspects_.add(take_back_apart(sent, lost_until));" NEW "take_back_apart(sent, lost_until);")
relay_mutant(counts_no_restored_row FILE ${values} FINDS "the rows on disk are counted wrongly"
  OLD "++rows_on_disk_;" NEW "")
relay_mutant(owes_what_it_has_given FILE src/coalesce/live_path.h FINDS "a live value is owed to the source, and nobody sends it"
  OLD "sequence <= upto ? 0 : std::max(owed_since, upto + 1)" NEW "std::max(owed_since, upto + 1)")
relay_mutant(catches_up_twice FILE src/deliver/delivery.cc FINDS "live values have caught up that were not behind"
  OLD "state_.live.caught_up(state_.now.steady);" NEW "state_.live.caught_up(state_.now.steady); state_.live.caught_up(state_.now.steady);")

# What the list of live orders may forget: where it is wrong, an order stands in the tree for good.
relay_mutant(forgets_orders_that_a_kill_brings_back FILE src/coalesce/live_orders.cc BY "LiveOrders.*"
  OLD "if (is_unsaved(path)) break;" NEW "")
set(is_to_be_done "return entry.status != Status::kFree && !entry.row.has_upto(entry.sequence);")
relay_mutant(calls_done_what_is_under_way FILE ${rows}
  OLD "${is_to_be_done}" NEW "return entry.is_unsent() && !entry.row.has_upto(entry.sequence);")
relay_mutant(calls_done_what_has_an_older_row FILE ${rows}
  OLD "${is_to_be_done}" NEW "return entry.status != Status::kFree && !entry.row.is_there();")
relay_mutant(calls_done_what_a_straggler_may_undo FILE ${rows} BY "DeliveryTest.LiveValueIsUnsaved*"
  OLD "${is_to_be_done}" NEW "return entry.is_owed() && !entry.row.has_upto(entry.sequence);")
