"""Fields for races: crooked, of 0.5 to 1 ha, side by side in villages all over a tile."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

VILLAGE = 10
"""Fields along a side of a village."""

FIELD = 8.6
"""Pixels of 10 m along a field: 0.74 ha."""

BENDS = 5
"""Points along a side between two corners; neighbours share them."""


def fields(count: int, side: int, seed: int = 0) -> gpd.GeoSeries:
    """So many fields on a tile of ``side`` pixels of 10 m, its upper left corner at (0, 0)."""
    random = np.random.default_rng(seed)
    villages = -(-count // VILLAGE**2)
    across = int(np.ceil(np.sqrt(villages)))
    free = side / across - VILLAGE * FIELD
    if free < 0:
        raise ValueError(f"{count} fields do not fit on {side} pixels: take fewer")
    place = np.stack(np.divmod(np.arange(villages), across), axis=1) * (side / across)
    place += random.uniform(0, free, place.shape)
    rings = np.concatenate([_village(random) + corner for corner in place])[:count]
    points = rings[..., ::-1].reshape(-1, 2) * [10.0, -10.0]
    owner = np.repeat(np.arange(len(rings)), rings.shape[1])
    shapes = shapely.polygons(shapely.linearrings(points, indices=owner))
    return gpd.GeoSeries(shapes, crs="EPSG:32650")


def _village(random: np.random.Generator) -> NDArray[np.float64]:
    """Closed rings (fields, points, row and column in pixels) of one village."""
    corners = np.stack(np.mgrid[: VILLAGE + 1, : VILLAGE + 1], axis=-1) * FIELD
    corners[1:-1, 1:-1] += random.normal(0, 0.8, corners[1:-1, 1:-1].shape)
    down, across = (_bent(corners[:-1], corners[1:], random),
                    _bent(corners[:, :-1], corners[:, 1:], random))  # fmt: skip
    sides = (across[:-1], down[:, 1:], across[1:, :, ::-1], down[:, :-1, ::-1])
    starts = (corners[:-1, :-1], corners[:-1, 1:], corners[1:, 1:], corners[1:, :-1])
    parts = [
        part
        for start, points in zip(starts, sides, strict=True)
        for part in (start[:, :, None], points)
    ]
    rings = np.concatenate([*parts, corners[:-1, :-1, None]], axis=2)
    return rings.reshape(VILLAGE**2, -1, 2)


def _bent(
    start: NDArray[np.float64], end: NDArray[np.float64], random: np.random.Generator
) -> NDArray[np.float64]:
    """Points (…, BENDS, 2) between two corners, a little off the line."""
    share = np.arange(1, BENDS + 1)[:, None] / (BENDS + 1)
    line = start[..., None, :] * (1 - share) + end[..., None, :] * share
    bent = np.array(line + random.normal(0, 0.15, line.shape))
    for edge in (0, -1):  # the rim of a village keeps inside its square
        bent[edge] = np.clip(bent[edge], 0, VILLAGE * FIELD)
    return bent
