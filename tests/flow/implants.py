"""Set another cover into parcels of a real record, from a day on, as its camera would have seen it.

Two kinds of cover: a published spectrum that takes on the texture and the haze of each scene, and
real pixels of the same scenes, with the classification they carry.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
from contest.materials import MATERIALS
from rasterio.features import rasterize

BANDS = {"blue": 1, "green": 1, "red": 1, "nir": 1, "swir16": 2, "swir22": 2}
"""Band to the side of its pixels in tens of metres."""

ROOF = dict(zip(BANDS, MATERIALS["roof"], strict=True))

CLOUDY = (0, 1, 3, 8, 9, 10)
"""Classes of the scene classification under which the ground is not seen (Sen2Cor)."""


@dataclass(frozen=True)
class Record:
    """A copy of a static catalog whose pixels may be changed."""

    folder: Path
    parcels: gpd.GeoDataFrame

    def scenes(self, since: date) -> Iterator[Path]:
        """Folders of the scenes from a day on."""
        for scene in sorted((self.folder / "scenes").iterdir()):
            if scene.name.split("_")[1] >= since.strftime("%Y%m%d"):
                yield scene

    def inside(self, *ids: str) -> np.ndarray:
        """Pixels of 10 m in the parcels of these ids, (y, x) bool; of all without ids."""
        wanted = self.parcels[self.parcels["parcel_id"].isin(ids)] if ids else self.parcels
        with rasterio.open(next(self.scenes(date(2015, 7, 1))) / "red.tif") as like:
            grid = {"out_shape": like.shape, "transform": like.transform}
        return rasterize(wanted.geometry, **grid).astype(bool)


def copy_of(folder: Path, target: Path) -> Record:
    """A copy of a catalog, to be changed."""
    shutil.copytree(folder, target)
    return Record(target, gpd.read_file(folder / "parcels.gpkg"))


def build_roofs(
    record: Record,
    ids: tuple[str, ...],
    since: date,
    spectrum: Mapping[str, float] = ROOF,
    called: int | None = None,
) -> None:
    """Put roofs over whole parcels: the spectrum, with the noise, haze and mask of each scene.

    ``called``: the class that the scene classification has for them from then on.
    """
    for band, side in BANDS.items():
        target = _coarse(record.inside(*ids), side)
        record_dark = np.median([_dark(_read(s, band)) for s in record.scenes(date(2015, 7, 1))])
        for scene in record.scenes(since):
            values = _read(scene, band)
            seen = target & ~np.isin(_classes(scene, side), CLOUDY) & (values > 0)
            texture = values - _smoothed(values)
            haze = max(0.0, _dark(values) - record_dark)
            roof = 1e4 * spectrum[band] + texture + haze
            _write(scene, band, np.where(seen, np.clip(roof, 1, 65535), values))
    for scene in record.scenes(since) if called else ():
        classes = _read(scene, "scl")
        seen = _coarse(record.inside(*ids), 2) & ~np.isin(classes, CLOUDY)
        _write(scene, "scl", np.where(seen, called, classes))


def move_yards(record: Record, ids: tuple[str, ...], since: date) -> np.ndarray:
    """Fill whole parcels with the houses and yards beside them; returns where those stand.

    Cells of 20 m are copied whole, all bands and the classification, each scene from itself.
    """
    yards = np.argwhere(_yards(record))
    inside = record.inside(*ids)
    cells = np.argwhere(_coarse(inside, 2))
    donor = np.random.default_rng(0).integers(0, len(yards), len(cells))
    for band, side in {**BANDS, "scl": 2}.items():
        for scene in record.scenes(since):
            values = _read(scene, band)
            moved = values.copy()
            per = 2 // side
            for cell, source in zip(cells, yards[donor], strict=True):
                into, out_of = (
                    np.s_[row * per : (row + 1) * per, column * per : (column + 1) * per]
                    for row, column in (cell, source)
                )
                moved[into] = values[out_of]
            own = _coarse(inside, side)
            _write(scene, band, np.where(own, moved, values))
    return _yards(record)


def _yards(record: Record) -> np.ndarray:
    """Cells of 20 m outside all parcels that are hardly ever green, (y, x) bool."""
    greenest = []
    for scene in record.scenes(date(2015, 7, 1)):
        red, nir = _read(scene, "red"), _read(scene, "nir")
        hidden = np.isin(_classes(scene, 1), CLOUDY) | (red == 0)
        greenest.append(np.where(hidden, np.nan, (nir - red) / np.maximum(nir + red, 1)))
    ndvi = _blocks(np.nanquantile(greenest, 0.9, axis=0)).mean(axis=(1, 3))
    outside = ~_blocks(record.inside()).any(axis=(1, 3))
    return outside & (ndvi < 0.5)


def _blocks(pixels: np.ndarray) -> np.ndarray:
    """Pixels of 10 m by cells of 20 m: (y, 2, x, 2)."""
    height, width = pixels.shape
    return pixels.reshape(height // 2, 2, width // 2, 2)


def _coarse(pixels: np.ndarray, side: int) -> np.ndarray:
    """A mask of 10 m on pixels of ``side`` tens of metres: at least half is inside."""
    return pixels if side == 1 else _blocks(pixels).mean(axis=(1, 3)) >= 0.5


def _dark(values: np.ndarray) -> float:
    """The darkest ground of a scene, which haze lifts."""
    known = values[values > 0]
    return float(np.quantile(known, 0.02)) if known.size else 0.0


def _smoothed(values: np.ndarray) -> np.ndarray:
    """Mean of 3 x 3 pixels."""
    padded = np.pad(values, 1, mode="edge")
    return np.lib.stride_tricks.sliding_window_view(padded, (3, 3)).mean(axis=(2, 3))


def _classes(scene: Path, side: int) -> np.ndarray:
    """The scene classification on pixels of ``side`` tens of metres."""
    classes = _read(scene, "scl")
    return classes if side == 2 else np.kron(classes, np.ones((2, 2)))


def _read(scene: Path, band: str) -> np.ndarray:
    with rasterio.open(scene / f"{band}.tif") as source:
        return source.read(1).astype(float)


def _write(scene: Path, band: str, values: np.ndarray) -> None:
    path = scene / f"{band}.tif"
    with rasterio.open(path) as source:
        profile = source.profile
    with rasterio.open(path, "w", **profile) as target:
        target.write(values.round().astype(profile["dtype"]), 1)
