"""A look costs what it shows: the classification, and of bands the tiles with clear farmland."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray
from rasterio.transform import Affine
from servers import Api, _running
from shapely.geometry import box

from farmland import rules
from farmland.flow import look
from farmland.flow.look import How, Site
from farmland.grid import Window
from farmland.io.bands import fetch, rasters
from farmland.io.hosts import Reach
from farmland.scene import SCL, Asset, Scene

CRS = "EPSG:32650"
ROW, COLUMN = -400_000, 50_000
SIDE, TILE = 512, 64
"""Pixels of 10 m along the granule and along a tile of its 10 m bands."""

RULES = rules.load("cn").detection
BANDS = ("red", "nir")
SOIL, CLOUD = 5, 9


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(rasters, "_held", type(rasters._held)())
    monkeypatch.setattr(fetch, "GAP_BYTES", 0)
    with _running(Api(folder=tmp_path)) as running:
        yield running


def write(path: Path, values: NDArray[np.generic], pixel: int) -> None:
    with rasterio.open(
        path, "w", driver="GTiff", height=values.shape[0], width=values.shape[1], count=1,
        dtype=values.dtype, crs=CRS, tiled=True, blockxsize=TILE, blockysize=TILE,
        compress="deflate", predictor=2,
        transform=Affine(pixel, 0, COLUMN * 10, 0, -pixel, -ROW * 10),
    ) as file:  # fmt: skip
        file.write(values, 1)


def scene(api: Api, classes: NDArray[np.uint8], name: str = "a") -> Scene:
    """A granule of random counts under a sky."""
    folder = api.folder or Path()
    random = np.random.default_rng(sum(name.encode()))
    write(folder / f"{name}-scl.tif", classes, 20)
    for band in BANDS:
        write(
            folder / f"{name}-{band}.tif", random.integers(1100, 5000, (SIDE, SIDE), np.uint16), 10
        )
    assets = {b: Asset(f"{api.url}/assets/{name}-{b}.tif") for b in (SCL, *BANDS)}
    return Scene(
        item_id=name, collection="", platform="sentinel-2a",
        datetime=datetime(2021, 5, 1, 3, tzinfo=UTC), tile="50SPA", crs=CRS, baseline="",
        offset_applied=None, cloud_cover=None, datatake="", generated="",
        footprint=box(110, 30, 122, 40), assets=assets,
    )  # fmt: skip


def sky(class_: int = SOIL) -> NDArray[np.uint8]:
    return np.full((SIDE // 2, SIDE // 2), class_, np.uint8)


def how() -> How:
    return How({"a": -1000, "b": 0}, BANDS, RULES, Reach(None))


def field(row: int, column: int, side: int = 10) -> Site:
    """Farmland of so many pixels at a place of the granule."""
    rows, columns = (axis.ravel() for axis in np.mgrid[row : row + side, column : column + side])
    rows, columns = rows + ROW, columns + COLUMN
    return Site.around(CRS, Window(ROW, COLUMN, SIDE, SIDE), rows, columns)


def asked(api: Api, ending: str) -> list[tuple[str, str, int, int]]:
    return [entry for entry in api.log if entry[1].endswith(ending)]


def stored(path: Path, *tiles: tuple[int, int]) -> int:
    with rasterio.open(path) as file:
        sizes = [file.get_tag_item(f"BLOCK_SIZE_{x}_{y}", "TIFF", bidx=1) for y, x in tiles]
    return sum(int(size) for size in sizes)


def test_a_cloudy_look_costs_its_classification(api: Api) -> None:
    sight = look.read([scene(api, sky(CLOUD))], field(100, 200), how())
    assert not asked(api, "red.tif")
    assert not asked(api, "nir.tif")
    assert asked(api, "scl.tif")
    (shot,) = sight.shots
    assert shot.images is None
    assert (shot.clear_pixels, shot.unread) == (0, "")
    assert shot.seen is not None
    assert shot.seen.all()


def test_bands_are_fetched_where_farmland_is_clear(api: Api) -> None:
    """A field over four tiles, of which a cloud hides all but the lower right one."""
    classes = sky()
    classes[:34, :] = CLOUD
    classes[:, :34] = CLOUD
    held = scene(api, classes)
    site = field(50, 50, 40)
    sight = look.read([held], site, how())
    (shot,) = sight.shots
    folder = api.folder or Path()
    of_bands = sum(stored(folder / f"a-{band}.tif", (1, 1)) for band in BANDS)
    assert shot.images is not None
    for image, band in zip(shot.images, BANDS, strict=True):
        with rasterio.open(folder / f"a-{band}.tif") as file:
            whole = file.read(1)
        np.testing.assert_array_equal(image[64:128, 64:128], whole[64:128, 64:128])
        assert not image[:, :64].any()
        assert not image[:64].any()
    fetched = [size for *_, size in (*asked(api, "red.tif"), *asked(api, "nir.tif"))]
    assert sorted(fetched)[:2] == sorted(stored(folder / f"a-{b}.tif", (1, 1)) for b in BANDS)
    assert len(fetched) == 4  # a directory and a tile of each band
    assert shot.bytes_read - of_bands == sum(
        stored(folder / "a-scl.tif", (y, x)) for y in range(4) for x in range(4)
    )
    assert shot.usable.any()
    assert not shot.usable[site.farmland == 0].any()


def test_no_farmland_no_bands(api: Api) -> None:
    site = Site(CRS, Window(ROW, COLUMN, 64, 64), np.zeros((32, 32), np.uint8))
    (shot,) = look.read([scene(api, sky())], site, how()).shots
    assert shot.images is None
    assert not asked(api, "red.tif")


def test_scenes_of_a_look_fill_each_other_and_each_is_read_where_it_is_first(api: Api) -> None:
    left, right = sky(), sky()
    left[:, 128:] = 0
    scenes = [scene(api, left), scene(api, right, "b")]
    one, other = look.read(scenes, field(0, 0, SIDE), how()).shots
    assert one.seen is not None
    assert other.seen is not None
    np.testing.assert_array_equal(one.seen, left > 0)
    np.testing.assert_array_equal(other.seen, left == 0)
    assert other.images is not None
    assert not other.images[0][:, :256].any()
    assert other.images[0][:, 256:].all()
    assert (one.offset, other.offset) == (-1000, 0)


def test_what_stays_unread_is_told_and_the_other_scene_takes_its_place(api: Api) -> None:
    lost, held = scene(api, sky()), scene(api, sky(), "b")
    (api.folder or Path()).joinpath("a-scl.tif").unlink()
    gone, there = look.read([lost, held], field(100, 100), how()).shots
    assert (gone.seen, gone.unread, gone.band) == (None, "the file is not there", SCL)
    assert there.images is not None
    (api.folder or Path()).joinpath("b-nir.tif").unlink()
    rasters._held.clear()
    _, there = look.read([lost, held], field(100, 100), how()).shots
    assert (there.images, there.unread, there.band) == (None, "the file is not there", "nir")
    assert there.usable.any()


def test_a_band_without_data_under_a_clear_sky_is_broken(api: Api) -> None:
    held = scene(api, sky())
    write((api.folder or Path()) / "a-red.tif", np.zeros((SIDE, SIDE), np.uint16), 10)
    (shot,) = look.read([held], field(100, 100), how()).shots
    assert shot.unread == "a band holds no data where the classification sees ground"


def test_the_sky_around_the_window_decides_about_its_rim(api: Api) -> None:
    """A cloud outside of the window, 60 m away, hides its edge."""
    classes = sky()
    classes[:, 96:100] = CLOUD
    rows, columns = (axis.ravel() for axis in np.mgrid[100:140, 206:240])
    site = Site.around(CRS, Window(ROW + 100, COLUMN + 206, 40, 34), rows + ROW, columns + COLUMN)
    clear = look.read([scene(api, classes)], site, how()).clear
    assert not clear[:, :1].any()
    assert clear[:, 1:].all()


def test_odd_windows_grow_to_whole_cells() -> None:
    assert look.on_cells(Window(-3, 5, 4, 4)) == Window(-4, 4, 6, 6)
    assert look.on_cells(Window(2, 4, 6, 8)) == Window(2, 4, 6, 8)
