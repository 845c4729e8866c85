"""Kernels against their peers: ``python benchmarks/kernels.py [FILE ...]``.

Runs the races of ``benchmarks/races``, keeps what pytest-benchmark measured and writes
``results/kernels.json``. Files named are run again; the others keep the rows of the last run.
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
COLUMNS = ("stage", "size", "against", "times as fast, wall", "CPU", "wanted", "reached")
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
    """One row for every goal of a race, or one against every peer that has none."""
    ours = race["contestants"]["ours"]
    rows = []
    for goal in race["goals"] or _unwanted(race):
        other = race["contestants"][goal["peer"]]
        wall, cpu = other["wall"] / ours["wall"], other["cpu"] / max(ours["cpu"], 1e-9)
        got = cpu if goal["by"] == "cpu" else wall
        wanted = f"{goal['must']:g} ({goal['stretch']:g}), {goal['by']}" if goal["must"] else "–"
        rows.append(
            [
                race["stage"],
                race["size"],
                "what the memory can do" if goal["peer"] == "limit" else goal["peer"],
                f"{wall:.2f}" if wall < 10 else f"{wall:.0f}",
                f"{cpu:.2f}" if cpu < 10 else f"{cpu:.0f}",
                wanted,
                "–" if not goal["must"] else "yes" if got >= goal["must"] else "no",
            ]
        )
    return rows


def _unwanted(race: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"peer": n, "must": 0, "by": "wall"} for n in race["contestants"] if n != "ours"]


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
    races = sorted(kept + run(files), key=lambda race: (race["file"], race["stage"]))
    tables = [
        Table("Goals", COLUMNS, [row for race in races for row in goals(race)]),
        Table(
            "Seconds",
            ("stage", "size", "who", "wall ms", "CPU ms", "GB/s", "peak MB", "turns"),
            [row for race in races for row in seconds(race)],
        ),
    ]
    path = write(
        "kernels", "Kernels against their peers", "python benchmarks/kernels.py", tables, PEERS
    )
    content = json.loads(path.read_text("utf-8")) | {"races": races}
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", "utf-8")
    for row in tables[0].rows:
        print(" | ".join(str(cell) for cell in row))


def _kept(again: set[str]) -> list[dict[str, Any]]:
    path = RESULTS / "kernels.json"
    if not path.is_file():
        return []
    return [r for r in json.loads(path.read_text("utf-8"))["races"] if r["file"] not in again]


if __name__ == "__main__":
    main(sys.argv[1:])
