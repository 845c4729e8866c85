"""Every look at one window as an xarray cube: the same reading as a run's, for eyes and notebooks.

A run keeps the pixels of parcels only, as integers; here a whole window is kept, as reflectance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import shapely
import xarray as xr
from numpy.typing import NDArray
from pyproj import Transformer

from farmland import clear
from farmland.grid import PIXEL_M, Window
from farmland.io import bands as band_files
from farmland.kernels import spectral
from farmland.looks import Look
from farmland.rules.detection import Detection
from farmland.scene import SCL, Scene


def read(
    looks: Sequence[Look],
    offsets: Mapping[str, int],
    crs: str,
    window: Window,
    rules: Detection,
    bands: Sequence[str] = ("red", "nir"),
) -> xr.Dataset:
    """Read every look at a window.

    Parameters
    ----------
    looks : sequence of Look
    offsets : mapping of str to int
        Counts to add, by item id; a scene that is missing is set aside.
    crs : str
        UTM zone of the window, ``EPSG:n``.
    window : Window
        On the zone-wide 10 m grid.
    rules : Detection
    bands : sequence of str

    Returns
    -------
    xarray.Dataset
        Dims (time, y, x), looks that touch the window ascending. Each band: float32 reflectance,
        NaN = no data. ``clear``: bool, True = the ground was seen. Coordinates: ``time`` (solar
        day), ``x`` and ``y`` (pixel centres in metres of the zone).

    Raises
    ------
    farmland.io.bands.Unread
        When a file stays unreadable.
    """
    frames = [
        (look.day, _look(scenes, offsets, crs, window, rules, bands))
        for look in looks
        if (scenes := _touching(look, offsets, crs, window))
    ]
    days = np.array([day for day, _ in frames], dtype="datetime64[ns]")
    left, _, _, top = window.bounds
    half = PIXEL_M / 2
    coordinates = {
        "time": days,
        "y": top - half - PIXEL_M * np.arange(window.height, dtype=np.float64),
        "x": left + half + PIXEL_M * np.arange(window.width, dtype=np.float64),
    }
    dims = ("time", "y", "x")
    sheets = {
        name: (dims, np.array([frame[name] for _, frame in frames]).reshape(-1, *window.shape))
        for name in (*bands, "clear")
    }
    return xr.Dataset(sheets, coordinates, {"crs": crs})


def ndvi(cube: xr.Dataset) -> xr.DataArray:
    """NDVI (Rouse et al. 1974) of a cube with red and nir, as the kernels count it.

    Returns
    -------
    xarray.DataArray
        float32 (time, y, x) in [-1, 1], NaN unless clear.
    """
    total = (cube["nir"] + cube["red"]).clip(min=spectral.DARKEST)
    ratio = ((cube["nir"] - cube["red"]) / total).clip(-1, 1)
    return ratio.where(cube["clear"]).rename("ndvi")


def _touching(look: Look, offsets: Mapping[str, int], crs: str, window: Window) -> list[Scene]:
    """Scenes of a look that may show the window, those of its own zone first."""
    x, y = shapely.get_coordinates(shapely.box(*window.bounds)).T
    change = Transformer.from_crs(crs, 4326, always_xy=True)
    box = shapely.Polygon(np.column_stack(change.transform(x, y)))
    scenes = [
        scene
        for scene in look.scenes
        if scene.item_id in offsets and scene.footprint.intersects(box)
    ]
    return sorted(scenes, key=lambda scene: scene.crs != crs)


def _look(
    scenes: Sequence[Scene],
    offsets: Mapping[str, int],
    crs: str,
    window: Window,
    rules: Detection,
    bands: Sequence[str],
) -> dict[str, NDArray[np.generic]]:
    """Bands and clear sky of one look; the first scene with data fills a pixel."""
    margin = clear.margin(rules)
    padded = window.padded(margin)
    inner = (slice(margin, margin + window.height), slice(margin, margin + window.width))
    classes = np.zeros(padded.shape, np.uint8)
    frame: dict[str, NDArray[np.generic]] = {
        band: np.full(window.shape, np.nan, np.float32) for band in bands
    }
    for scene in scenes:
        values = band_files.read(scene, SCL, crs, padded).values
        fill = (classes == 0) & (values > 0)
        classes[fill] = values[fill]
        mine = fill[inner]
        for band in bands if mine.any() else ():
            counts = band_files.read(scene, band, crs, window).values
            there = mine & (counts > 0)
            shifted = counts[there].astype(np.float32) + offsets[scene.item_id]
            frame[band][there] = shifted * np.float32(spectral.SCALE)
    frame["clear"] = clear.sky(classes, rules).clear[inner]
    return frame
