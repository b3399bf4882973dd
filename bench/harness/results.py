"""Rows of the table."""
import json
from dataclasses import asdict, dataclass

MET, MISSED, TOLD, ABSENT, FAILED = "met", "MISSED", "told", "not available", "FAILED"


@dataclass
class Result:
    row: str
    what: str
    measured: str
    floor: str = ""
    ratio: str = ""
    target: str = ""
    verdict: str = TOLD


def verdict(is_met):
    return MET if is_met else MISSED


def at_least(row, what, measured, floor, target, unit="", digits=0):
    """measured / floor has to reach `target`."""
    ratio = measured / floor
    return Result(row, what, f"{measured:,.{digits}f}{unit}", f"{floor:,.{digits}f}{unit}", f"{ratio:.2f}",
                  f">= {target}", verdict(ratio >= target))


def at_most(row, what, measured, floor, target, unit="", digits=2):
    ratio = measured / floor
    return Result(row, what, f"{measured:,.{digits}f}{unit}", f"{floor:,.{digits}f}{unit}", f"{ratio:.2f}",
                  f"<= {target}", verdict(ratio <= target))


def limit(row, what, measured, most, unit="", digits=1):
    return Result(row, what, f"{measured:,.{digits}f}{unit}", target=f"<= {most:g}{unit}", verdict=verdict(measured <= most))


def absent(row, what, why):
    return Result(row, what, why, verdict=ABSENT)


COLUMNS = ("row", "what", "measured", "floor", "ratio", "target", "verdict")


def table(results):
    rows = [COLUMNS] + [tuple(asdict(result).values()) for result in results]
    widths = [max(len(row[i]) for row in rows) for i in range(len(COLUMNS))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def as_json(machine, results):
    return json.dumps({"machine": machine, "rows": [asdict(result) for result in results]}, indent=2)
