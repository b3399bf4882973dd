# Each breaks what is decided of a stream's place: what is committed, what was lost, and whether it is still the same stream.

relay_mutant(commits_a_message_too_many FILE src/bus/stream_cursor.cc BY "StreamCursor*"
  OLD "reads_.front().upto <= safe_upto" NEW "reads_.front().upto <= safe_upto + 1")
relay_mutant(counts_what_was_trimmed_again_after_a_start FILE src/bus/stream_cursor.cc BY "StreamCursor*"
  OLD "account(missing);" NEW "")
relay_mutant(takes_a_deleted_entry_for_a_loss FILE src/bus/stream_cursor.cc BY "StreamCursor*"
  OLD "if (!is_trimmed || (has_deleted && missing == 1)) return std::nullopt;" NEW "")
relay_mutant(gives_a_number_to_what_nobody_can_count FILE src/bus/stream_cursor.cc BY "StreamCursor*"
  OLD "has_deleted ? std::nullopt : std::optional(missing)" NEW "std::optional(missing)")
relay_mutant(reads_on_in_a_stream_that_lost_its_end FILE src/bus/stream_cursor.cc BY "StreamCursor*"
  OLD "if (info.last_generated < position.id) return false;" NEW "")
relay_mutant(reads_on_in_another_stream FILE src/bus/stream_cursor.cc BY "StreamCursor*"
  OLD "info.last_generated >= read_.id && is_all_newer(info, looked_)" NEW "true")
relay_mutant(reads_again_what_was_read_as_it_came FILE src/bus/stream_cursor.cc BY "StreamCursor*"
  OLD "is_all_newer(info, looked_)" NEW "false")
relay_mutant(takes_a_group_that_is_gone_for_a_first_start FILE src/bus/stream_cursor.cc BY "StreamCursor*"
  OLD "!group && !before" NEW "!group")
relay_mutant(makes_the_group_where_it_has_read FILE src/bus/stream_cursor.cc BY "StreamCursor*"
  OLD "found.group = Group::kCreate;
    committed_.entries.reset();" NEW "found.group = Group::kCreate; committed_ = read_;")
relay_mutant(commits_what_was_due_of_a_stream_that_is_no_more FILE src/bus/stream_cursor.cc BY "StreamCursor*"
  OLD "reads_.clear();" NEW "")
relay_mutant(tells_a_loss_without_number_again_and_again FILE src/bus/stream_cursor.cc BY "StreamCursor*"
  OLD "lost_before_ = before;" NEW "")
relay_mutant(forgets_the_newest_read FILE src/bus/stream_cursor.cc BY "StreamCursor*"
  OLD "if (reads_.size() % 2 == 1) kept.push_back(reads_.back());" NEW "")
relay_mutant(takes_a_lost_end_for_a_group_that_was_moved FILE src/bus/stream_cursor.cc BY "StreamStart*"
  OLD "found.moved == Moved::kBack && !has_had(info, before->position)" NEW "false")
relay_mutant(passes_over_a_group_that_somebody_made FILE src/bus/stream_cursor.cc BY "StreamStart*"
  OLD "found.moved == Moved::kBack" NEW "(group && before)")
relay_mutant(leaves_the_group_where_the_old_stream_stood FILE src/bus/stream_cursor.cc BY "StreamStart*"
  OLD "committed_ = {};" NEW "committed_.entries.reset();")
relay_mutant(notes_a_place_of_the_stream_that_is_no_more FILE src/bus/stream_cursor.cc BY "StreamStart*"
  OLD "while (!reads_.empty() && is_all_newer(info, reads_.front().position.id)) reads_.pop_front();" NEW "")
relay_mutant(takes_a_group_that_a_hand_has_moved_for_its_own FILE src/bus/stream_cursor.cc BY "StreamCursor*"
  OLD "before.position.entries && !group.entries" NEW "false")
relay_mutant(takes_the_stream_of_another_server_for_its_own FILE src/bus/stream_cursor.cc BY "StreamCursor*"
  OLD "is_same_server && info.first && *info.first <= looked_" NEW "info.first && *info.first <= looked_")
relay_mutant(takes_a_stream_that_was_begun_since_for_its_own FILE src/bus/stream_cursor.cc BY "StreamCursor*"
  OLD "*info.first <= looked_" NEW "*info.first <= read_.id")
