"""The sample that comes with the package: two small areas, one each side of a UTM zone edge.

``python -m farmland.simulate.sample [FOLDER]`` builds it again.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
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

_AREAS = (
    # Seed, region, longitude, first nine digits of parcel ids, villages from west to east.
    (20, "north_china", 119.9925, "320826103", ("河西村", "三里庄", "杨集村")),
    (21, "huai", 120.0075, "320903101", ("东闸村", "大新村", "永丰村")),
)
_LATITUDE = 34.0


def areas() -> tuple[County, ...]:
    """The two areas, without pixels yet; zone 50 west of 120° E, zone 51 east of it."""
    return tuple(
        _named(
            county(
                seed,
                region=region,
                size_m=900,
                parcels_converted=0.15,
                start="2021-07-01",
                months=36,
                decoys=0.35,
                cloudiness=0.54,
                position=(longitude, _LATITUDE),
                flights=Flights(orbits=1, overlap=region == "huai"),
            ),
            prefix,
            villages,
        )
        for seed, region, longitude, prefix, villages in _AREAS
    )


def _named(area: County, prefix: str, villages: Sequence[str]) -> County:
    """The same county with parcel ids and columns as the survey writes them."""
    place = area.parcels.geometry.centroid.x
    belt = ((place - place.min()) / (place.max() - place.min() + 1) * len(villages)).astype(int)
    names = {
        old: f"{prefix}{200 + belt[row]:03d}{row + 1:07d}"
        for row, old in enumerate(area.parcels["parcel_id"])
    }
    parcels = area.parcels.assign(
        parcel_id=list(names.values()),
        YJJBNTTBBH=list(names.values()),
        QSDWMC=[villages[number] for number in belt],
        TBMJ=area.parcels.area.round(2),
    )[["parcel_id", "YJJBNTTBBH", "QSDWMC", "TBMJ", "geometry"]]
    return replace(
        area,
        parcels=parcels,
        truth=area.truth.assign(parcel_id=area.truth["parcel_id"].map(names)),
        decoys=area.decoys.assign(parcel_id=area.decoys["parcel_id"].map(names)),
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
