"""What scripts/bench runs: floors and relay in turns, in one run on one machine. Python's standard library only."""
