"""Real Sentinel-2 as records of whole scenes, none of which holds the 1000 of baseline 04.00.

A small window stands in for a granule of 110 km: it has fewer dark pixels, so it tells less.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import rasterio
from numpy.typing import NDArray

from farmland.scene import BANDS, SCL

Image = Mapping[str, NDArray[np.uint16]]

SHARED = Path(os.environ.get("FARMLAND_SHARED") or Path(__file__).resolve().parents[2] / "shared")
DATA = SHARED / "data"
KEYS = dict(zip(BANDS, ("B02", "B03", "B04", "B08", "B11", "B12"), strict=True))

LAKE = dict(zip(BANDS, (300, 280, 180, 90, 40, 30), strict=True))
"""Counts of a lake, from the blue to the short-wave infrared."""


def flanders() -> list[Image]:
    """72 dates of 640 × 640 m of fields, 2018-2019, clouds and haze included."""
    folders = sorted((DATA / "s2_flanders_2018_2019/scenes").iterdir())
    return [{band: _read(folder / f"{band}.tif") for band in (*BANDS, SCL)} for folder in folders]


def swiss(tile: str) -> list[Image]:
    """Dates of 2019-2020 of the fields of one tile, their pixels side by side; clear ones only."""
    table = pd.read_parquet(DATA / "agrisatpy/pixels.parquet")
    table = table[table["tile"] == tile]
    spots = table[["y_coord", "x_coord"]].drop_duplicates()
    spots = spots.sort_values(["y_coord", "x_coord"], ascending=[False, True])
    index = pd.MultiIndex.from_frame(spots)
    side = int(np.ceil(np.sqrt(len(spots))))
    images = []
    for _, rows in table.groupby("date"):
        at = index.get_indexer(pd.MultiIndex.from_frame(rows[["y_coord", "x_coord"]]))
        image = {}
        for band, key in {**KEYS, SCL: "SCL_class"}.items():
            values = np.zeros(side * side, np.uint16)
            values[at] = rows[key].clip(0)
            image[band] = values.reshape(side, side)
        images.append(image)
    return images


def desert() -> list[Image]:
    """A granule of the Sahara, every 300 m."""
    keys = {**KEYS, SCL: "SCL"}
    return [{b: _read(DATA / f"cog_29RKH/{key}.tif")[::3, ::3] for b, key in keys.items()}]


def danube() -> list[Image]:
    """Fields, forest and river in two seasons; no short-wave infrared, no classification."""
    with rasterio.open(DATA / "ftw_danube/inference-img.tif") as file:
        values = file.read()[:, ::2, ::2]
    names = ("red", "green", "blue", "nir")
    return [dict(zip(names, half, strict=True)) for half in (values[:4], values[4:])]


def clouds() -> list[Image]:
    """19 dates of a small window, most of them cloudy; no short-wave infrared."""
    keys = {**{band: KEYS[band] for band in ("blue", "green", "red", "nir")}, SCL: "SCL"}
    path = DATA / "gfmap/test_optical_cube.nc"
    cube = {b: _read(f"netcdf:{path}:S2-L2A-{key}", None) for b, key in keys.items()}
    dates = range(len(cube["blue"]))
    return [{b: v[n].clip(0).astype(np.uint16) for b, v in cube.items()} for n in dates]


def with_lake(image: Image) -> Image:
    """The image with a lake in its clear upper eighth."""
    chance = np.random.default_rng(4)
    clear = np.isin(image[SCL], (4, 5))
    clear[len(clear) // 8 :] = False
    made = dict(image)
    for band, level in LAKE.items():
        wet = clear.repeat(len(image[band]) // len(clear), 0)
        wet = wet.repeat(image[band].shape[1] // clear.shape[1], 1)
        water = chance.normal(level, 15, wet.shape).clip(1)
        made[band] = np.where(wet, water, image[band]).astype(np.uint16)
    return made


PLACES: Mapping[str, Callable[[], list[Image]]] = {
    "Flanders, fields": flanders,
    "Flanders, a lake set in": lambda: [with_lake(image) for image in flanders()],
    "Switzerland, T31TGM": lambda: swiss("T31TGM"),
    "Switzerland, T32TMT": lambda: swiss("T32TMT"),
    "Belgium, mostly cloud": clouds,
    "Danube": danube,
    "Sahara, 29RKH": desert,
}


def shifted(image: Image, counts: int = 1000) -> Image:
    """The same picture with the 1000 of baseline 04.00 in it."""
    return {
        band: values if band == SCL else np.where(values > 0, values + counts, 0).astype(np.uint16)
        for band, values in image.items()
    }


def _read(path: Path | str, band: int | None = 1) -> NDArray[np.uint16]:
    with rasterio.open(path) as file:
        return np.asarray(file.read(band))
