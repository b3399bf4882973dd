# Bugs that an invariant of src/deliver finds.

relay_mutant(forgets_while_it_saves FILE src/deliver/disk.cc FINDS "rows are forgotten while others are saved"
  OLD "if (is_saving() || !forget_.may_start(state_.now.steady)) return;" NEW "if (!forget_.may_start(state_.now.steady)) return;")
relay_mutant(is_well_with_batches_on_disk_only FILE src/deliver/disk.cc FINDS "all is well, and the disk has something"
  OLD "return unloaded_ == 0 && !is_saving() && state_.live.rows_on_disk() == 0 && !state_.store.any_on_disk();"
  NEW "return !is_saving() && state_.live.rows_on_disk() == 0 && !state_.store.any_on_disk();")
relay_mutant(sends_more_than_it_may FILE src/deliver/dispatch.cc FINDS "more requests are under way than may be"
  OLD "state_.requests.history_out() >= out_max" NEW "state_.requests.history_out() > out_max")
relay_mutant(counts_waiting_bytes_wrongly FILE src/deliver/history_queue.cc FINDS "the bytes of history that wait are counted wrongly"
  OLD "waiting_.push_back(slice);
  waiting_bytes_ += store_.bytes_of(slice);"
  NEW "waiting_.push_back(slice); waiting_bytes_ += 2 * store_.bytes_of(slice);")
relay_mutant(counts_no_history_requests FILE src/deliver/requests.h FINDS "the requests under way are counted wrongly"
  OLD "(request.is_main ? main_is_out_ = true : ++history_out_);" NEW "if (request.is_main) main_is_out_ = true;")
