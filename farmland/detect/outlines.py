"""The outline of a patch: its size, how long, how wide and how compact it is."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farmland.kernels import outlines


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
    along, across = outlines.extents(rows, columns)
    total, thickest, edge = outlines.inside(rows, columns)
    size = rows.size
    length = max(along, across) * pixel_m
    return Shape(
        pixels=size,
        length=length,
        width=size * pixel_m * pixel_m / length,
        fill=min(1.0, size / (along * across)),
        depth=total / size,
        thickest=float(thickest),
        jagged=edge / (4 * math.sqrt(size)),
    )
