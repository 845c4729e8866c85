"""Seconds, peak memory and bytes read of whole runs: ``python benchmarks/speed.py``.

Each run is a process of its own, as a user starts it; memory is that of the process and its
children, looked at ten times a second. The first run of a fresh installation also compiles its
kernels: ``--fresh`` measures that.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psutil
from record import Table, write

from farmland import simulate

YEARS = "2021-01-01"
MONTHS = 36


@dataclass(frozen=True, slots=True)
class Run:
    """What one run took."""

    seconds: float
    peak_mb: float
    parcels: int
    scenes: int
    read_mb: float


def measure(words: list[str], result: Path, caches: Path | None) -> Run:
    """Run ``farmland`` with ``words`` and look at what it takes and what it left."""
    settings = {**os.environ, **({"NUMBA_CACHE_DIR": str(caches)} if caches else {})}
    begun = time.monotonic()
    command = [sys.executable, "-m", "farmland", *words, "-q"]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=settings)
    peak = 0
    while child.poll() is None:
        peak = max(peak, memory_of(child.pid))
        time.sleep(0.1)
    seconds = time.monotonic() - begun
    if child.returncode not in {0, 3}:
        raise SystemExit(f"farmland {' '.join(words)} ended with {child.returncode}")
    with closing(sqlite3.connect(result)) as layers:
        (parcels,) = layers.execute("SELECT count(*) FROM parcels").fetchone()
        scenes, read = layers.execute("SELECT count(*), sum(bytes_read) FROM scenes").fetchone()
    return Run(seconds, peak / 1e6, parcels, scenes, (read or 0) / 1e6)


def memory_of(process: int) -> int:
    """Resident bytes of a process and its children; 0 when it has just ended."""
    try:
        family = psutil.Process(process)
        return sum(one.memory_info().rss for one in [family, *family.children(recursive=True)])
    except psutil.NoSuchProcess:
        return 0


def county(size_m: int, folder: Path) -> Path:
    """A simulated county on disk, made once."""
    place = folder / f"speed-{size_m}"
    if not (place / "truth.gpkg").exists():
        simulate.write(simulate.county(1, size_m=size_m, start=YEARS, months=MONTHS), place)
    return place


def main() -> None:
    """Measure, print and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=10_000, help="side of the county in metres")
    parser.add_argument("--folder", type=Path, default=Path("benchmarks/.counties"))
    parser.add_argument("--fresh", action="store_true", help="compile the kernels anew")
    given = parser.parse_args()
    place = county(given.size, given.folder)
    with tempfile.TemporaryDirectory() as folder:
        caches = Path(folder, "numba") if given.fresh else None
        out = Path(folder)
        demo = measure(["demo", "--out", folder], out / "farmland-demo.gpkg", caches)
        words = ["detect", str(place / "parcels.gpkg"), "--catalog", str(place / "catalog.json")]
        words += ["--offline", "--out", str(out / "county.gpkg")]
        whole = measure(words, out / "county.gpkg", caches)
    side = given.size / 1000
    rows = [
        [name, run.parcels, run.scenes, *map(round, (run.seconds, run.peak_mb, run.read_mb))]
        for name, run in {"demo": demo, f"{side:g} x {side:g} km, {MONTHS} months": whole}.items()
    ]
    table = Table("", ["run", "parcels", "scenes", "seconds", "peak MB", "MB read"], rows)
    for row in [table.columns, *rows]:
        print(*row, sep="\t")
    command = f"python benchmarks/speed.py --size {given.size}{' --fresh' * given.fresh}"
    write("speed", "Speed and memory", command, [table])


if __name__ == "__main__":
    main()
