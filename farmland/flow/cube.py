"""Every look at one window as a lazy xarray cube: the same reading as a run's, for notebooks.

A run keeps the pixels of parcels only, as integers; here a whole window is kept, as reflectance.
Nothing is read until a value is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from farmland import curves, schedule
from farmland.flow import look as looking
from farmland.flow.look import CELL, How, Sight, Site
from farmland.grid import PIXEL_M, Window
from farmland.imagery.looks import Look
from farmland.io.bands import Unread
from farmland.kernels import spectral
from farmland.scene import Scene

CHUNK = 1024
"""Pixels along a chunk: the usual tile of a COG."""

Frame = dict[str, NDArray[np.generic]]


def read(looks: Sequence[Look], how: How, crs: str, window: Window) -> xr.Dataset:
    """Lay out every look at a window, lazily.

    Parameters
    ----------
    looks : sequence of Look
    how : How
        Offsets, bands and rules.
    crs : str
        UTM zone of the window, ``EPSG:n``.
    window : Window
        On the zone-wide 10 m grid.

    Returns
    -------
    xarray.Dataset
        Dims (time, y, x), looks that touch the window ascending; Dask arrays of one look and at
        most 1024 x 1024 pixels in a chunk. Each band: float32 reflectance, NaN where there is no
        data or a cloud, unless it hangs there alone (:class:`farmland.imagery.clear.Sky`).
        ``clear``: bool, True = the ground was seen. Coordinates: ``time`` (solar day), ``x`` and
        ``y`` (pixel centres in metres of the zone).

    Raises
    ------
    farmland.io.bands.Unread
        When a chunk is computed and a file of it stays unreadable.
    """
    heights, widths = _parts(window.height), _parts(window.width)
    site = _site(crs, window)
    near = [(look.day, looking.touching(look.scenes, site, how)) for look in looks]
    shown = [(day, scenes) for day, scenes in near if scenes]
    tasks = [
        [
            [
                (scenes, Window(window.row + top, window.column + left, tall, wide))
                for left, wide in zip(_starts(widths), widths, strict=True)
            ]
            for top, tall in zip(_starts(heights), heights, strict=True)
        ]
        for _, scenes in shown
    ]
    dtypes = {**dict.fromkeys(how.bands, np.float32), "clear": np.bool_}
    sheets = schedule.stacked(partial(_frame, how=how, crs=crs), tasks, heights, widths, dtypes)
    left, _, _, top = window.bounds
    coordinates = {
        "time": np.array([day for day, _ in shown], dtype="datetime64[ns]"),
        "y": top - PIXEL_M * (np.arange(window.height) + 0.5),
        "x": left + PIXEL_M * (np.arange(window.width) + 0.5),
    }
    layers = {name: (("time", "y", "x"), sheet) for name, sheet in sheets.items()}
    return xr.Dataset(layers, coordinates, {"crs": crs})


def ndvi(cube: xr.Dataset) -> xr.DataArray:
    """NDVI (Rouse et al. 1974) of a cube with red and nir, as the kernels count it.

    Returns
    -------
    xarray.DataArray
        float32 (time, y, x) in [-1, 1], NaN unless clear; as lazy as the cube.
    """
    total = (cube["nir"] + cube["red"]).clip(min=spectral.DARKEST)
    ratio = ((cube["nir"] - cube["red"]) / total).clip(-1, 1)
    return ratio.where(cube["clear"]).rename("ndvi")


def smoothed(
    ndvi: xr.DataArray, *, stiffness: float = curves.RULES.stiffness, robust: bool = False
) -> xr.DataArray:
    """NDVI (time, y, x) smoothed along time, gaps bridged; see :func:`farmland.curves.smoothed`.

    As lazy as ``ndvi``; every look at a chunk is taken together.
    """
    days = ndvi["time"].values.astype("datetime64[D]")

    def smooth(stack: NDArray[np.float32]) -> NDArray[np.float32]:
        return curves.smoothed(stack, days, stiffness=stiffness, robust=robust).ndvi

    (out,) = _along_time(ndvi, smooth, {"smoothed": ("time",)}, {"time": days.size}).values()
    return out.assign_coords(time=ndvi["time"]).transpose(*ndvi.dims)


def harmonics(
    ndvi: xr.DataArray, *, method: Literal["least_squares", "robust", "lasso"] = "least_squares"
) -> xr.Dataset:
    """Seasons of each pixel: ``coefficients`` (coefficient, y, x) and ``sigma`` (y, x).

    See :func:`farmland.curves.harmonics`; the trend is zero on the first look.
    """
    days = ndvi["time"].values.astype("datetime64[D]")
    season = curves.Season(days[0])

    def fit(stack: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        found = curves.harmonics(stack, days, method=method, season=season)
        return found.coefficients, found.sigma

    sheets: dict[str, tuple[str, ...]] = {"coefficients": ("coefficient",), "sigma": ()}
    return xr.Dataset(_along_time(ndvi, fit, sheets, {"coefficient": season.coefficients}))


def _along_time(
    cube: xr.DataArray,
    work: Callable[[NDArray[np.float32]], object],
    sheets: dict[str, tuple[str, ...]],
    sizes: dict[str, int],
) -> dict[str, xr.DataArray]:
    """Arrays that ``work`` makes of stacks (time, ...), each with its own first dimension."""

    def whole(stack: NDArray[np.float32]) -> object:
        found = work(np.moveaxis(stack, -1, 0))  # back to where it lies in memory
        parts = found if isinstance(found, tuple) else (found,)
        turned = tuple(
            np.moveaxis(part, 0, -1) if own else part
            for part, own in zip(parts, sheets.values(), strict=True)
        )
        return turned if len(turned) > 1 else turned[0]

    found = xr.apply_ufunc(
        whole,
        cube.chunk(time=-1) if cube.chunks else cube,
        input_core_dims=[["time"]],
        output_core_dims=list(sheets.values()),
        exclude_dims={"time"},
        dask="parallelized",
        output_dtypes=[np.float32] * len(sheets),
        dask_gufunc_kwargs={"output_sizes": sizes},
    )
    several = found if isinstance(found, tuple) else (found,)
    return {
        name: one.rename(name).transpose(*own, ...)
        for (name, own), one in zip(sheets.items(), several, strict=True)
    }


def _parts(size: int) -> list[int]:
    """Sizes of the chunks along a side."""
    return [min(CHUNK, size - start) for start in range(0, size, CHUNK)]


def _starts(sizes: Sequence[int]) -> list[int]:
    return [sum(sizes[:number]) for number in range(len(sizes))]


def _site(crs: str, window: Window) -> Site:
    """A site in which every pixel counts."""
    rows, columns = np.mgrid[
        window.row : window.row + window.height, window.column : window.column + window.width
    ]
    return Site.around(crs, window, rows.ravel(), columns.ravel())


def _frame(task: tuple[Sequence[Scene], Window], how: How, crs: str) -> Frame:
    """Bands and clear sky of one chunk of one look."""
    scenes, window = task
    site = _site(crs, window)
    sight = looking.read(scenes, site, how)
    for shot in sight.shots:
        if shot.unread:
            raise Unread(f"{shot.item_id}, {shot.band}: {shot.unread}")
    top, left = window.row - site.window.row, window.column - site.window.column
    inside = (slice(top, top + window.height), slice(left, left + window.width))
    pixels = {name: sheet[inside] for name, sheet in _reflectance(sight, site, how).items()}
    return {**pixels, "clear": _at_10m(sight.clear)[inside]}


def _reflectance(sight: Sight, site: Site, how: How) -> Frame:
    """Bands of all scenes of a look, each where it is usable."""
    frame: Frame = {band: np.full(site.window.shape, np.nan, np.float32) for band in how.bands}
    for shot in sight.shots:
        if shot.images is None:
            continue
        usable = _at_10m(shot.usable) & np.all([image > 0 for image in shot.images], axis=0)
        for band, image in zip(how.bands, shot.images, strict=True):
            counts = image[usable].astype(np.float32) + shot.offset
            frame[band][usable] = counts * np.float32(spectral.SCALE)
    return frame


def _at_10m(cells: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return cells.repeat(CELL, axis=0).repeat(CELL, axis=1)
