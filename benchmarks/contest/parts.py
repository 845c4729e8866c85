"""Quiet series that hold too little for a case, and what a part of our evidence says of them.

Series without a red band, parcel means without bands. Each function tells what it measured in a few
figures; nothing that a set lacks is made up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from rasterio.features import shapes
from shapely.geometry import shape

from contest.real import unplaced
from farmland import rules
from farmland.detect import signals
from farmland.kernels import novelty, spectral
from farmland.rules.detection import Detection
from farmland.rules.sentinel2 import CLEAR

COARSE = ("000028085BF08E7E", "2021_TZA_COPERNICUS-GEOGLAM_POLY_1101950")
ANNUAL, GRASS = 11, 13
"""Classes of the land cover labels (WorldCereal legend): fields with annual crops, grassland."""
HISTORY_DAYS = 365
CELLS = 4
"""Whole cells of 20 m that a field has at least."""

EVENT_REACH = 120
"""Days after an event in which a meadow is watched."""
SEEN_SHARE = 0.7
"""Share of clear pixels that makes a look (DESIGN 2)."""


@dataclass(frozen=True, slots=True)
class Familiarity:
    """How often quiet fields look strange without a red band."""

    series: str
    fields: int
    """Touching pixels of one crop, with whole cells enough."""
    looks: int
    """At them after the history, all together."""
    strange: float
    """Share of the looks that are novel."""
    candidates: int
    """Fields that stay novel for as many looks and days as a candidate must."""


@dataclass(frozen=True, slots=True)
class Mown:
    """A dated event on a meadow and the canopy around it."""

    meadow: int
    day: np.datetime64
    before: float
    """Median NDVI of the last look before."""
    least: float
    """Lowest since."""
    low_looks: int
    """Looks in a row without a canopy, from the first such look on; 0: it never went."""
    low_days: int
    """Days from the first to the last of these."""
    candidate: bool
    """Whether these are enough for a candidate."""


def familiarity(data: Path) -> tuple[Familiarity, ...]:
    """Measure how quiet novelty is on fields that were seen at 20 m only.

    In place of the seven features there are four: red edge for red in NDVI (so what is called a
    canopy, 0.45, is more of one), LSWI, NDTI and brightness. The first year is the history.
    """
    ruled = rules.load("cn").detection
    return tuple(_familiarity(data / "worldcereal" / name, ruled) for name in COARSE)


def _familiarity(folder: Path, ruled: Detection) -> Familiarity:
    days, medians = _field_medians(folder, ruled)
    history = days < days[0] + HISTORY_DAYS
    seen = ~np.isnan(medians[:, :, 0])
    usual, unit = signals.learned(medians, days, history, ruled)
    rank = np.maximum(ruled.neighbour_least, np.ceil(ruled.neighbour_share * seen.sum(axis=0)))
    strange = novelty.novelty(
        medians,
        np.arange(len(medians), dtype=np.int32),
        medians,
        signals.day_by_day(medians),
        usual,
        unit,
        history,
        rank.astype(np.int32),
        ~history,
        ruled.green / ruled.feature_noise[spectral.NDVI],
        ruled.novel,
    )
    judged = ~np.isnan(strange)
    runs = [
        longest(days[held], far[held] > ruled.novel)
        for far, held in zip(strange, judged, strict=True)
    ]
    return Familiarity(
        folder.name,
        len(strange),
        int(judged.sum()),
        float((strange[judged] > ruled.novel).mean()),
        sum(_enough(looks, span, ruled) for looks, span in runs),
    )


def _field_medians(folder: Path, ruled: Detection) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Days (t,) and median features (g, t, f) of the labelled fields; NaN where not seen.

    The three that want visible bands are zero: they set nothing apart.
    """
    cube = next(folder.glob("S2_L2A_20m_*.nc"))
    edge, nir, swir16, swir22 = (
        np.maximum(_cube(cube, key), 1).astype(np.float32) for key in ("B05", "B8A", "B11", "B12")
    )
    clear = np.isin(_cube(cube, "SCL"), CLEAR) & (_cube(cube, "B11") > 0)
    bright = np.log(np.maximum((edge + nir + swir16 + swir22) * spectral.SCALE / 4, 0.02))
    noise = np.array(ruled.feature_noise, np.float32)
    features = np.stack(
        [
            (nir - edge) / (nir + edge) / noise[spectral.NDVI],
            (nir - swir16) / (nir + swir16) / noise[spectral.LSWI],
            (swir16 - swir22) / (swir16 + swir22) / noise[spectral.NDTI],
            0.5 * bright / noise[spectral.BRIGHTNESS],
            *([np.zeros_like(bright)] * (spectral.FEATURES - 4)),
        ],
        axis=-1,
    )
    out = []
    for cells in _fields(next(folder.glob("OUTPUT_*.nc"))):
        seen = clear[:, cells]
        own = np.where(seen[..., None], features[:, cells], np.nan)
        median = np.full((len(own), own.shape[-1]), np.nan, np.float32)
        enough = seen.mean(axis=1) >= ruled.look_clear_share
        median[enough] = np.nanmedian(own[enough], axis=1)
        out.append(median)
    return _days(cube), np.stack(out)


def _fields(labels: Path) -> Iterator[NDArray[np.bool_]]:
    """Whole cells (v, u) of 20 m of each field: touching pixels of one crop."""
    crop = _cube(labels, "CT")[0].astype(np.int32)
    farmed = np.isin(_cube(labels, "LC")[0], (ANNUAL, GRASS))
    x, y = np.meshgrid(np.arange(0.5, crop.shape[1] / 2), np.arange(0.5, crop.shape[0] / 2))
    cells = shapely.box(2 * x - 1, 2 * y - 1, 2 * x + 1, 2 * y + 1)
    for outline, _ in shapes(crop, mask=farmed):
        inside = shapely.covers(shape(outline), cells)
        if inside.sum() >= CELLS:
            yield inside


def _cube(path: Path, band: str) -> NDArray[np.uint16]:
    """Counts (t, v, u)."""
    with unplaced(f"netcdf:{path}:{band}") as source:
        return np.asarray(source.read())


def _days(path: Path) -> NDArray[np.int32]:
    """Days since 1970-01-01 of the looks of a cube."""
    with unplaced(f"netcdf:{path}:B11") as source:
        tags = source.tags()
    steps = [int(step) for step in tags["NETCDF_DIM_timestamp_VALUES"].strip("{}").split(",")]
    unit, _, start = tags["timestamp#units"].partition(" since ")
    moments = pd.Timestamp(start) + pd.to_timedelta(steps, unit=unit)
    return moments.to_numpy("datetime64[D]").astype(np.int32)


def meadows(data: Path) -> tuple[Mown, ...]:
    """Ask of every dated event on ten meadows whether it leaves them bare for long.

    A canopy is never novel and refutes a missed season: only looks without one can speak for a
    conversion, so an event after which it is back in time can't be called one.
    """
    ruled = rules.load("cn").detection
    events = pd.read_csv(data / "salms" / "gtdir" / "FOIinfo.csv")
    days = pd.to_datetime(events["Event_date"], format="%d/%m/%Y").to_numpy("datetime64[D]")
    return tuple(
        _mown(data / "salms" / "tsdir", int(meadow), day, ruled)
        for meadow, day in zip(events["ID"], days, strict=True)
    )


def _mown(folder: Path, meadow: int, event: np.datetime64, ruled: Detection) -> Mown:
    table = pd.read_csv(folder / f"{meadow}_s2_idx_ts.csv")
    table = table[table["band"] == "NDVI"]
    clear = table[[f"hist.{number}" for number in CLEAR]].sum(axis=1) / table["count"]
    table = table[clear >= SEEN_SHARE]
    day = table["date"].to_numpy("datetime64[D]")
    ndvi = table["MEDIAN"].to_numpy(np.float64)
    since = (day >= event) & (day < event + np.timedelta64(EVENT_REACH, "D"))
    looks, span = longest(day[since].astype(np.int32), ndvi[since] <= ruled.green)
    least, before = ndvi[since].min(), ndvi[day < event][-1]
    enough = _enough(looks, span, ruled)
    return Mown(meadow, event, float(before), float(least), looks, span, enough)


def longest(days: NDArray[np.int32], held: NDArray[np.bool_]) -> tuple[int, int]:
    """Looks and days of the longest run of looks (t,) that held."""
    best, start = (0, 0), 0
    for look, holds in enumerate(held):
        if not holds:
            start = look + 1
        else:
            best = max(best, (look + 1 - start, int(days[look] - days[start])))
    return best


def _enough(looks: int, days: int, ruled: Detection) -> bool:
    return looks >= ruled.candidate_looks and days >= ruled.candidate_days
