# Bugs that an invariant of src/coalesce finds.

relay_mutant(counts_settlings_wrongly FILE src/coalesce/stragglers.cc FINDS "the stragglers of a path are counted wrongly"
  OLD "--path->second.expected;" NEW "path->second.expected = 0;")
relay_mutant(drops_a_value_that_has_to_wait FILE src/coalesce/live_values.cc FINDS "a live value waits, and nothing will send it"
  OLD "queue_.park(slot);" NEW "")
