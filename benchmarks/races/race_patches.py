"""Patches of a class raster: small ones dropped, and all of them as polygons.

The raster is a noise over a noise, cut so that three pixels in ten are set: at the largest size
some sixty thousand objects that touch by sides, from one pixel to thousands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import accumulate, chain
from typing import Any

import cc3d
import numpy as np
import pytest
import shapely
from numpy.typing import NDArray
from races.race import Goal
from rasterio.features import shapes, sieve
from scipy.ndimage import gaussian_filter

from farmland.kernels import patches
from farmland.kernels.coverage import LABEL
from farmland.kernels.rings import rings

SIDES = (1024, 2048, 4096)
LEAST = 10
"""Pixels of the smallest patch that is kept."""


def raster(side: int) -> NDArray[np.uint8]:
    """Objects (y, x) without holes of fewer than ``LEAST`` pixels, which the sieve would fill."""
    rng = np.random.default_rng(5)
    wide, near = rng.standard_normal((2, side, side), np.float32)
    noise = gaussian_filter(wide, 3.0) + 0.06 * gaussian_filter(near, 0.7)
    ground = (noise <= np.quantile(noise[::8, ::8], 0.7)).astype(np.uint8)
    return np.asarray(cc3d.dust(ground, LEAST, connectivity=4) == 0).astype(np.uint8)


def kept(values: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The raster without patches of fewer than ``LEAST`` pixels."""
    table = patches.runs(values)
    patch, count = patches.joined(table, False)
    large = patches.areas(table, patch, count) >= LEAST
    value = np.where(large[patch], table[:, LABEL], 0).astype(np.int32)
    return patches.painted(table, value, np.zeros(values.shape, np.uint8))


def polygons(values: NDArray[np.uint8]) -> NDArray[np.object_]:
    """Polygons of the patches, in columns and rows."""
    table = patches.runs(values)
    points, starts, first = rings(table, *patches.joined(table, False))
    return _polygons(points, starts, first)


def polygons_of_gdal(values: NDArray[np.uint8]) -> NDArray[np.object_]:
    """The same by GDAL, whose coordinates are brought to shapely in one go too."""
    found = [outline["coordinates"] for outline, _ in shapes(values, mask=values > 0)]
    lines = list(chain.from_iterable(found))
    points = np.array(list(chain.from_iterable(lines)), np.float64)
    starts = np.fromiter(accumulate(map(len, lines), initial=0), np.int64)
    first = np.fromiter(accumulate(map(len, found), initial=0), np.int64)
    return _polygons(points, starts, first)


def _polygons(
    points: NDArray[np.float64], starts: NDArray[np.int64], first: NDArray[np.int64]
) -> NDArray[np.object_]:
    return np.asarray(
        shapely.from_ragged_array(shapely.GeometryType.POLYGON, points, (starts, first))
    )


def same(_: str, ours: NDArray[np.uint8], theirs: NDArray[np.uint8]) -> None:
    np.testing.assert_array_equal(ours, theirs)


def same_polygons(_: str, ours: NDArray[np.object_], theirs: NDArray[np.object_]) -> None:
    """Point for point, whatever the order and wherever a ring begins."""
    one, other = (sorted(shapely.to_wkb(shapely.normalize(found))) for found in (ours, theirs))
    assert one == other


@pytest.mark.parametrize("side", SIDES)
def test_drop(race: Callable[..., Any], side: int) -> None:
    values = raster(side)
    peers: Mapping[str, Callable[[], object]] = {
        "rasterio sieve": partial(sieve, values, LEAST, connectivity=4),
        "cc3d dust": partial(cc3d.dust, values, LEAST, connectivity=4),
    }
    goals = [Goal("rasterio sieve", 3, 5, by) for by in ("wall", "cpu")]
    race(
        "drop small components",
        f"{side}²",
        ours=partial(kept, values),
        peers=peers,
        equal=same,
        moved=2 * values.nbytes,
        goals=goals if side == SIDES[-1] else (),
    )


@pytest.mark.parametrize("side", SIDES)
def test_polygons(race: Callable[..., Any], side: int) -> None:
    values = raster(side)
    goals = [Goal("rasterio shapes", 1, 3, by) for by in ("wall", "cpu")]
    race(
        "polygons",
        f"{side}²",
        ours=partial(polygons, values),
        peers={"rasterio shapes": partial(polygons_of_gdal, values)},
        equal=same_polygons,
        moved=values.nbytes,
        goals=goals if side == SIDES[-1] else (),
        rounds=5,
    )
