# Each breaks what is remembered of a stream for the next start.

relay_mutant(remembers_a_place_that_a_stream_begun_anew_has_not_reached FILE src/relay/stream_memory.cc BY "StreamMemory*"
  OLD "position.id >= known->id" NEW "true")
relay_mutant(remembers_a_count_that_is_noted_no_more FILE src/relay/stream_memory.cc BY "StreamMemory*"
  OLD "position.entries.has_value() == known->entries.has_value()" NEW "true")
relay_mutant(writes_to_disk_each_time_that_something_is_noted FILE src/relay/stream_memory.cc BY "StreamMemory*"
  OLD "remembered_[stream] = position.position;" NEW "")
