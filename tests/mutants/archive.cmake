# Each costs the archive an entry, or makes a day look whole that is not, and its tests see it.

relay_mutant(seals_without_a_sync FILE src/archive/seal.cc
  OLD "::fsync(made_.fd()) != 0" NEW "false" BY "ArchivePowerCut.*")
relay_mutant(removes_what_was_not_sealed FILE src/archive/seal.cc
  OLD "::rename(made.c_str(), path_of(FileName::Kind::kSealed).c_str()) != 0" NEW "false" BY "ArchiveKills.*")
relay_mutant(leaves_out_what_was_sealed_before FILE src/archive/seal.cc
  OLD "sealed_.is_open()" NEW "false" BY "ArchiveKills.*")
relay_mutant(writes_behind_half_a_line FILE src/archive/day_file.cc
  OLD "end < size && ::ftruncate(file_.fd(), static_cast<off_t>(end)) != 0" NEW "false" BY "ArchiveKills.*")
relay_mutant(never_syncs_a_day FILE src/archive/day_file.cc
  OLD "!file_.sync()" NEW "false" BY "ArchivePowerCut.*")
relay_mutant(seals_while_a_line_comes FILE src/archive/writer.cc
  OLD "sealing_ && day == sealing_->day()" NEW "false" BY "WriterTest.*:ArchiveKills.*")
relay_mutant(stops_every_day_for_one_that_is_over FILE src/archive/writer.cc
  OLD "return let_wait(*day, file.error(), now);" NEW "return stop(file.error(), now);" BY "WriterTest.*")
relay_mutant(writes_on_into_a_file_that_was_replaced FILE src/archive/day_file.cc
  OLD "is_known && (named.st_dev != written.st_dev || named.st_ino != written.st_ino)" NEW "false"
  BY "WriterTest.*")
relay_mutant(closes_what_was_not_synced FILE src/archive/writer.cc
  OLD "  close(day);
  stop(error, now);" NEW "  files_.clear();
  stop(error, now);" BY "ArchivePowerCut.*")
relay_mutant(forgets_a_hole FILE src/archive/writer.cc
  OLD "if (!plan_.holes().contains(day)) unmarked_holes_.insert(day);" NEW "" BY "WriterTest.*")
relay_mutant(seals_a_day_with_a_hole FILE src/archive/seal_plan.cc
  OLD "at <= now && !holes_.contains(day)" NEW "at <= now" BY "SealPlan.*")
relay_mutant(seals_a_day_that_goes_on FILE src/archive/seal_plan.cc
  OLD "UtcMillis(day + std::chrono::days(1)) + kWait" NEW "UtcMillis(day) + kWait" BY "SealPlan.*")
relay_mutant(says_written_before_it_is FILE src/archive/archive.cc
  OLD "writer_.write(days, read_clocks());" NEW "" BY "WriterTest.*")
relay_mutant(loses_the_queues_lines_unsaid FILE src/archive/archive.cc
  OLD "lost_[lines.day] += lines.lines" NEW "static_cast<std::uint64_t>(0)" BY "WriterTest.*")
relay_mutant(takes_a_day_with_a_hole_for_whole FILE src/archive/whole_days.cc
  OLD "stands(FileName::Kind::kHole)" NEW "false" BY "WholeDaysTest.*")
relay_mutant(takes_a_day_before_the_archive_for_whole FILE src/archive/whole_days.cc
  OLD "first_could_come < *account->made_at" NEW "false" BY "WholeDaysTest.*")
relay_mutant(takes_a_day_without_the_archive_for_whole FILE src/archive/whole_days.cc
  OLD "first_could_come < since_" NEW "false" BY "WholeDaysTest.*")
relay_mutant(forgets_that_messages_come_before_their_day FILE src/archive/whole_days.cc
  OLD "UtcMillis(*day - kAhead)" NEW "UtcMillis(*day)" BY "WholeDaysTest.*")
relay_mutant(takes_half_a_file_for_a_whole_day FILE src/archive/whole_days.cc
  OLD "return at == size;" NEW "return at > 0;" BY "WholeDaysTest.*")
relay_mutant(takes_a_file_of_any_size_for_whole FILE src/archive/whole_days.cc
  OLD "size == sealed_size" NEW "sealed_size.has_value()" BY "WholeDaysTest.*")
relay_mutant(takes_what_stands_behind_damage_for_whole FILE src/archive/folder.cc
  OLD "is_known ? bytes : 0" NEW "bytes" BY "WholeDaysTest.*")
relay_mutant(takes_a_day_with_a_plain_file_for_whole FILE src/archive/whole_days.cc
  OLD "stands(FileName::Kind::kPlain) || account->plain.contains(*day)" NEW "account->plain.contains(*day)"
  BY "WholeDaysTest.*")
relay_mutant(takes_a_day_whose_plain_file_was_taken_away_for_whole FILE src/archive/whole_days.cc
  OLD "stands(FileName::Kind::kPlain) || account->plain.contains(*day)" NEW "stands(FileName::Kind::kPlain)"
  BY "WholeDaysTest.*")
relay_mutant(takes_a_day_with_replayed_lines_for_whole FILE src/archive/whole_days.cc
  OLD "has_replayed_lines(folder_, *day)" NEW "false" BY "WholeDaysTest.*")
relay_mutant(holds_every_day_for_one_that_is_replayed FILE src/archive/whole_days.cc
  OLD "file.day == day && file.kind == FileName::Kind::kReplayed" NEW "file.kind == FileName::Kind::kReplayed"
  BY "WholeDaysTest.*")
relay_mutant(leaves_out_a_replayed_line_of_a_known_day FILE src/archive/replayed_lines.cc
  OLD "!line || !std::binary_search(keys->begin(), keys->end(), key)" NEW "!line" BY "ReplayedLinesTest.*")
relay_mutant(leaves_once_more_what_the_archive_has FILE src/archive/replayed_lines.cc
  OLD "!line || !std::binary_search(keys->begin(), keys->end(), key)" NEW "true" BY "ReplayedLinesTest.*")
relay_mutant(gives_a_file_away_that_a_replay_goes_on_with FILE src/archive/replayed_lines.cc
  OLD "file.lock()" NEW "true" BY "ReplayedLinesTest.*")
relay_mutant(sends_what_a_replay_has_not_synced FILE src/archive/replayed_lines.cc
  OLD "!(*file)->sync()" NEW "false" BY "ArchivePowerCut.*")
relay_mutant(sends_what_stands_in_a_file_without_a_name FILE src/archive/replayed_lines.cc
  OLD "std::exchange(has_new_names_, false)" NEW "false" BY "ArchivePowerCut.*")
relay_mutant(gives_an_entry_twice FILE src/archive/sorted_entries.cc
  OLD "i > 0 && is_same_entry(line_at(places_[i - 1]), line_at(places_[i]))" NEW "false" BY "FilesTest.*")
relay_mutant(gives_an_entry_of_two_runs_twice FILE src/archive/sorted_entries.cc
  OLD "reader->line().path != last_path" NEW "true" BY "FilesTest.*")
relay_mutant(exports_a_day_with_a_hole_as_if_it_were_whole FILE src/archive/reader.cc
  OLD "file.kind == FileName::Kind::kHole" NEW "false" BY "ReaderTest.*")
relay_mutant(takes_a_run_that_cannot_be_read_for_its_end FILE src/archive/sorted_entries.cc
  OLD "error_ = got < 0 ? errno : EIO;" NEW "error_ = 0;" BY "SortedEntriesTest.*")
relay_mutant(believes_a_file_without_its_end FILE src/archive/lines_of_file.cc
  OLD "left != 0 || lines_since_count > 0 || !has_count || !lines.is_between_lines()" NEW "false" BY "FilesTest.*")
relay_mutant(forgets_that_a_power_cut_came FILE src/archive/folder.cc
  OLD "was_running && !is_same_boot" NEW "false" BY "WholeDaysTest.*:ArchivePowerCut.*")
relay_mutant(takes_a_day_with_a_power_cut_for_whole FILE src/archive/whole_days.cc
  OLD "account->cut.contains(*day)" NEW "false" BY "WholeDaysTest.*:ArchivePowerCut.*")
relay_mutant(ends_without_what_a_kill_has_left FILE src/archive/folder.cc
  OLD "!file.is_open() || !file.sync()" NEW "!file.is_open()" BY "ArchivePowerCut.*")
relay_mutant(ends_although_a_hole_has_no_mark FILE src/archive/writer.cc
  OLD "events_.not_marked(names_of(unmarked_holes_));
    return false;" NEW "" BY "WriterTest.*")
