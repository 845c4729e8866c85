"""The outline of a patch: its size, how long, how wide and how compact it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Shape:
    """Outline of a patch in pixels."""

    pixels: int
    length: float
    """Long side of the smallest rectangle around it, metres."""
    width: float
    """Mean width: area over length, metres."""
    fill: float
    """Share of that rectangle which the patch fills."""
    depth: float = 1.0
    """Mean distance of its pixels from the outside, in pixels: a road has no inside, however it
    bends."""
    thickest: float = 1.0
    """Largest such distance."""
    jagged: float = 1.0
    """Length of its edge over that of a square of its area."""

    @property
    def area_m2(self) -> float:
        """Pixels times 100 m2: good enough to tell a pond from a lake."""
        return self.pixels * 100.0

    @property
    def elongation(self) -> float:
        """Length over width."""
        return self.length / max(self.width, 1.0)


def outline(rows: NDArray[np.int32], columns: NDArray[np.int32], pixel_m: float) -> Shape:
    """Shape of a set of pixels: its extent along and across its main axis, and its inside."""
    points = np.stack([rows, columns], axis=1).astype(np.float64)
    centred = points - points.mean(axis=0)
    axes = np.linalg.svd(centred, full_matrices=False)[2] if rows.size > 1 else np.eye(2)
    extent = np.ptp(centred @ axes.T, axis=0) + 1.0
    length = float(extent.max() * pixel_m)
    area = rows.size * pixel_m * pixel_m
    depth, edge = _inside(rows, columns)
    return Shape(
        pixels=int(rows.size),
        length=length,
        width=area / length,
        fill=min(1.0, float(rows.size / (extent[0] * extent[1]))),
        depth=float(depth.mean()),
        thickest=float(depth.max()),
        jagged=float(edge / (4 * np.sqrt(rows.size))),
    )


def _inside(rows: NDArray[np.int32], columns: NDArray[np.int32]) -> tuple[NDArray[np.int64], int]:
    """Steps (p,) of each pixel to the outside, by sides and corners in turn, and sides of edge."""
    height, width = int(np.ptp(rows)) + 3, int(np.ptp(columns)) + 3
    sheet = np.zeros((height, width), np.bool_)
    sheet[rows - rows.min() + 1, columns - columns.min() + 1] = True
    depth = np.zeros((height, width), np.int64)
    edge = sum(int(np.sum(sheet & ~np.roll(sheet, by, axis))) for by in (1, -1) for axis in (0, 1))
    corners = False
    while sheet.any():
        depth += sheet
        inner = sheet.copy()
        for by in (1, -1):
            inner &= np.roll(sheet, by, 0) & np.roll(sheet, by, 1)
            if corners:
                inner &= np.roll(sheet, (by, by), (0, 1)) & np.roll(sheet, (by, -by), (0, 1))
        sheet, corners = inner, not corners
    return depth[rows - rows.min() + 1, columns - columns.min() + 1], edge
