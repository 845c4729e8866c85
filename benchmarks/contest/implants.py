"""Covers set into real quiet series from a day on, as their camera would have seen them.

Two kinds: published spectra that take on the texture, the light and the sky of each scene, mixed
with the field at their rims; and real pixels of the hamlet in the Flemish window, with the sky that
hung over them. The window holds no open water, and its trees have no outline that tells them from
gardens, so neither is moved. Everything follows from ``SEED``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from contest.cases import Case, Truth
from contest.host import DISPLACED_M, Host, coverage, host
from contest.materials import BRIGHTNESS, MATERIALS, PATCHINESS
from contest.outlines import Patch, patches, roads
from contest.real import TILES, flanders, flemish_land, swiss
from farmland.grid import PIXEL_M
from farmland.imagery.stack import NO_DATA, Stack
from farmland.scene import BANDS

SEED = 4
AREAS_M2 = (600.0, 1500.0, 0.0)
"""A house, a yard, and the whole parcel."""
ROADS_M = (12.0, 16.0)

COVERS = {
    "roof": "built",
    "concrete": "built",
    "greenhouse": "greenhouse",
    "water": "pond",
    "solar panel": "solar",
    "asphalt": "road",
}
"""Material to the cover it makes (DESIGN 4)."""

LAKE_M2 = 10_000
"""Area beyond which water is a lake and no pond (DOMAIN 2.5)."""

FLEMISH_ONSETS = ("2019-06-15", "2019-08-01")
"""168 and 121 days before the end."""
ALPINE_ONSETS = ("2020-04-20",)
"""102 days before the end."""

COARSE = np.array([False, False, False, False, True, True])
"""Bands that are seen at 20 m."""

HARDLY_GREEN = 0.5
"""NDVI that houses and yards pass on less than one look in ten."""


class Donors(NamedTuple):
    """Cells of 20 m that may be moved."""

    land: Stack
    cells: NDArray[np.int64]
    """(n, 2, 2) positions in the land of their pixels, down and across."""


def cases(data: Path) -> Iterator[Case]:
    """All implants, some on each case."""
    number = 0
    for quiet, onset in _hosts(data):
        into = host(quiet)
        for material in COVERS:
            sizes = ROADS_M if material == "asphalt" else AREAS_M2
            for size in sizes:
                rng = np.random.default_rng((SEED, number))
                draw = roads if material == "asphalt" else patches
                yield paint(into, draw(quiet, size, rng), material, onset, rng)
                number += 1
    for onset in FLEMISH_ONSETS:
        for area in AREAS_M2:
            rng = np.random.default_rng((SEED, number))
            day = np.datetime64(onset)
            yield move_hamlet(data, patches(flanders(data), area, rng), day, rng)
            number += 1


def _hosts(data: Path) -> Iterator[tuple[Case, np.datetime64]]:
    for onset in FLEMISH_ONSETS:
        yield flanders(data), np.datetime64(onset)
    for tile in TILES:
        for onset in ALPINE_ONSETS:
            yield swiss(data, tile), np.datetime64(onset)


def paint(
    into: Host,
    chosen: list[Patch],
    material: str,
    onset: np.datetime64,
    rng: np.random.Generator,
) -> Case:
    """Set a published spectrum into a case."""
    given = into.case.stack
    since = np.flatnonzero(given.days >= onset.astype(np.int32))
    shifts = rng.normal(0, DISPLACED_M, (since.size, 2))
    values = given.values.copy()
    truths = []
    for patch in chosen:
        pixels, shares = coverage(patch.outline, given, shifts)
        shares = shares[..., COARSE.astype(int)]
        looks = np.ix_(pixels, since)
        own = values[looks].astype(np.float32)
        mixed = (1 - shares) * own + shares * _seen(into, pixels, since, material, rng)
        known = own != NO_DATA
        values[looks] = np.where(known, np.clip(np.rint(mixed), 1, 20000), own)
        wide = patch.outline.area > LAKE_M2
        cover = "lake" if material == "water" and wide else COVERS[material]
        truths.append(_truth(given, patch, cover, onset))
    return _set_in("published covers", into.case, replace(given, values=values), truths)


def _seen(
    into: Host,
    pixels: NDArray[np.int64],
    since: NDArray[np.int64],
    material: str,
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """Counts (n, t, b) of a material that fills these pixels on these looks."""
    bright = np.exp(rng.normal(0, BRIGHTNESS) + rng.normal(0, PATCHINESS, (pixels.size, 1, 1)))
    pure = 1e4 * np.array(MATERIALS[material]) * bright
    lit = pure * into.light[since, None] + into.haze[since]
    seen = np.asarray(lit + into.texture[np.ix_(pixels, since)], np.float32)
    stack = into.case.stack
    cells = np.stack([stack.rows[pixels] // 2, stack.columns[pixels] // 2], axis=1)
    _, cell, size = np.unique(cells, axis=0, return_inverse=True, return_counts=True)
    total = np.zeros((size.size, since.size, int(COARSE.sum())), np.float32)
    np.add.at(total, cell.ravel(), seen[..., COARSE])
    seen[..., COARSE] = (total / size[:, None, None])[cell.ravel()]
    return seen


def move_hamlet(
    data: Path, chosen: list[Patch], onset: np.datetime64, rng: np.random.Generator
) -> Case:
    """Fill the pixels of patches with houses and yards, each look from itself.

    What is moved are cells of 20 m, so that all bands of a pixel come from one place.
    """
    quiet, donors = flanders(data), hamlet(data)
    given, land = quiet.stack, donors.land
    since = np.flatnonzero(given.days >= onset.astype(np.int32))
    moved = {name: getattr(given, name).copy() for name in ("values", "clear", "lonely")}
    truths = []
    for patch in chosen:
        truth = _truth(given, patch, "built", onset)
        rows, columns = given.rows[truth.pixels], given.columns[truth.pixels]
        cells = np.stack([rows // 2, columns // 2], axis=1)
        _, cell = np.unique(cells, axis=0, return_inverse=True)
        donor = rng.integers(0, len(donors.cells), cell.max() + 1)[cell.ravel()]
        source = donors.cells[donor, rows % 2, columns % 2]
        for name, sheet in moved.items():
            sheet[np.ix_(truth.pixels, since)] = getattr(land, name)[np.ix_(source, since)]
        truths.append(replace(truth, area_m2=float(truth.pixels.size * PIXEL_M**2)))
    return _set_in("real yards", quiet, replace(given, **moved), truths)


@lru_cache
def hamlet(data: Path) -> Donors:
    """Cells outside all parcels that are hardly ever green."""
    given, land = flanders(data).stack, flemish_land(data)
    if not np.array_equal(land.days, given.days):
        raise ValueError("the land and its parcels were seen on different days")
    top, left = int(land.rows.min()), int(land.columns.min())
    height, width = int(land.rows.max()) - top + 1, int(land.columns.max()) - left + 1
    free = np.ones((height, width), np.bool_)
    free[given.rows - top, given.columns - left] = False
    red, nir = land.values[..., BANDS.index("red")], land.values[..., BANDS.index("nir")]
    total = np.maximum(red.astype(np.float32) + nir, 1)
    ndvi = np.where(land.clear, (nir.astype(np.float32) - red) / total, np.nan)
    greenest = np.nanquantile(ndvi, 0.9, axis=1).reshape(height, width)
    index = np.arange(height * width).reshape(height, width)
    free, greenest, index = (
        sheet.reshape(height // 2, 2, width // 2, 2).swapaxes(1, 2)
        for sheet in (free, greenest, index)
    )
    built = free.all(axis=(2, 3)) & (greenest.mean(axis=(2, 3)) < HARDLY_GREEN)
    return Donors(land, index[built])


def _truth(given: Stack, patch: Patch, cover: str, onset: np.datetime64) -> Truth:
    pixels, share = coverage(patch.outline, given, np.zeros((1, 2)))
    inside = (share[:, 0, 0] >= 0.5) & (given.parcel[pixels] == patch.parcel)
    area = float(patch.outline.area)
    return Truth(patch.parcel, pixels[inside], cover, onset, area, patch.width_m)


def _set_in(kind: str, quiet: Case, changed: Stack, truths: list[Truth]) -> Case:
    still = quiet.quiet.copy()
    still[[truth.parcel for truth in truths]] = False
    place = quiet.group.split(", ")[1].split(" ")[0]
    return Case(f"{kind} in {place}", changed, quiet.periods, still, tuple(truths))
