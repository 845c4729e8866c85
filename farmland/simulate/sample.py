"""The sample that comes with the package: two small areas, one each side of a UTM zone edge.

``python -m farmland.simulate.sample [FOLDER]`` builds it again.
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import farmland
from farmland.simulate.archive import publish
from farmland.simulate.county import County, county
from farmland.simulate.passes import Flights

CLEAR_BELOW = 0.2
"""Scenes with a smaller share of clear farmland are left out."""

QUANTUM = 16
"""Counts are multiples of sixteen: rounding (standard deviation 4.6) stays far below the noise."""

CRS = "EPSG:4490"
"""CGCS2000, as parcel layers of the land survey come."""


@dataclass(frozen=True, slots=True)
class _Area:
    """One of the two areas."""

    seed: int
    region: str
    longitude: float
    prefix: str
    """First nine digits of its parcel ids."""
    villages: tuple[str, ...]
    """From west to east."""
    covers: tuple[str, ...]
    """What its fields become: each cover of the contract on one side or the other."""
    overlap: bool


_WEST = _Area(
    51,
    "north_china",
    119.9925,
    "320826103",
    ("河西村", "三里庄", "杨集村"),
    ("built", "road", "earthwork", "solar", "pond", "greenhouse", "abandoned"),
    overlap=False,
)
_EAST = _Area(
    28,
    "huai",
    120.0075,
    "320903101",
    ("东闸村", "大新村", "永丰村"),
    ("built", "pit", "lake", "orchard", "nursery", "forest", "turf"),
    overlap=True,
)
_LATITUDE = 34.0


def areas() -> tuple[County, ...]:
    """The two areas, without pixels yet; zone 50 west of 120° E, zone 51 east of it."""
    return tuple(_named(_area(area), area) for area in (_WEST, _EAST))


def _area(area: _Area) -> County:
    """Three years over one area; a little cloudier than its region, for fewer scenes."""
    return county(
        area.seed,
        region=area.region,
        size_m=900,
        parcels_converted=0.15,
        start="2021-07-01",
        months=36,
        cloudiness=0.56,
        decoys=0.35,
        covers=dict.fromkeys(area.covers, 1.0),
        position=(area.longitude, _LATITUDE),
        flights=Flights(overlap=area.overlap),
    )


def _named(made: County, area: _Area) -> County:
    """The same county with parcel ids and columns as the survey writes them."""
    place = made.parcels.geometry.centroid.x
    belt = ((place - place.min()) / (place.max() - place.min() + 1) * len(area.villages)).astype(
        int
    )
    names = {
        old: f"{area.prefix}{200 + belt[row]:03d}{row + 1:07d}"
        for row, old in enumerate(made.parcels["parcel_id"])
    }
    parcels = made.parcels.assign(
        parcel_id=list(names.values()),
        YJJBNTTBBH=list(names.values()),
        QSDWMC=[area.villages[number] for number in belt],
        TBMJ=made.parcels.area.round(2),
    )[["parcel_id", "YJJBNTTBBH", "QSDWMC", "TBMJ", "geometry"]]
    return replace(
        made,
        parcels=parcels,
        truth=made.truth.assign(parcel_id=made.truth["parcel_id"].map(names)),
        decoys=made.decoys.assign(parcel_id=made.decoys["parcel_id"].map(names)),
    )


def sample_folder() -> Path:
    """Where the sample lies: in an installed wheel, or in a checkout.

    Raises
    ------
    FileNotFoundError
        When neither is there.
    """
    package = Path(farmland.__file__).parent
    for folder in (package / "samples", package.parent / "data" / "samples"):
        if (folder / "catalog.json").is_file():
            return folder
    raise FileNotFoundError("the sample is missing: python -m farmland.simulate.sample builds it")


def build(folder: Path) -> Path:
    """Write the sample into ``folder``, which is emptied first; returns ``catalog.json``."""
    if folder.exists():
        shutil.rmtree(folder)
    return publish(areas(), folder, CLEAR_BELOW, crs=CRS, quantum=QUANTUM)


if __name__ == "__main__":
    target = sys.argv[1] if len(sys.argv) > 1 else "data/samples"
    sys.stdout.write(f"{build(Path(target))}\n")
