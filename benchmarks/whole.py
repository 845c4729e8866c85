"""The whole of ``detect`` against decoding alone: ``python benchmarks/whole.py``.

The limit is the CPU time in which GDAL decodes every tile that holds farmland, of every band, on
every date: what a reader pays that asks no classification first. Sparse reading must pay for the
analysis. Start-up, compiling and writing stand apart; kernels are compiled ahead of the clock.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import geopandas as gpd
import numpy as np
import rasterio
from limit import burnt
from rasterio.windows import Window as Part
from record import Table, write
from speed import county

from farmland import flow
from farmland.grid import Window
from farmland.periods import Period
from farmland.plan import Plan
from farmland.scene import BANDS

THREADS = 2
AFTER = "2023"
PAST = {"36 months": "2021/2022", "24 months": "2022"}
"""Histories by the length of the record; the longest is all that the county has."""


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of one run."""

    wall: float
    cpu: float


def spent(call: Callable[[], Any]) -> Spent:
    """Run something once."""
    wall, cpu = time.perf_counter(), time.process_time()
    call()
    return Spent(time.perf_counter() - wall, time.process_time() - cpu)


def tiles(place: Path, plan: Plan) -> Iterator[tuple[str, list[Part]]]:
    """Every file of a county in the periods of a plan, with its tiles that hold farmland."""
    parcels = gpd.read_file(place / "parcels.gpkg")
    layer = flow.read_parcels(plan)
    assert plan.history is not None
    assert plan.after is not None
    found = flow.search(plan, layer, Period(plan.history.start, plan.after.end))
    masks: dict[tuple[Window, tuple[int, int]], list[Part]] = {}
    for scene in found:
        for band in ("scl", *BANDS):
            href = scene.assets[band].href
            with rasterio.open(href) as file:
                key = Window.around(*file.bounds), file.block_shapes[0]
                if key not in masks:
                    masks[key] = _parts(burnt(parcels, key[0]), file)
            yield href, masks[key]


def _parts(mask: np.ndarray, file: Any) -> list[Part]:
    """Tiles of a file that hold a pixel of farmland; the mask has pixels of 10 m."""
    finer = mask.shape[0] // file.height
    height, width = file.block_shapes[0]
    parts = []
    for row in range(0, file.height, height):
        for column in range(0, file.width, width):
            own = mask[row * finer : (row + height) * finer, column * finer :][:, : width * finer]
            if own.any():
                size = min(width, file.width - column), min(height, file.height - row)
                parts.append(Part(column, row, *size))
    return parts


def decode(files: list[tuple[str, list[Part]]]) -> None:
    """Decode all tiles, on as many threads as ours: two of one core slow each other down."""
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(_decode, files))


def _decode(file: tuple[str, list[Part]]) -> None:
    href, parts = file
    with rasterio.open(href) as source:
        for part in parts:
            source.read(1, window=part)


def measure(size: int, history: str, folder: Path, rounds: int) -> list[str | int | float]:
    """One row: ours and the limit in turns."""
    place = county(size, folder)
    with tempfile.TemporaryDirectory() as out:
        plan = Plan(
            parcels=str(place / "parcels.gpkg"),
            catalog=str(place / "catalog.json"),
            out=str(Path(out, "county.gpkg")),
            offline=True,
            workers=THREADS,
            after=Period.parse(AFTER),
            before=Period.parse(PAST[history]),
            history=Period.parse(PAST[history]),
        )
        files = list(tiles(place, plan))
        limits, ours, results = [], [], []
        for _ in range(rounds):
            limits.append(spent(lambda: decode(files)))
            ours.append(spent(lambda: results.append(flow.detect(plan, _quiet))))
        writing = spent(lambda: flow.deliver(results[-1], plan.out, "en"))
    cpu, limit = (median(one.cpu for one in runs) for runs in (ours, limits))
    wall = median(one.wall for one in ours)
    parcels = len(results[-1].parcels)
    return [
        f"{size / 1000:g} x {size / 1000:g} km, {history}",
        parcels,
        len(files) // (len(BANDS) + 1),
        f"{limit:.1f}",
        f"{cpu:.1f}",
        f"{cpu / limit:.2f}",
        f"{wall:.1f}",
        f"{writing.wall:.1f}",
    ]


def _quiet(_stage: str, _done: int, _total: int) -> None:
    """Tell nobody."""


def started() -> list[list[str]]:
    """Seconds of start-up, and of the first run of a fresh installation on the bundled sample."""
    rows = []
    with tempfile.TemporaryDirectory() as caches:
        for name, words in (("--help", ["--help"]), ("demo, kernels compiled anew", ["demo"])):
            where = ["--out", str(Path(caches, "demo"))] if words == ["demo"] else []
            command = [sys.executable, "-m", "farmland", *words, *where]
            begun = time.perf_counter()
            subprocess.run(
                command, check=True, capture_output=True, env={"NUMBA_CACHE_DIR": caches}
            )
            rows.append([name, f"{time.perf_counter() - begun:.1f}"])
    return rows


def main() -> None:
    """Measure, print and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[5000, 10_000])
    parser.add_argument("--folder", type=Path, default=Path("benchmarks/.counties"))
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    measure(given.sizes[0], "36 months", given.folder, 1)  # compiles the kernels
    cases = [(size, "36 months") for size in given.sizes] + [(given.sizes[-1], "24 months")]
    rows = [measure(size, past, given.folder, given.rounds) for size, past in cases]
    columns = (
        "county",
        "parcels",
        "scenes",
        "limit, CPU s",
        "detect, CPU s",
        "detect / limit",
        "detect, wall s",
        "writing, wall s",
    )
    for row in [columns, *rows]:
        print(*row, sep="\t")
    write(
        "whole",
        "The whole of detect against decoding alone",
        "python benchmarks/whole.py",
        [Table("", columns, rows), Table("Start", ("command", "seconds"), started())],
    )


if __name__ == "__main__":
    main()
