"""Parcels over two layers of land of the same size: ``python benchmarks/land_overlay.py``.

The parcels are those of ``parcel_layer.py``, without faults. Permanent basic farmland and the land
survey are copies of them of which every vertex lies a metre and a half elsewhere, as on maps of
different years, so that nearly every parcel is truly cut by nine neighbours of each layer.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import shapely
from numpy.typing import NDArray
from parcel_layer import CRS, outlines
from record import Table, write

from farmland import areas, layers, rules
from farmland.io import land_layers, parcels
from farmland.land import cadastre, clues, overlay

COUNT = 500_000
SHIFT_M = 1.5
PORTION = 10_000
"""Parcels whose pieces are held at a time."""

CUT = 100_000
"""Parcels that are cut, all of them: a run cuts only what it found."""

EVERY = 20
"""One patch on so many parcels."""

Shapes = NDArray[np.object_]
Answer = TypeVar("Answer")


def elsewhere(shapes: Shapes, seed: int) -> Shapes:
    """The same shapes with every vertex moved; the vertices of neighbours move together."""

    def moved(points: NDArray[np.float64]) -> NDArray[np.float64]:
        mixed = np.sin(points @ np.array([[12.9898, 39.3461], [78.233, 11.1357]]) + seed) * 43758.5
        return points + (mixed - np.floor(mixed) - 0.5) * 2 * SHIFT_M

    return np.asarray(shapely.transform(shapes, moved), object)


def make(folder: Path, count: int) -> None:
    """Write the parcels and both layers, with the fields of the standards that matter here."""
    shapes = outlines(round(count**0.5), np.random.default_rng(1))
    number = np.arange(shapes.size).astype(str).astype(object)
    codes = np.resize(np.array(["0101", "0102", "0103", "0201", "1104"], object), shapes.size)
    pbf = {"YJJBNTTBBH": "3701120010010" + number, "SJNF": 2024, "YJJBNTMJ": 1.0}
    survey = {"BSM": number, "DLBM": codes, "KCXS": 0.06, "TBMJ": 1.0, "TBDLMJ": 1.0}
    save(folder / "parcels.gpkg", {"parcel_id": number}, shapes)
    save(folder / "YJJBNTBHTB.gpkg", pbf, elsewhere(shapes, 0))
    save(folder / "DLTB.gpkg", survey, elsewhere(shapes, 1))


def save(path: Path, columns: dict[str, Any], shapes: Shapes) -> None:
    """Write a layer called like its file."""
    frame = gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)
    pyogrio.write_dataframe(frame, path, layer=path.stem)


def found_on(shapes: Shapes) -> gpd.GeoDataFrame:
    """The layer ``conversions`` with a pond on every twentieth parcel, over its borders too."""
    rows = np.arange(0, shapes.size, EVERY)
    left, bottom, right, top = shapely.bounds(shapes[rows]).T
    ponds = shapely.box(left + 20, bottom + 10, right + 15, top + 12)
    geometry = gpd.GeoSeries(shapely.multipolygons(ponds, indices=np.arange(rows.size)), crs=CRS)
    frame = gpd.GeoDataFrame(
        {
            "patch_id": [f"{row:012x}" for row in rows],
            "parcel_id": rows.astype(str),
            "conversion": "non_grain",
            "cover": "pond",
            "date_from": pd.Timestamp("2025-05-01"),
            "date_to": pd.Timestamp("2025-06-01"),
            "area_m2": areas.ellipsoidal(geometry),
        },
        geometry=geometry,
    )
    return layers.coerce(layers.CONVERSIONS, frame)


def cut(
    shapes: Shapes, sheets: list[overlay.Sheet], crs: pyproj.CRS, workers: int
) -> tuple[int, float]:
    """Number of pieces, and the most ground that is lost of a parcel; portions are let go."""
    pieces, lost = 0, 0.0
    for first in range(0, shapes.size, PORTION):
        part = shapes[first : first + PORTION]
        made = overlay.cut(part, sheets, crs, workers)
        sums = np.bincount(made.shape, shapely.area(made.geometry), part.size)
        pieces += made.shape.size
        lost = max(lost, float(np.abs(sums - shapely.area(part)).max()))
    return pieces, lost


def timed(rows: list[list[Any]], what: str, work: Callable[[], Answer]) -> Answer:
    """What a piece of work gives; what it took is a row of the table."""
    begun, used = time.perf_counter(), time.process_time()
    answer = work()
    taken = [time.perf_counter() - begun, time.process_time() - used]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    rows.append([what, *(round(one, 1) for one in taken), round(peak), ""])
    return answer


def measured(count: int, workers: int) -> list[list[Any]]:
    """One row for each step."""
    known, crs, rows = rules.load("cn"), pyproj.CRS.from_epsg(CRS), list[list[Any]]()
    overlay.sheet(outlines(2, np.random.default_rng(1)), crs, 1)  # kernels are compiled
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "--make", folder, "--count", str(count)]
        subprocess.run(command, check=True)
        field = timed(rows, "read the parcels", lambda: parcels.read(f"{folder}/parcels.gpkg"))
        given = timed(
            rows,
            "read both layers",
            lambda: {
                "pbf": land_layers.read("pbf", f"{folder}/YJJBNTBHTB.gpkg"),
                "survey": land_layers.read("survey", f"{folder}/DLTB.gpkg"),
            },
        )
    rows[-1][-1] = f"{len(field):,} polygons each"
    shapes = np.asarray(field.frame.geometry, object)
    grounds = timed(
        rows,
        "make them ready",
        lambda: {
            kind: cadastre.laid(
                cadastre.told(one, known), np.asarray(one.frame.geometry), shapes, crs, workers
            )
            for kind, one in given.items()
        },
    )
    sheets = [one.sheet for one in grounds.values()]
    met = timed(
        rows,
        "how much of each parcel lies on what",
        lambda: [overlay.shared_m2(shapes, one, crs, workers)[0].size for one in sheets],
    )
    rows[-1][-1] = f"{sum(met):,} pairs share ground; nothing is cut"
    pieces, lost = timed(
        rows,
        f"{min(CUT, shapes.size):,} whole parcels cut along both",
        lambda: cut(shapes[:CUT], sheets, crs, workers),
    )
    rows[-1][-1] = f"{pieces:,} pieces; of no parcel more than {lost:.6f} m² is lost"
    found, own = found_on(shapes), cadastre.told_of_places(np.full(shapes.size, "", object))
    at = np.arange(0, shapes.size, EVERY)
    made = timed(
        rows,
        f"layer overlay of {len(found):,} patches",
        lambda: clues.told(found, grounds, own, at, known, workers, is_pbf=False),
    )
    sums = made.overlay.groupby("patch_id")["area_m2"].sum().round(2).to_numpy()
    if not (sums == made.conversions["area_m2"].to_numpy()).all():
        raise AssertionError("parts do not add up to their patches")
    rows[-1][-1] = f"{len(made.overlay):,} parts, which add up to the cent"
    return rows


def main() -> None:
    """Measure, print and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="2,500 parcels, nothing recorded")
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--make", type=Path, help="write the layers into this folder, no more")
    given = parser.parse_args()
    if given.make:
        make(given.make, given.count)
        return
    rows = measured(2500 if given.quick else given.count, given.workers)
    columns = ["step", "seconds", "of a processor", "peak MB", ""]
    for row in [columns, *rows]:
        print(*row, sep="\t")
    if not given.quick:
        note = f"On {given.workers} threads, one step after the other in one process."
        table = Table(f"{given.count:,} parcels, {SHIFT_M:g} m", columns, rows, note)
        command = "python benchmarks/land_overlay.py"
        write("land_overlay", "Parcels over two layers of land", command, [table])


if __name__ == "__main__":
    main()
