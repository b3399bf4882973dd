import argparse
import os
import platform
import subprocess
import sys
import time

from . import instructions, peers, results, rows
from .stage import Options, Stage


def machine(options):
    def first(path, key):
        with open(path, encoding="utf-8") as text:
            return next((line.split(":", 1)[1].strip() for line in text if line.startswith(key)), "unknown")
    commit = subprocess.run(["git", "-C", options.root, "describe", "--always", "--dirty"], stdout=subprocess.PIPE, check=False,
                            stderr=subprocess.DEVNULL, text=True).stdout.strip()
    return {"cpu": first("/proc/cpuinfo", "model name"), "cores": os.cpu_count(), "memory": first("/proc/meminfo", "MemTotal"),
            "kernel": platform.release(), "commit": commit, "load_before": os.getloadavg()[0],
            "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}


def chosen(wanted):
    """The groups that hold the rows asked for."""
    if not wanted:
        return dict(rows.GROUPS)
    known = set(rows.GROUPS) | {name for _, names in rows.GROUPS.values() for name in names}
    for name in wanted:
        if name not in known:
            sys.exit(f"scripts/bench: no row is called '{name}'; there are: {', '.join(sorted(known))}")
    return {group: entry for group, entry in rows.GROUPS.items() if group in wanted or set(entry[1]) & set(wanted)}


def run(options, arguments):
    if arguments.instructions:
        return instructions.rows(options)
    groups = chosen(arguments.row)
    if arguments.peers:
        groups = {name: (group, (name,)) for name, group in peers.groups(options.root).items()}
    found = []
    for name, (group, names) in groups.items():
        print(f"-- {name}", file=sys.stderr, flush=True)
        stage = Stage(options)
        try:
            found += group(stage)
        except Exception as error:  # pylint: disable=broad-exception-caught # whatever it was, the other rows are wanted
            what = f"{type(error).__name__}: {error}".replace("\n", " ")[:300]
            found += [results.Result(row, what, "", verdict=results.FAILED) for row in names]
        finally:
            stage.close()
    wanted = set(arguments.row) - set(rows.GROUPS)
    return [result for result in found if not wanted or result.row in wanted or result.verdict == results.FAILED
            or any(result.row in rows.GROUPS[group][1] for group in set(arguments.row) & set(rows.GROUPS))]


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench")
    parser.add_argument("--root", required=True)
    parser.add_argument("--build", required=True)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--row", action="append", default=[])
    parser.add_argument("--repetitions", type=int)
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--instructions", action="store_true")
    arguments = parser.parse_args()
    options = Options(arguments.root, arguments.build, arguments.quick, arguments.repetitions or (1 if arguments.quick else 3))
    about = machine(options)
    found = run(options, arguments)
    if arguments.json:
        print(results.as_json(about, found))
    else:
        print(", ".join(f"{key} {value}" for key, value in about.items()) + "\n")
        print(results.table(found))
    return 1 if any(result.verdict == results.FAILED for result in found) else 0


if __name__ == "__main__":
    sys.exit(main())
