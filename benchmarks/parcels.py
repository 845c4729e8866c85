"""A county's parcels from file to file, and areas: ``python benchmarks/parcels.py``.

Every stage is a process of its own that starts from what the stage before left, and tells its
seconds (without loading) and its peak memory; ``all`` is one process from file to file. ``--quick``
does 2,500 parcels and records nothing.
"""

from __future__ import annotations

import argparse
import json
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
from parcel_layer import CRS, make, outlines
from record import Table, write
from shapely.affinity import rotate
from shapely.geometry import Polygon, box

COUNT = 500_000

TOOK = ("seconds", "of a processor")

LATITUDES = (20, 30, 40, 50)

SHAPES: Mapping[str, Any] = {
    "square of 100 m": box(-50, -50, 50, 50),
    "square of 1 km": box(-500, -500, 500, 500),
    "square of 1 km, turned": rotate(box(-500, -500, 500, 500), 30),
    "square of 10 km": box(-5000, -5000, 5000, 5000),
    "strip of 1 km x 20 m to the east": box(-500, -10, 500, 10),
    "strip of 1 km x 20 m to the north": box(-10, -500, 10, 500),
    "triangle of 1 km on its base": Polygon([(-500, 0), (500, 0), (0, 866)]),
    "triangle of 1 km x 50 m on its base": Polygon([(-500, 0), (500, 0), (0, 50)]),
}


# --- stages: each takes the folder, and says what there is to say ---------------------


def read(folder: Path) -> dict[str, Any]:
    from farmland.io import parcels

    layer = timed(lambda: parcels.read(folder / "parcels.gpkg"))
    leave(folder, "read", layer)
    return {"said": f"{len(layer):,} rows, {len(layer.frame.columns)} columns"}


def check(folder: Path) -> dict[str, Any]:
    from farmland import checks, rules

    layer = left(folder, "read")
    report = timed(lambda: checks.check(layer, rules.load("cn")))
    leave(folder, "findings", checks.layer(layer, report.findings))
    return {"said": f"{sum(map(len, report.findings)):,} findings of {len(report.findings)} kinds"}


def label(folder: Path) -> dict[str, Any]:
    layer = left(folder, "read")
    count = timed(lambda: labelled(layer))
    return {"said": f"{count:,} pixels"}


def write_back(folder: Path) -> dict[str, Any]:
    from farmland.io import repaired

    layer, findings = left(folder, "read"), left(folder, "findings")
    timed(lambda: repaired.write(layer, findings, folder / "repaired.gpkg"))
    return {"said": f"{(folder / 'repaired.gpkg').stat().st_size / 1e6:,.0f} MB"}


def everything(folder: Path) -> dict[str, Any]:
    from farmland import checks, rules
    from farmland.io import parcels, repaired

    def run() -> None:
        layer = parcels.read(folder / "parcels.gpkg")
        report = checks.check(layer, rules.load("cn"))
        labelled(layer)
        repaired.write(layer, checks.layer(layer, report.findings), folder / "all.gpkg")

    timed(run)
    return {"said": "from file to file"}


STAGES: Mapping[str, Callable[[Path], dict[str, Any]]] = {
    "read": read,
    "check": check,
    "label": label,
    "write back": write_back,
    "all in one process": everything,
}


def leave(folder: Path, name: str, value: Any) -> None:
    """Leave a value for a later stage."""
    with (folder / f"{name}.pickle").open("wb") as file:
        pickle.dump(value, file)


def left(folder: Path, name: str) -> Any:
    """What an earlier stage left."""
    with (folder / f"{name}.pickle").open("rb") as file:
        return pickle.load(file)  # noqa: S301 - our own file


def labelled(layer: Any) -> int:
    """Pixels of all parcels, counted cell by cell as a detection does."""
    from farmland.tiling import tiles

    every = tiles.cells(tiles.place(layer.frame.geometry))
    return sum(len(tiles.pixels(cell.parcels, 5.0).rows) for cell in every)


TAKEN = {"seconds": 0.0, "processor": 0.0, "peak_mb": 0.0}
"""By the last piece of work."""


def timed(work: Callable[[], Any]) -> Any:
    """What a piece of work gives; what it took is kept."""
    begun, used = time.perf_counter(), time.process_time()
    result = work()
    TAKEN["seconds"] = time.perf_counter() - begun
    TAKEN["processor"] = time.process_time() - used
    TAKEN["peak_mb"] = peak_mb()
    return result


def peak_mb() -> float:
    """Of this program: ``ru_maxrss`` is that of the process which started it where that is more."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    peak = next(line for line in lines if line.startswith("VmHWM:"))
    return int(peak.split()[1]) / 1000


def stage(name: str, folder: Path) -> list[Any]:
    """A row of the table: one stage in a process of its own."""
    command = [sys.executable, __file__, "--stage", name, "--folder", str(folder)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    told = json.loads(answer.stdout.splitlines()[-1])
    taken = [round(told["seconds"], 1), round(told["processor"], 1), round(told["peak_mb"])]
    return [name, *taken, told["said"]]


# --- areas -----------------------------------------------------------------------


def differences() -> list[list[str]]:
    """How far areas by the series lie from those by geodesics, by shape and latitude."""
    from farmland import areas

    rows = []
    for name, shape in SHAPES.items():
        row = [name]
        for latitude in LATITUDES:
            here = f"+proj=laea +lat_0={latitude} +lon_0=114 +ellps=GRS80"
            there = gpd.GeoSeries([shape], crs=here).to_crs(4490)
            series, geodesic = (
                areas.ellipsoidal(there, method)[0] for method in ("series", "geodesic")
            )
            row.append(f"{series / geodesic - 1:+.1e}")
        rows.append(row)
    return rows


def speeds(count: int) -> list[list[Any]]:
    """Seconds for the areas of many polygons, by both methods and by pyproj one by one."""
    from farmland import areas

    shapes = gpd.GeoSeries(outlines(round(count**0.5), np.random.default_rng(1)), crs=CRS)
    degrees = shapes.to_crs(4490)
    geod = areas.GEODS["EPSG:4490"]
    works: dict[str, Callable[[], Any]] = {
        "series, from Gauss-Krüger": lambda: areas.ellipsoidal(shapes, "series"),
        "series, from degrees": lambda: areas.ellipsoidal(degrees, "series"),
        "geodesic, from degrees": lambda: areas.ellipsoidal(degrees, "geodesic"),
        "pyproj.Geod one by one, from degrees": lambda: [
            geod.geometry_area_perimeter(shape) for shape in degrees
        ],
    }
    rows = []
    for name, work in works.items():
        taken = []
        for _ in range(3):
            timed(work)
            taken.append((TAKEN["seconds"], TAKEN["processor"]))
        rows.append([name, f"{len(shapes):,}", *np.min(taken, axis=0).round(2).tolist()])
    return rows


def tables(count: int, folder: Path) -> list[Table]:
    """Everything measured."""
    make(count, folder / "parcels.gpkg")
    rows = [stage(name, folder) for name in STAGES]
    note = (
        "Seconds without starting Python and without loading what the stage before left, on the "
        "clock and of a processor; memory is the peak of the process. The layer has 46 attributes, "
        "20 vertices a parcel and planted faults."
    )
    return [
        Table(
            f"{count:,} parcels", ["stage", "seconds", "of a processor", "peak MB", ""], rows, note
        ),
        Table(
            "Area by the series against area by geodesics, as a share",
            ["outline", *(f"{latitude}° N" for latitude in LATITUDES)],
            differences(),
        ),
        Table(
            "Areas, best of three",
            ["method", "polygons", "seconds", "of a processor"],
            speeds(count // 5),
        ),
    ]


def main() -> None:
    """Measure, print and record; or do one stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="2,500 parcels, nothing recorded")
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--stage", choices=STAGES, help="one stage in this process")
    parser.add_argument("--folder", type=Path, help="where the stages meet")
    given = parser.parse_args()
    if given.stage:
        said = STAGES[given.stage](given.folder)
        print(json.dumps({**TAKEN, **said}))
        return
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        measured = tables(2500 if given.quick else given.count, Path(folder))
    for table in measured:
        print(f"\n{table.title}")
        for row in [table.columns, *table.rows]:
            print(*row, sep="\t")
    if not given.quick:
        write("parcels", "A county's parcels", "python benchmarks/parcels.py", measured)


if __name__ == "__main__":
    main()
