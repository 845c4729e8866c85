"""Pixel grids as frozen values: a CRS, an affine transform and a shape, never loose arguments."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pyproj import Transformer
from shapely import Point

PIXEL_M = 10
"""Ground sampling distance of B02, B03, B04 and B08 (Sentinel-2 User Handbook, table 1)."""


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """Rows and columns of a zone-wide 10 m grid; half-open, counted from the zone's origin.

    Row ``r`` covers northings from ``-(r + 1) * 10`` to ``-r * 10`` metres and column ``c``
    covers eastings from ``c * 10`` to ``(c + 1) * 10``: one grid for a whole UTM zone, in which
    every Sentinel-2 band aligns, because tile corners are multiples of 60 m.
    """

    row: int
    column: int
    height: int
    width: int

    def __post_init__(self) -> None:
        if self.height <= 0 or self.width <= 0:
            raise ValueError(f"a window needs a positive size, got {self.height} x {self.width}")

    @classmethod
    def around(cls, left: float, bottom: float, right: float, top: float) -> Window:
        """Return the smallest window that holds a box in metres of the zone."""
        row, column = math.floor(-top / PIXEL_M), math.floor(left / PIXEL_M)
        last_row, last_column = math.ceil(-bottom / PIXEL_M), math.ceil(right / PIXEL_M)
        return cls(row, column, max(1, last_row - row), max(1, last_column - column))

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, bottom, right, top in metres of the zone."""
        left, top = self.column * PIXEL_M, -self.row * PIXEL_M
        return left, top - self.height * PIXEL_M, left + self.width * PIXEL_M, top

    @property
    def transform(self) -> tuple[float, float, float, float, float, float]:
        """Affine coefficients ``(a, b, c, d, e, f)`` of pixel corners, as rasterio orders them."""
        return PIXEL_M, 0.0, self.column * PIXEL_M, 0.0, -PIXEL_M, -self.row * PIXEL_M

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.height, self.width

    def union(self, other: Window) -> Window:
        """Return the smallest window that holds both."""
        row, column = min(self.row, other.row), min(self.column, other.column)
        bottom = max(self.row + self.height, other.row + other.height)
        right = max(self.column + self.width, other.column + other.width)
        return Window(row, column, bottom - row, right - column)

    def centre(self, crs: str) -> Point:
        """The middle of the window in ``crs``, as a WGS 84 point."""
        left, bottom, right, top = self.bounds
        change = Transformer.from_crs(crs, 4326, always_xy=True)
        return Point(*change.transform((left + right) / 2, (bottom + top) / 2))

    def padded(self, pixels: int) -> Window:
        """Grow by ``pixels`` on every side."""
        return Window(
            self.row - pixels,
            self.column - pixels,
            self.height + 2 * pixels,
            self.width + 2 * pixels,
        )


def utm_zone(longitude: float, latitude: float) -> str:
    """UTM zone of a WGS 84 position as an EPSG code, e.g. ``"EPSG:32650"``.

    The Norwegian and Svalbard exceptions of the MGRS are left out: any zone near the place serves,
    because scenes of a neighbouring zone are brought to the parcel's grid once.
    """
    zone = min(60, int((longitude + 180) // 6) + 1)
    return f"EPSG:{(32600 if latitude >= 0 else 32700) + zone}"


def snapped_box(
    west: float, south: float, east: float, north: float, step: float = 0.5
) -> tuple[float, float, float, float]:
    """Grow a WGS 84 box outward to multiples of ``step`` degrees: all a search may disclose."""
    return (
        math.floor(west / step) * step,
        math.floor(south / step) * step,
        math.ceil(east / step) * step,
        math.ceil(north / step) * step,
    )
