"""Instructions per message, by callgrind: the same on a noisy machine, so that a regression shows as a difference."""
import re
import shutil
import subprocess

from .processes import Failed
from .results import Result, absent

PATHS = (("classify", "block -> fragments, with history"), ("live", "block -> fragments, live only"),
         ("wire", "Redis' bytes -> block -> fragments, with history"), ("store", "batch of history -> what the outbox stores"))


def count(options, stage, kind, rounds):
    done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
                           options.program("bench", "replay"), stage, kind, str(rounds)],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, text=True)
    messages = re.search(r"^(\d+) messages", done.stdout, re.M)
    collected = re.search(r"Collected : (\d+)", done.stdout)
    if done.returncode != 0 or not messages or not collected:
        raise Failed(f"valgrind: {done.stdout[-500:]}")
    return int(collected[1]), int(messages[1])


def rows(options):
    if not shutil.which("valgrind"):
        return [absent("instructions", "instructions per message", "valgrind is not installed")]
    results = []
    for kind in ("price", "order"):
        for path, what in PATHS:
            few, few_messages = count(options, path, kind, 1)
            many, many_messages = count(options, path, kind, options.pick(6, 2))
            per_message = (many - few) / (many_messages - few_messages)
            results.append(Result(f"instructions-{path}-{kind}", f"{kind}: {what}", f"{per_message:,.0f}"))
    return results
