"""A simulated county in granules of many tiles, of which farmland needs few."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray
from pyproj import Transformer
from rasterio.enums import Resampling
from rasterio.transform import Affine
from servers import stac_api
from shapely.geometry import box, mapping

from farmland import simulate
from farmland.cli import main
from farmland.io.bands import fetch
from farmland.simulate import Flights
from farmland.tiling.tiles import CELL

ZONE = "EPSG:32650"

SIDE, CORNER = 512, 160
"""Pixels of 10 m along a granule, and from its edge to the county."""

TILE = 32
"""Pixels along a tile, of any resolution."""


@pytest.fixture(scope="session")
def granules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A static catalog of granules, each with the county somewhere inside, and its parcels."""
    side = CELL * 10
    corner = Transformer.from_crs(ZONE, 4326, always_xy=True).transform(362 * side, 3121 * side)
    made = simulate.county(
        5,
        size_m=1200,
        start="2023-01-01",
        months=18,
        parcels_converted=0.15,
        position=corner,
        flights=Flights(overlap=False),
    )
    folder = tmp_path_factory.mktemp("granules")
    simulate.write(made, folder, clear_below=0.3)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(_widen, sorted(folder.glob("*/*_L2A.json"))))
    return folder


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try as often as for people, but wait less."""
    monkeypatch.setattr(fetch, "WAIT_SECONDS", 0.01)
    monkeypatch.setattr(fetch, "REST_SECONDS", 0.2)
    monkeypatch.setattr(fetch, "OUTAGE_SECONDS", 1.0)
    monkeypatch.setattr(fetch, "_hosts", {})


def _widen(path: Path) -> None:
    """Lay the pictures of an item into granules, its surroundings more of the same."""
    item = json.loads(path.read_text("utf-8"))
    for asset in item["assets"].values():
        bounds = _widen_file(path.parent / asset["href"])
        _describe(asset, bounds)
    degrees = Transformer.from_crs(ZONE, 4326, always_xy=True).transform_bounds(*bounds)
    item |= {"geometry": mapping(box(*degrees)), "bbox": list(degrees)}
    path.write_text(json.dumps(item), "utf-8")


def _widen_file(path: Path) -> tuple[float, float, float, float]:
    with rasterio.open(path) as file:
        values, profile, place = file.read(1), file.profile, file.transform
    factor = round(place.a / 10)
    size, start = SIDE // factor, CORNER // factor
    wide: NDArray[Any] = np.pad(
        values,
        [(start, size - start - length) for length in values.shape],
        mode="symmetric",
    )
    profile |= {
        "driver": "GTiff", "height": size, "width": size, "tiled": True, "blockxsize": TILE,
        "blockysize": TILE, "compress": "deflate", "zlevel": 1, "interleave": "band",
        "transform": Affine(place.a, 0, place.c - start * place.a,
                            0, place.e, place.f - start * place.e),
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as file:
        file.write(wide, 1)
        file.build_overviews([2], Resampling.nearest)
        return tuple(file.bounds)


def _describe(asset: dict[str, Any], bounds: tuple[float, ...]) -> None:
    step = asset["proj:transform"][0]
    asset["proj:shape"] = [SIDE * 10 // step] * 2
    asset["proj:transform"] = [step, 0, bounds[0], 0, -step, bounds[3]]


def tree(folder: Path) -> Mapping[str, bytes]:
    """Every file below a folder, by its path."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


@dataclass(frozen=True)
class Ended:
    """How a mirror ended."""

    code: int
    said: Mapping[str, Any]
    talk: str


PERIOD = "2023/2024-06"


@pytest.fixture
def mirror(granules: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """Run ``farmland mirror`` on the parcels of the county."""

    def run(catalog: str, to: Path, *more: object, parcels: Path | None = None) -> Ended:
        capsys.readouterr()
        given = ["mirror", parcels or granules / "parcels.gpkg", "--to", to, "--catalog", catalog]
        given += ["--json", *(more if "--period" in more else ("--period", PERIOD, *more))]
        code = main([str(word) for word in given])
        told = capsys.readouterr()
        assert "Traceback" not in told.err, told.err
        return Ended(code, json.loads(told.out or "{}"), told.err)

    return run


@pytest.fixture(scope="session")
def archive(granules: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an unbroken run over HTTP makes of the whole period."""
    folder = tmp_path_factory.mktemp("mirrored") / "archive"
    with stac_api(granules, page_items=100) as api:
        given = ["--period", PERIOD, "--to", folder, "--catalog", api.url, "-qq", "--json"]
        assert main(["mirror", str(granules / "parcels.gpkg"), *map(str, given)]) == 0
    return folder
