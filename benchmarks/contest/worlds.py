"""Simulated counties as cases: the default world and shifted ones.

A county is published as a catalog, read by the product's own run, and what that run hands to its
detector is kept. Nothing of the truth is on that way: it is laid over the pixels afterwards.
"""

from __future__ import annotations

import math
import pickle
import tempfile
import threading
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest import mock

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from contest.cases import Case, Truth
from farmland import detect, flow, simulate
from farmland.detect.findings import Findings
from farmland.errors import FarmlandWarning
from farmland.grid import PIXEL_M
from farmland.imagery.stack import Stack
from farmland.periods import Period
from farmland.plan import Periods, Plan
from farmland.simulate import World

START, MONTHS = "2021-01-01", 48
"""Of every record: three years of history and the year after it."""

AFTER, BEFORE = Period.parse("2024"), Period.parse("2022/2023")

ROADS_M, HOUSES_M2 = (8.0, 20.0), (100.0, 3000.0)
"""Wider roads and smaller houses than the simulator's own, so that every size is measured."""

SIZES_M = {"north_china": 4000, "northeast": 5000, "middle_yangtze": 3000, "cloudy_south": 3000}
"""Side of a county: some 1,500 to 2,500 parcels."""

OWN_SHARE = 0.5
"""Share of a pixel that must lie in a true patch for it to be one of its pixels."""


@dataclass(frozen=True, slots=True)
class County:
    """One simulated county of the contest."""

    region: str
    seed: int
    size_m: int
    shifted: bool = False

    @property
    def group(self) -> str:
        """The row of the tables it counts in."""
        return f"{self.region}, shifted" if self.shifted else self.region

    @property
    def world(self) -> World:
        """What is true of it."""
        made = World.shifted(self.seed) if self.shifted else World()
        return replace(made, roads_m=ROADS_M, houses_m2=HOUSES_M2)


def cases(county: County, folder: Path) -> tuple[Case, ...]:
    """The cells of a county with three years of history, from ``folder`` once they were made."""
    kind = "-shifted" if county.shifted else ""
    kept = folder / f"case-{county.region}-{county.seed}-{county.size_m}{kind}.pickle"
    if not kept.exists():
        made = make(county)
        folder.mkdir(parents=True, exist_ok=True)
        part = kept.with_suffix(".part")
        part.write_bytes(pickle.dumps(made, protocol=5))
        part.replace(kept)
        return made
    return tuple(pickle.loads(kept.read_bytes()))  # noqa: S301  # written by this function


def make(county: County) -> tuple[Case, ...]:
    """Simulate a county, read it, and lay the truth over its cells."""
    land = simulate.county(
        county.seed,
        region=county.region,
        size_m=county.size_m,
        start=START,
        months=MONTHS,
        world=county.world,
    )
    with tempfile.TemporaryDirectory() as place:
        catalog = simulate.write(land, place)
        plan = Plan(
            parcels=str(Path(place) / "parcels.gpkg"),
            catalog=str(catalog),
            after=AFTER,
            before=BEFORE,
            workers=1,
        )
        heard = listen(plan)
    rows = {name: row for row, name in enumerate(land.parcels["parcel_id"])}
    truth = land.truth.assign(row=land.truth["parcel_id"].map(rows))
    return tuple(_case(county.group, stack, periods, truth) for stack, periods in heard)


def listen(plan: Plan) -> list[tuple[Stack, Periods]]:
    """Run a plan as the product does; returns what it handed to its detector, cell by cell."""
    heard: list[tuple[Stack, Periods]] = []
    find, lock = detect.find, threading.Lock()

    def between(stack: Stack, periods: Periods, *more: Any) -> Findings:
        with lock:
            heard.append((stack, periods))
        return find(stack, periods, *more)

    with mock.patch.object(detect, "find", between), warnings.catch_warnings():
        warnings.simplefilter("ignore", FarmlandWarning)
        flow.detect(plan, lambda _stage, _done, _total: None)
    return sorted(heard, key=lambda one: one[0].cell.index)


def _case(group: str, stack: Stack, periods: Periods, truth: gpd.GeoDataFrame) -> Case:
    """One cell with what truly happened to its parcels."""
    position = {parcel.row: number for number, parcel in enumerate(stack.cell.parcels)}
    quiet = np.ones(len(position), np.bool_)
    truths = []
    for patch in truth[truth["row"].isin(position)].itertuples():
        parcel = position[patch.row]
        quiet[parcel] = False
        truths.append(
            Truth(
                parcel,
                pixels_of(patch.geometry, parcel, stack),
                patch.cover,
                np.datetime64(patch.onset, "D"),
                patch.area_m2,
                width(patch.geometry) if patch.cover == "road" else math.inf,
            )
        )
    return Case(group, stack, periods, quiet, tuple(truths))


def pixels_of(shape: BaseGeometry, parcel: int, stack: Stack) -> NDArray[np.int64]:
    """Positions of the parcel's pixels of which at least half lies in a shape.

    Where there is none, those of which most does: a patch smaller than a pixel has to be looked for
    somewhere.
    """
    own = np.flatnonzero(stack.parcel == parcel)
    left, top = stack.columns[own] * PIXEL_M, -stack.rows[own] * PIXEL_M
    squares = shapely.box(left, top - PIXEL_M, left + PIXEL_M, top)
    share = shapely.area(shapely.intersection(squares, shape)) / PIXEL_M**2
    if not share.size or share.max() <= 0:
        return own[:0]
    return own[share >= min(OWN_SHARE, share.max())]


def width(shape: BaseGeometry) -> float:
    """Width in metres of a strip: its area over its length."""
    corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(shape))
    length = max(np.hypot(*np.diff(corners[:3], axis=0).T))
    return float(shape.area / length)


def counties(
    regions: Sequence[str], seeds: Sequence[int], *, shifted: bool = False, size_m: int = 0
) -> tuple[County, ...]:
    """A county for each region and seed, of the region's usual size unless another is given."""
    return tuple(
        County(region, seed, size_m or SIZES_M[region], shifted)
        for seed in seeds
        for region in regions
    )
