"""The real Flanders record with a yard built into one field, and one scene cut short."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from rasterio.features import geometry_mask

from farmland import flow
from farmland.errors import FarmlandWarning
from farmland.periods import Period
from farmland.plan import Plan
from farmland.result import Result

BUILT, QUIET, SMALL = "BE005", "BE007", "BE010"
SINCE = "2019-07-15"
CUT = "2019-07-25"
"""A clear day whose red band is cut short."""

CONCRETE = {"blue": 20, "green": 23, "red": 25, "nir": 29, "swir16": 33, "swir22": 30}
"""Reflectance in percent of a bright yard (DOMAIN 2.5: grey, flat, brighter than soil)."""


@pytest.fixture(scope="session")
def flanders(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the record with both things done to it."""
    folder = tmp_path_factory.mktemp("flanders") / "record"
    shutil.copytree(shared / "data" / "s2_flanders_2018_2019", folder)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    parcels = gpd.read_file(folder / "parcels.gpkg").set_index("parcel_id")
    random = np.random.default_rng(4)
    for scene in sorted((folder / "scenes").iterdir()):
        if scene.name[3:11] >= SINCE.replace("-", ""):
            _build(scene, parcels, random)
    red = next((folder / "scenes").glob(f"S2_{CUT.replace('-', '')}*")) / "red.tif"
    red.write_bytes(red.read_bytes()[:-2000])
    return folder


@pytest.fixture(scope="session")
def plan(flanders: Path) -> Plan:
    return Plan(
        parcels=str(flanders / "parcels.gpkg"),
        catalog=str(flanders / "catalog.json"),
        after=Period.parse("2019-06-01/2019-11-30"),
        before=Period.parse("2018-08-01/2019-05-31"),
    )


@pytest.fixture(scope="session")
def found(plan: Plan) -> Result:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FarmlandWarning)
        return flow.detect(plan, lambda *_: None)


@pytest.fixture(scope="session")
def written(found: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("explained") / "flanders.gpkg"
    flow.deliver(found, path, "en")
    return path


def _build(scene: Path, parcels: gpd.GeoDataFrame, random: np.random.Generator) -> None:
    """Put a yard on the whole field, under the day's own light and with noise of its own."""
    light = random.normal(1.0, 0.04)
    for band, percent in CONCRETE.items():
        path = scene / f"{band}.tif"
        with rasterio.open(path) as source:
            values, profile = source.read(1), source.profile
        shape = parcels.to_crs(profile["crs"]).geometry[BUILT]
        inside = geometry_mask([shape], values.shape, profile["transform"], invert=True)
        inside &= values > 0
        noise = random.normal(1.0, 0.06, int(inside.sum()))
        values[inside] = np.clip(percent * 100 * light * noise, 1, 10_000)
        path.unlink()
        with rasterio.open(path, "w", **profile) as target:
            target.write(values, 1)
