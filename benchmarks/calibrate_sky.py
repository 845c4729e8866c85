"""How often the scene classification errs: on real dates, and on simulated ones.

For every class of SCL the share of its pixels whose blue reflectance lies 0.06-0.10 (haze or thin
cloud) and more than 0.10 (bright cloud) above the same pixel's own median over its clear dates.
The same measure is taken of both, so bare soil that is simply bright counts alike in both.

    python benchmarks/calibrate_sky.py [CATALOG] [--region north_china] [--seeds 6]

CATALOG is the Flanders series of the shared data by default ($FARMLAND_SHARED or ../shared).
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray

from farmland.simulate import Flights, county, pictures

CLEAR = (4, 5, 6, 7)
HAZE, CLOUD = 0.06, 0.10

Record = tuple[NDArray[np.float64], NDArray[np.uint8]]
"""Blue reflectance and SCL, each (dates, height, width)."""


def real(catalog: Path) -> Record:
    """Blue reflectance and SCL of every scene of a static catalog, shape (dates, height, width)."""
    blues, classes = [], []
    for item in sorted(catalog.parent.glob("scenes/*/*.json")):
        if json.loads(item.read_text())["type"] != "Feature":
            continue
        with rasterio.open(item.parent / "blue.tif") as file:
            blues.append(file.read(1) / 1e4)
        with rasterio.open(item.parent / "scl.tif") as file:
            classes.append(file.read(1).repeat(2, 0).repeat(2, 1))
    return np.stack(blues), np.stack(classes)


def simulated(region: str, seed: int, size_m: int = 1600) -> Record:
    """The same of one orbit over a small simulated county, every date kept."""
    flights = Flights(orbits=1, overlap=False, duplicates=0.0)
    land = county(seed, region=region, size_m=size_m, months=18, flights=flights)
    taken = list(pictures(land, 0.0))
    blue = np.stack([p.bands["blue"] - float(p.publication.added) for p in taken]) / 1e4
    return blue, np.stack([p.scl.repeat(2, 0).repeat(2, 1) for p in taken])


def errors(records: list[Record]) -> dict[int, tuple[float, ...]]:
    """Class to (share of all pixels, share that is haze, share that is bright cloud)."""
    excess = np.concatenate([_excess(*record).ravel() for record in records])
    classes = np.concatenate([scl.ravel() for _, scl in records])
    table = {}
    for number in range(2, 12):
        here = (classes == number) & np.isfinite(excess)
        if here.any():
            above = excess[here]
            thin = float(((above > HAZE) & (above <= CLOUD)).mean())
            table[number] = (float(here.mean()), thin, float((above > CLOUD).mean()))
    return table


def _excess(blue: NDArray[np.float64], scl: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Blue above the pixel's own median over its clear dates; NaN where it was never clear."""
    clear = np.where(np.isin(scl, CLEAR), blue, np.nan)
    seen = ~np.isnan(clear).all(axis=0)
    usual = np.full(seen.shape, np.nan)
    usual[seen] = np.nanmedian(clear[:, seen], axis=0)
    return np.asarray(blue - usual)


def main() -> None:
    shared = Path(os.environ.get("FARMLAND_SHARED", Path(__file__).parents[2] / "shared"))
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument(
        "catalog",
        nargs="?",
        type=Path,
        default=shared / "data" / "s2_flanders_2018_2019" / "catalog.json",
    )
    words.add_argument("--region", default="north_china")
    words.add_argument("--seeds", type=int, default=6)
    options = words.parse_args()
    tables = {
        "real": errors([real(options.catalog)]),
        options.region: errors(
            [simulated(options.region, seed) for seed in range(1, options.seeds + 1)]
        ),
    }
    for name, table in tables.items():
        print(f"{name}\nclass   share    haze   cloud")
        for number, shares in table.items():
            print(f"{number:5d}  " + "  ".join(f"{share:6.4f}" for share in shares))


if __name__ == "__main__":
    main()
