"""Kernels against their peers: ``python benchmarks/kernels.py [FILE ...]``.

Runs the races of ``benchmarks/races``, keeps what pytest-benchmark measured, and writes
``results/kernels.json`` (what was wanted and reached) and ``results/races.json`` (what every
contestant took). Files named are run again; the others keep the rows of the last run.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from record import RESULTS, Table, write

RACES = Path(__file__).resolve().parent / "races"
PEERS = (
    "bottleneck",
    "connected-components-3d",
    "exactextract",
    "geomad",
    "nrt",
    "numexpr",
    "scipy",
    "whittaker-eilers",
    "xarray",
)
COMMAND = "python benchmarks/kernels.py"
WANTED = ("stage", "size", "against", "wall", "CPU", "wanted", "of the limit", "reached")
TIMES = ("stage", "size", "against", "wall", "CPU", "of the limit")
TAKEN = ("stage", "size", "who", "wall ms", "CPU ms", "GB/s", "peak MB", "turns")
ENOUGH = 0.8
"""Share of a limit, measured in the same turns, at which a goal out of reach counts as met."""

GB = 1e9


def run(files: Sequence[Path]) -> list[dict[str, Any]]:
    """The races of some files, as :meth:`races.race.Race.told`."""
    told: list[dict[str, Any]] = []
    for file in files:
        with TemporaryDirectory() as folder:
            answer = Path(folder, "races.json")
            command = [sys.executable, "-m", "pytest", "-q", str(file), "-o", "filterwarnings="]
            subprocess.run([*command, f"--benchmark-json={answer}"], check=True)
            races = json.loads(answer.read_text("utf-8"))["benchmarks"]
        told += [entry["extra_info"]["race"] | {"file": file.stem} for entry in races]
    return told


def goals(race: Mapping[str, Any]) -> list[list[str]]:
    """One row for every goal of a race, or one against every peer where it has none."""
    ours, limit = race["contestants"]["ours"], race["contestants"].get("limit")
    share = limit["wall"] / ours["wall"] if limit else None
    rows = []
    for goal in race["goals"] or _unwanted(race):
        other = race["contestants"][goal["peer"]]
        times = {by: other[by] / max(ours[by], 1e-9) for by in ("wall", "cpu")}
        rows.append(
            [
                race["stage"],
                race["size"],
                "the limit" if goal["peer"] == "limit" else goal["peer"],
                _short(times["wall"]),
                _short(times["cpu"]),
                f"{goal['must']:g} ({goal['stretch']:g}) {goal['by']}" if goal["must"] else "–",
                f"{share:.2f}" if share else "–",
                _reached(goal, times, share) if goal["must"] else "–",
            ]
        )
    return rows


def _reached(goal: Mapping[str, Any], times: Mapping[str, float], share: float | None) -> str:
    """Whether a goal is met, and by what; where the other core is busy, CPU time decides."""
    if goal["by"] != "cpu" and times["wall"] >= goal["must"]:
        return "yes"
    if times["cpu"] >= goal["must"]:
        return "yes" if goal["by"] == "cpu" else "by CPU"
    return "at the limit" if share and share >= ENOUGH else "no"


def _short(times: float) -> str:
    return f"{times:.2f}" if times < 10 else f"{times:.0f}"


def _unwanted(race: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"peer": name, "must": 0} for name in race["contestants"] if name != "ours"]


def seconds(race: Mapping[str, Any]) -> list[list[str]]:
    """One row for every contestant of a race."""
    return [
        [
            race["stage"],
            race["size"],
            name,
            f"{1e3 * one['wall']:.1f}",
            f"{1e3 * one['cpu']:.1f}",
            f"{race['moved'] / one['wall'] / GB:.2f}" if race["moved"] else "–",
            f"{one['peak_bytes'] / 1e6:.0f}",
            str(one["turns"]),
        ]
        for name, one in race["contestants"].items()
    ]


def main(names: Sequence[str]) -> None:
    """Run, keep what was not run again, write."""
    files = [RACES / f"{name}.py" for name in names] or sorted(RACES.glob("race_*.py"))
    kept = _kept({file.stem for file in files})
    races = sorted(kept + run(files), key=lambda race: str(race["file"]))
    for row in (WANTED, *record(races)):
        print(" | ".join(row))


def record(races: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """Write down what was wanted, and on its own page what everybody took; gives the former."""
    wanted = [row for race in races if race["goals"] for row in goals(race)]
    times = [[row[n] for n in (0, 1, 2, 3, 4, 6)] for race in races for row in goals(race)]
    taken = [row for race in races for row in seconds(race)]
    write("kernels", TITLE, COMMAND, [Table("", WANTED, wanted, NOTE)], PEERS)
    tables = [Table("How many times as long others take", TIMES, times)]
    tables += [Table("What everybody took", TAKEN, taken)]
    path = write("races", "Every race", COMMAND, tables, PEERS)
    content = json.loads(path.read_text("utf-8")) | {"races": list(races)}
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return wanted


TITLE = "Kernels against their peers"
NOTE = (
    "Wall and CPU: how many times as long as ours the other takes, medians over turns in which "
    "each runs once, after their answers were found equal. Wanted: must (stretch). "
    "*By CPU*: the second core was busy. *At the limit*: 0.8 of what memory does in the same turns."
)


def _kept(again: set[str]) -> list[dict[str, Any]]:
    path = RESULTS / "races.json"
    if not path.is_file():
        return []
    return [r for r in json.loads(path.read_text("utf-8"))["races"] if r["file"] not in again]


if __name__ == "__main__":
    main(sys.argv[1:])
