"""Values on a grid, and where the grid lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from pyproj import CRS

from farmland.errors import UnusableInput

Transform = tuple[float, float, float, float, float, float]
"""Affine coefficients of pixel corners, as rasterio orders them."""

MOST_CLASSES = 255


@dataclass(frozen=True, slots=True, eq=False)
class Raster:
    """Values on a grid without rotation; b = bands or dates, y, x = pixels."""

    planes: NDArray[np.generic]
    """(b, y, x)."""
    labels: pd.Index | None
    """(b,) of the bands, named like their dimension; ``None`` when there is no such dimension."""
    transform: Transform
    crs: CRS

    @property
    def window(self) -> tuple[int, int, int, int]:
        """Row, column, height and width of all pixels."""
        return 0, 0, self.planes.shape[1], self.planes.shape[2]

    def single(self, missing: float | None) -> NDArray[np.float32]:
        """Planes in single precision, NaN for ``missing``; as they are where they are that."""
        if missing is None or np.isnan(missing):
            return np.ascontiguousarray(self.planes, np.float32)
        held = self.planes.astype(np.float32)
        held[self.planes == missing] = np.nan
        return held

    def classes(self, missing: float | None) -> tuple[int, ...]:
        """Classes that there are, ascending.

        Raises
        ------
        UnusableInput
            When the values are not whole numbers from 0 to 255.
        """
        planes = self.planes
        whole = np.issubdtype(planes.dtype, np.integer)
        if not whole or planes.min(initial=0) < 0 or planes.max(initial=0) > MOST_CLASSES:
            raise UnusableInput(
                "A majority or a histogram needs classes, whole numbers from 0 to "
                f"{MOST_CLASSES}; these values are {planes.dtype}: give classes as uint8.",
                f"majority 和 histogram 需要 0 到 {MOST_CLASSES} 的整数类别；"
                f"当前类型为 {planes.dtype}：请转换为 uint8。",
            )
        counts = np.zeros(MOST_CLASSES + 1, np.int64)
        for line in planes.reshape(-1, planes.shape[-1]):
            counts += np.bincount(line, minlength=counts.size)
        return tuple(int(value) for value in np.flatnonzero(counts) if value != missing)


def placed(
    values: NDArray[np.generic] | xr.DataArray, transform: Sequence[float] | None, crs: object
) -> Raster:
    """Values (y, x) or (b, y, x) with their place, which a DataArray may bring along.

    Raises
    ------
    UnusableInput
        When the place is not known, or the grid is turned or uneven.
    """
    labels = None
    if isinstance(values, xr.DataArray):
        transform = transform or _transform_of(values)
        crs = crs or _crs_of(values)
        if values.ndim == 3:
            labels = values.indexes.get(values.dims[0])
            labels = labels if labels is not None else pd.RangeIndex(values.shape[0])
            labels = labels.rename(str(values.dims[0]))
        values = values.to_numpy()
    elif values.ndim == 3:
        labels = pd.RangeIndex(values.shape[0], name="band")
    if values.ndim not in {2, 3}:
        raise UnusableInput(
            f"The values have {values.ndim} dimensions: give (y, x) or (band, y, x).",
            f"栅格有 {values.ndim} 维：请给出 (y, x) 或 (band, y, x)。",
        )
    if transform is None or crs is None:
        raise UnusableInput(
            "It is not said where the values lie: give transform and crs, or a DataArray with x, y "
            "and a CRS.",
            "不知道栅格的位置：请给出 transform 和 crs，或带有 x、y 和坐标系的 DataArray。",
        )
    a, b, c, d, e, f = (float(part) for part in tuple(transform)[:6])
    if b or d or not a or not e:
        raise UnusableInput(
            f"The grid is turned (transform {a:g}, {b:g}, …, {d:g}, {e:g}): warp it north "
            "up first.",
            "栅格带有旋转：请先重采样为北向上。",
        )
    plane = values if values.ndim == 3 else values[None]
    return Raster(plane, labels, (a, b, c, d, e, f), CRS.from_user_input(crs))


def _transform_of(values: xr.DataArray) -> Transform | None:
    """The grid of evenly spaced pixel centres, if there are such."""
    if not {"x", "y"} <= set(values.indexes):
        return None
    steps, corners = [], []
    for name in ("x", "y"):
        centres = values[name].to_numpy().astype(np.float64)
        step = (centres[-1] - centres[0]) / (centres.size - 1) if centres.size > 1 else 0.0
        if not np.allclose(np.diff(centres), step, rtol=1e-3, atol=0):
            raise UnusableInput(
                f"The coordinate {name} is not evenly spaced: resample to a regular grid first.",
                f"坐标 {name} 间距不均匀：请先重采样为规则网格。",
            )
        steps.append(step)
        corners.append(centres[0] - step / 2)
    return steps[0], 0.0, corners[0], 0.0, steps[1], corners[1]


def _crs_of(values: xr.DataArray) -> object:
    """The CRS that an attribute or a grid mapping (CF 1.11, section 5.6) names, if any."""
    if "crs" in values.attrs:
        return values.attrs["crs"]
    for coordinate in values.coords.values():
        if "crs_wkt" in coordinate.attrs:
            return coordinate.attrs["crs_wkt"]
    return None
