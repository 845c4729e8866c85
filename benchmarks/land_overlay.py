"""Parcels over permanent basic farmland and a land survey of the same size: seconds and memory.

    python benchmarks/land_overlay.py [--parcels 500000] [--workers 2]

Fields of 100 m by 70 m in rows with a lane after every tenth; both layers are copies of which each
corner is moved by a metre and a half, as maps of different years differ. Every field so meets nine
polygons of each layer and is truly cut by most of them. One line for each step.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from farmland import areas, clues, land, layers, overlay, rules
from farmland.io import land_layers

PLANE = "EPSG:4526"
EAST, NORTH = 38_500_000, 3_850_000
WIDTH, HEIGHT, LANE, EVERY = 100.0, 70.0, 6.0, 10
PORTION = 50_000
SHIFT_M = 1.5
PATCHES = 20
"""One patch on so many parcels: the middle of the parcel, over its borders on two sides."""

Answer = TypeVar("Answer")


def fields(count: int, shift: float, seed: int) -> NDArray[np.object_]:
    """Quadrangles in rows, ``shift`` metres of noise on every corner but the same fields."""
    side = int(np.ceil(np.sqrt(count)))
    rows, columns = np.divmod(np.arange(count), side)
    common, own = np.random.default_rng(1), np.random.default_rng(seed)
    grid = (side + 1, side + 1)
    offset = common.normal(0, 3, (2, *grid)) + own.normal(0, shift, (2, *grid))
    corners = []
    for down, right in ((0, 0), (0, 1), (1, 1), (1, 0)):
        row, column = rows + down, columns + right
        x = EAST + column * WIDTH + columns // EVERY * LANE + offset[0, row, column]
        y = NORTH + row * HEIGHT + rows // EVERY * LANE + offset[1, row, column]
        corners.append(np.stack([x, y], axis=-1))
    return np.asarray(shapely.polygons(np.stack(corners, axis=1)), object)


def files(folder: Path, count: int) -> tuple[str, str]:
    """Both layers as GeoPackages, with the fields of the standards that matter here."""
    number = np.arange(count).astype(str)
    codes = np.resize(["0101", "0102", "0103", "0201", "1104"], count)
    pbf = {"YJJBNTTBBH": np.char.add("3701120010010", number), "SJNF": 2024, "YJJBNTMJ": 1.0}
    survey = {"BSM": number, "DLBM": codes, "KCXS": 0.06, "TBMJ": 1.0, "TBDLMJ": 1.0}
    protected = np.arange(count) % 10 < 8
    for name, columns, seed, held in (
        ("YJJBNTBHTB", pbf, 2, protected),
        ("DLTB", survey, 3, np.ones(count, bool)),
    ):
        frame = gpd.GeoDataFrame(columns, geometry=fields(count, SHIFT_M, seed), crs=PLANE)
        frame[held].to_file(folder / f"{name}.gpkg", layer=name)
    return str(folder / "YJJBNTBHTB.gpkg"), str(folder / "DLTB.gpkg")


def found_on(shapes: NDArray[np.object_]) -> gpd.GeoDataFrame:
    """The layer ``conversions`` with a pond on every twentieth parcel."""
    rows = np.arange(0, shapes.size, PATCHES)
    left, bottom, right, top = shapely.bounds(shapes[rows]).T
    ponds = shapely.box(left + 20, bottom + 10, right + 15, top + 12)
    geometry = gpd.GeoSeries(shapely.multipolygons(ponds, indices=np.arange(rows.size)), crs=PLANE)
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
    shapes: NDArray[np.object_], sheets: list[overlay.Sheet], crs: CRS, workers: int
) -> tuple[int, float]:
    """Number of pieces, and the most ground that is lost of a parcel; portions are let go."""
    pieces, lost = 0, 0.0
    for first in range(0, shapes.size, PORTION):
        part = shapes[first : first + PORTION]
        made = overlay.cut(part, sheets, crs, workers)
        sums = np.bincount(made.shape, shapely.area(made.geometry), part.size)
        pieces, lost = pieces + made.shape.size, max(lost, np.abs(sums - shapely.area(part)).max())
    return pieces, lost


def timed(what: str, function: Callable[[], Answer]) -> Answer:
    """Do something and print how long it took, and the most memory held up to then."""
    start, busy = time.perf_counter(), time.process_time()
    answer = function()
    seconds, busy = time.perf_counter() - start, time.process_time() - busy
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    sys.stdout.write(f"{what:<48} {seconds:6.1f} s {busy:6.1f} s CPU  peak {held:5.2f} GB\n")
    sys.stdout.flush()
    return answer


def main() -> None:
    """Print one line for each step."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--parcels", type=int, default=500_000)
    words.add_argument("--workers", type=int, default=2)
    asked = words.parse_args()
    count, workers, known = asked.parcels, asked.workers, rules.load("cn")
    shapes = fields(count, 0.0, 1)
    crs = CRS.from_user_input(PLANE)
    overlay.sheet(shapes[:2], crs, 1)  # kernels are compiled
    with tempfile.TemporaryDirectory() as folder:
        pbf, survey = files(Path(folder), count)
        given = timed(
            f"read both layers, {count} polygons and 8 of 10",
            lambda: {
                "pbf": land_layers.read("pbf", pbf),
                "survey": land_layers.read("survey", survey),
            },
        )
    grounds: dict[str, Any] = timed("make them ready", lambda: {
        kind: land.laid(land.told(one, known), np.asarray(one.frame.geometry.array, object),
                        shapes, crs, workers)
        for kind, one in given.items()
    })  # fmt: skip
    sheets = [one.sheet for one in grounds.values()]
    timed(
        "ground that parcels share with both, not cut",
        lambda: [overlay.shared_m2(shapes, one, crs, workers) for one in sheets],
    )
    made_, lost = timed(
        "all parcels cut along both, piece by piece", lambda: cut(shapes, sheets, crs, workers)
    )
    sys.stdout.write(f"  {made_} pieces; most ground lost of a parcel: {lost:.6f} m²\n")
    patches = found_on(shapes)
    rows = np.arange(0, count, PATCHES)
    own = land.told_of_places(np.full(count, "", object))
    made = timed(
        f"layer overlay of {len(patches)} patches",
        lambda: clues.told(patches, grounds, own, rows, known, workers, is_pbf=False),
    )
    sums = made.overlay.groupby("patch_id")["area_m2"].sum().round(2)
    same = (sums.to_numpy() == made.conversions["area_m2"].to_numpy()).all()
    sys.stdout.write(f"  {len(made.overlay)} parts; adding up to the cent: {same}\n")


if __name__ == "__main__":
    main()
