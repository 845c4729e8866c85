"""One granule's pixels over the county: where they lie, and what is the same on every date."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer
from rasterio.features import rasterize
from rasterio.transform import Affine
from shapely.geometry import Polygon

from farmland.grid import PIXEL_M
from farmland.simulate.clouds import CELL_M, REACH_M, correlated, sample
from farmland.simulate.county import County
from farmland.simulate.passes import Granule

_SWATH = (0.62, 0.22)
"""Where a swath that ends inside begins: share of the width, and its slant (the ground track of
Sentinel-2 leans by about 12 degrees)."""


@dataclass(frozen=True, eq=False)
class View:
    """One granule in the county's own frame."""

    county: County
    granule: Granule

    @cached_property
    def east(self) -> NDArray[np.float64]:
        """Metres from the county's left edge to each pixel centre."""
        return self._centres[0] - self.county.window.bounds[0]

    @cached_property
    def south(self) -> NDArray[np.float64]:
        """Metres from the county's upper edge down to each pixel centre."""
        return self.county.window.bounds[3] - self._centres[1]

    @cached_property
    def _centres(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Pixel centres in the county's zone."""
        window = self.granule.window
        left, _, _, top = window.bounds
        x, y = np.meshgrid(
            left + PIXEL_M * (np.arange(window.width) + 0.5),
            top - PIXEL_M * (np.arange(window.height) + 0.5),
        )
        if self.granule.crs == self.county.crs:
            return x, y
        there = Transformer.from_crs(self.granule.crs, self.county.crs, always_xy=True)
        x, y = there.transform(x, y)
        return x, y

    @cached_property
    def luck(self) -> NDArray[np.float32]:
        """Uniform 0-1 for each 20 m pixel, the same on every date."""
        return self._fixed(1, 2 * PIXEL_M).astype(np.float32)

    @cached_property
    def farmland(self) -> NDArray[np.bool_]:
        """Pixels whose centre lies in a parcel."""
        shapes = list(self.county.parcels.geometry.to_crs(self.granule.crs))
        window = self.granule.window
        burnt = rasterize(shapes, window.shape, transform=Affine(*window.transform), dtype="uint8")
        return np.asarray(burnt == 1)

    def positions(
        self, cell_m: float, margin_m: float, south_m: float = 0.0, east_m: float = 0.0
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Rows and columns of pixel centres in cells of ``cell_m``, moved by some metres."""
        rows = ((self.south + south_m + margin_m) / cell_m).astype(np.float32)
        columns = ((self.east + east_m + margin_m) / cell_m).astype(np.float32)
        return rows, columns

    def inside(self, partial: bool) -> NDArray[np.bool_]:
        """Pixels of the county that the swath covers; whole 20 m pixels."""
        height, width = (side * PIXEL_M for side in self.county.window.shape)
        here = (self.east > 0) & (self.east < width) & (self.south > 0) & (self.south < height)
        if partial:
            here &= self.east + _SWATH[1] * self.south > _SWATH[0] * width
        pairs = np.asarray(here.reshape(here.shape[0] // 2, 2, -1, 2).all(axis=(1, 3)))
        return pairs.repeat(2, 0).repeat(2, 1)

    def pattern(self, year: int) -> NDArray[np.float32]:
        """Unevenness inside the fields, standard deviation about 1; a part of it is the year's."""
        kept = self.__dict__.setdefault("_patterns", {})
        if year not in kept:
            kept[year] = 0.65 * self._smooth(0) + 0.45 * self._smooth(year) + self._still
        return np.asarray(kept[year])

    @cached_property
    def _still(self) -> NDArray[np.float32]:
        """Unevenness from pixel to pixel that never changes."""
        uniform = self._fixed(2, PIXEL_M)
        return ((uniform - 0.5) * 2.0).astype(np.float32)

    def _smooth(self, number: int) -> NDArray[np.float32]:
        """Correlated field, the county's own or that of one year."""
        county = self.county
        rng = np.random.default_rng([county.seed, 6, number])
        side = int((max(county.window.shape) * PIXEL_M + 2 * REACH_M) / CELL_M) + 2
        field = 0.5 * correlated((side, side), rng) + 0.85 * rng.standard_normal((side, side))
        return np.asarray(sample(field.astype(np.float32), *self.positions(CELL_M, REACH_M)))

    def _fixed(self, number: int, cell_m: int) -> NDArray[np.float64]:
        """Uniform noise fixed to the ground, in cells of ``cell_m``, one value per cell."""
        step = cell_m // PIXEL_M
        height, width = (side // step for side in self.county.window.shape)
        noise = np.random.default_rng([self.county.seed, 5, number]).random((height, width))
        rows = np.clip(self.south[::step, ::step] // cell_m, 0, height - 1).astype(int)
        columns = np.clip(self.east[::step, ::step] // cell_m, 0, width - 1).astype(int)
        return np.asarray(noise[rows, columns])

    def footprint(self, seen: NDArray[np.bool_]) -> Polygon:
        """WGS 84 outline of the pixels that hold data."""
        window = self.granule.window
        rows = np.flatnonzero(seen.any(axis=1))
        left, top = window.bounds[0], window.bounds[3]
        corners = []
        for row, edge in ((rows[0], rows[0]), (rows[-1], rows[-1] + 1)):
            columns = np.flatnonzero(seen[row])
            y = top - edge * PIXEL_M
            ends = [
                (left + columns[0] * PIXEL_M, y),
                (left + (columns[-1] + 1) * PIXEL_M, y),
            ]
            corners += ends if row == edge else ends[::-1]
        degrees = Transformer.from_crs(self.granule.crs, "EPSG:4326", always_xy=True)
        x, y = degrees.transform(*np.array(corners).T)[:2]
        return Polygon(np.column_stack((x, y)))
