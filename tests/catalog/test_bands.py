"""Windows come back on the zone's grid, pixel for pixel; what cannot be read says so in words."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import rasterio
import rasterio.warp
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from rasterio._env import get_gdal_config
from rasterio.enums import Resampling
from rasterio.transform import Affine
from rasterio.vrt import WarpedVRT
from servers import Api, _running
from shapely.geometry import box

from farmland.grid import Window
from farmland.io import bands
from farmland.io.bands import gdal_rasters
from farmland.scene import Asset, Scene

CRS = "EPSG:32650"
ROW, COLUMN = -400000, 50000
"""Of the test files' upper left corner, on the zone-wide 10 m grid."""


def write(path: Path, values: NDArray[np.generic], pixel: int = 10, **profile: object) -> Path:
    settings = {
        "driver": "GTiff",
        "height": values.shape[0],
        "width": values.shape[1],
        "count": 1,
        "dtype": values.dtype,
        "crs": CRS,
        "transform": Affine(pixel, 0, COLUMN * 10, 0, -pixel, -ROW * 10),
        "tiled": True,
        "blockxsize": 64,
        "blockysize": 64,
        "compress": "deflate",
    }
    with rasterio.open(path, "w", **{**settings, **profile}) as file:
        file.write(values, 1)
    return path


def scene(**files: Path | str) -> Scene:
    return Scene(
        item_id="a",
        collection="",
        platform="sentinel-2a",
        datetime=datetime(2021, 5, 1, 3, tzinfo=UTC),
        tile="50SPA",
        crs=CRS,
        baseline="",
        offset_applied=None,
        cloud_cover=None,
        datatake="",
        generated="",
        footprint=box(110, 30, 122, 40),
        assets={band: Asset(str(path)) for band, path in files.items()},
    )


def counts(height: int, width: int, seed: int = 1) -> NDArray[np.uint16]:
    return np.random.default_rng(seed).integers(1, 9000, (height, width)).astype(np.uint16)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bands")
    write(folder / "red.tif", counts(150, 130))
    write(folder / "swir16.tif", counts(75, 65, 2), 20)
    write(folder / "scl.tif", (counts(75, 65, 3) % 12).astype(np.uint8), 20)
    return folder


@pytest.fixture(scope="module")
def ours(files: Path) -> Scene:
    return scene(**{path.stem: path for path in files.glob("*.tif")})


@given(
    st.sampled_from(["red", "swir16", "scl"]),
    st.tuples(st.integers(-40, 160), st.integers(-40, 140)),
    st.tuples(st.integers(1, 200), st.integers(1, 200)),
)
def test_any_window_is_the_same_as_cut_from_the_whole(
    ours: Scene, band: str, corner: tuple[int, int], size: tuple[int, int]
) -> None:
    with rasterio.open(ours.assets[band].href) as file:
        whole = file.read(1).repeat(150 // file.height, 0).repeat(130 // file.width, 1)
    plane = np.zeros((600, 600), np.uint16)
    plane[200:350, 200:330] = whole
    row, column = corner[0] + 200, corner[1] + 200
    expected = plane[row : row + size[0], column : column + size[1]]
    found = bands.read(ours, band, CRS, Window(ROW + corner[0], COLUMN + corner[1], *size))
    assert found.values.dtype == np.uint16
    np.testing.assert_array_equal(found.values, expected)


def test_a_neighbouring_zone_is_the_nearest_pixel_as_gdal_finds_it(ours: Scene) -> None:
    window = window_of(ours, "EPSG:32649")
    found = bands.read(ours, "red", "EPSG:32649", window)
    with (
        rasterio.open(ours.assets["red"].href) as file,
        WarpedVRT(
            file,
            crs="EPSG:32649",
            transform=Affine(*window.transform),
            height=window.height,
            width=window.width,
            resampling=Resampling.nearest,
            tolerance=1e-6,
            src_nodata=0,
            nodata=0,
        ) as warped,
    ):
        expected = warped.read(1)
    assert (expected > 0).mean() > 0.5
    assert (found.values != expected).mean() < 0.001


def window_of(scene: Scene, crs: str) -> Window:
    with rasterio.open(scene.assets["red"].href) as file:
        return Window.around(*rasterio.warp.transform_bounds(CRS, crs, *file.bounds))


def test_a_warped_pixel_does_not_depend_on_the_window(ours: Scene) -> None:
    window = window_of(ours, "EPSG:32651")
    whole = bands.read(ours, "scl", "EPSG:32651", window).values
    part = Window(window.row + 37, window.column + 51, 40, 30)
    found = bands.read(ours, "scl", "EPSG:32651", part).values
    np.testing.assert_array_equal(found, whole[37:77, 51:81])


def test_a_window_far_away_reads_nothing(ours: Scene) -> None:
    for crs in (CRS, "EPSG:32651", "EPSG:32610"):
        found = bands.read(ours, "red", crs, Window(0, 0, 8, 8))
        assert found.bytes_read == 0
        assert not found.values.any()


def test_bytes_are_those_of_the_blocks_touched(ours: Scene, files: Path) -> None:
    one = bands.read(ours, "red", CRS, Window(ROW, COLUMN, 64, 64)).bytes_read
    two = bands.read(ours, "red", CRS, Window(ROW + 63, COLUMN, 2, 2)).bytes_read
    every = bands.read(ours, "red", CRS, Window(ROW, COLUMN, 150, 130)).bytes_read
    assert 64 * 64 < one <= two - one + 64 * 64 * 2
    assert one < two < every < (files / "red.tif").stat().st_size


def test_the_files_own_no_data_value_becomes_0(tmp_path: Path) -> None:
    values = counts(64, 64)
    values[3, 5] = 65535
    held = scene(red=write(tmp_path / "red.tif", values, nodata=65535))
    told = replace(held, assets={"red": replace(held.assets["red"], nodata=65535)})
    found = bands.read(told, "red", CRS, Window(ROW, COLUMN, 64, 64)).values
    assert found[3, 5] == 0
    assert (found == 0).sum() == 1


def test_a_blank_scene_reads_as_no_data(tmp_path: Path) -> None:
    held = scene(red=write(tmp_path / "red.tif", np.zeros((64, 64), np.uint16)))
    window = Window(ROW, COLUMN, 20, 20)
    assert not bands.read(held, "red", CRS, window).values.any()
    assert not bands.overview(held, "red").values.any()


def test_an_overview_holds_the_whole_scene_and_the_files_own_offset(tmp_path: Path) -> None:
    path = write(tmp_path / "red.tif", counts(1000, 800))
    with rasterio.open(path, "r+") as file:
        file.scales, file.offsets = (0.0001,), (-0.1,)
    found = bands.overview(scene(red=path), "red")
    assert found.values.shape == (192, 154)
    assert found.values.min() > 0
    assert found.offset == -0.1
    assert bands.overview(scene(red=write(tmp_path / "b.tif", counts(9, 9))), "red").offset is None


def unread(held: Scene, band: str = "red") -> str:
    with pytest.raises(bands.Unread) as caught:
        bands.read(held, band, CRS, Window(ROW, COLUMN, 150, 130))
    return caught.value.reason


def test_a_corrupt_block_is_unread_and_the_others_are_not(files: Path, tmp_path: Path) -> None:
    broken = tmp_path / "red.tif"
    data = bytearray((files / "red.tif").read_bytes())
    with rasterio.open(files / "red.tif") as file:
        place = int(file.get_tag_item("BLOCK_OFFSET_1_1", "TIFF", bidx=1))
    data[place : place + 200] = bytes(byte ^ 0xFF for byte in data[place : place + 200])
    broken.write_bytes(data)
    held = scene(red=broken)
    assert unread(held) == "its bytes are corrupt or cut off"
    assert bands.read(held, "red", CRS, Window(ROW, COLUMN, 64, 64)).values.all()
    assert unread(held) == "its bytes are corrupt or cut off"


def test_each_fault_of_a_file_has_its_words(files: Path, tmp_path: Path) -> None:
    (tmp_path / "cut.tif").write_bytes((files / "red.tif").read_bytes()[:9000])
    (tmp_path / "text.tif").write_text("no image")
    (tmp_path / "inner.tif").write_text(f"<VRTDataset><!-- {files / 'red.tif'} --></VRTDataset>")
    shifted = write(tmp_path / "s.tif", counts(9, 9), transform=Affine(10, 0, 3, 0, -10, 0))
    real = write(tmp_path / "f.tif", counts(9, 9).astype(np.float32))
    assert unread(scene(red=tmp_path / "cut.tif")) == "its bytes are corrupt or cut off"
    assert unread(scene(red=tmp_path / "text.tif")) == "the file is no image"
    assert unread(scene(red=tmp_path / "inner.tif")) == "the file is no image"
    assert unread(scene(red=tmp_path / "none.tif")) == "the file is not there"
    assert unread(scene(red=shifted)) == "its grid does not fit the 10 m grid of a UTM zone"
    assert unread(scene(red=real)) == "its pixels are not whole numbers of 8 or 16 bits"
    assert unread(scene(), "scl") == "the scene has no band scl"


def test_threads_read_the_same(ours: Scene) -> None:
    windows = [Window(ROW + 7 * n, COLUMN + 5 * n, 64, 64) for n in range(12)] * 6
    alone = [bands.read(ours, "red", CRS, window).values for window in windows]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda window: bands.read(ours, "red", CRS, window), windows))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, other.values)


def test_every_band_of_the_real_series_aligns(shared: Path) -> None:
    folder = shared / "data/s2_flanders_2018_2019/scenes/S2_20180804_0_L2A"
    held = scene(**{path.stem: path for path in folder.glob("*.tif")})
    with rasterio.open(folder / "nir.tif") as file:
        window, nir = Window.around(*file.bounds), file.read(1)
    with rasterio.open(folder / "scl.tif") as file:
        scl = file.read(1).repeat(2, 0).repeat(2, 1)
    crs = "EPSG:32631"
    np.testing.assert_array_equal(bands.read(held, "nir", crs, window).values, nir)
    np.testing.assert_array_equal(bands.read(held, "scl", crs, window).values, scl)


def test_a_read_leaves_no_setting_behind(ours: Scene) -> None:
    bands.read(ours, "red", CRS, Window(ROW, COLUMN, 8, 8))
    assert all(get_gdal_config(name) is None for name in gdal_rasters.OPTIONS)
    default = get_gdal_config("GDAL_CACHEMAX")
    with gdal_rasters.block_cache(2**26):
        bands.read(ours, "red", CRS, Window(ROW, COLUMN, 8, 8))
        assert get_gdal_config("GDAL_CACHEMAX") == 2**26
    assert get_gdal_config("GDAL_CACHEMAX") == default


def test_no_file_stays_open(files: Path, ours: Scene) -> None:
    bands.read(ours, "red", CRS, Window(ROW, COLUMN, 8, 8))
    open_ = [path.resolve() for path in Path("/proc/self/fd").iterdir()]
    assert not any(path.parent == files for path in open_)


@pytest.fixture(scope="module")
def jpeg2000(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A granule as CDSE publishes it, without loss."""
    folder = tmp_path_factory.mktemp("jpeg2000")
    profile = {"driver": "JP2OpenJPEG", "REVERSIBLE": "YES", "QUALITY": 100, "compress": None}
    write(folder / "red.jp2", counts(300, 260), blockxsize=128, blockysize=128, **profile)
    write(folder / "swir16.jp2", counts(150, 130, 2), 20, **profile)
    return folder


@pytest.mark.parametrize("band", ["red", "swir16"])
def test_jpeg_2000_reads_as_the_same_pixels(jpeg2000: Path, band: str) -> None:
    local = scene(**{path.stem: path for path in jpeg2000.glob("*.jp2")})
    with rasterio.open(jpeg2000 / f"{band}.jp2") as file:
        whole = file.read(1).repeat(300 // file.height, 0).repeat(260 // file.width, 1)
    with _running(Api(folder=jpeg2000)) as api:
        remote = scene(**{b: f"{api.url}/assets/{b}.jp2" for b in ("red", "swir16")})
        for held in (local, remote):
            found = bands.read(held, band, CRS, Window(ROW + 33, COLUMN + 21, 90, 77))
            np.testing.assert_array_equal(found.values, whole[33:123, 21:98])
            assert found.bytes_read > 0
            assert bands.overview(held, band).values.any()
    assert api.asked("red.jp2" if band == "red" else "swir16.jp2") > 1
    nothing = np.zeros((90, 77), np.bool_)
    window = Window(ROW + 33, COLUMN + 21, 90, 77)
    assert bands.read(local, band, CRS, window, needed=nothing).bytes_read == 0


def test_only_tiles_with_a_needed_pixel_are_fetched(ours: Scene) -> None:
    window = Window(ROW, COLUMN, 150, 130)
    whole = bands.read(ours, "red", CRS, window)
    needed = np.zeros(window.shape, np.bool_)
    needed[70, 3] = True
    part = bands.read(ours, "red", CRS, window, needed=needed)
    np.testing.assert_array_equal(part.values[64:128, :64], whole.values[64:128, :64])
    assert not part.values[:64].any()
    assert not part.values[:, 64:].any()
    assert 0 < part.bytes_read < whole.bytes_read / 4


@given(st.integers(-30, 90), st.integers(-30, 80), st.integers(1, 60), st.integers(1, 60))
def test_the_classification_comes_on_its_own_grid(
    ours: Scene, down: int, across: int, height: int, width: int
) -> None:
    window = Window(ROW + 2 * down, COLUMN + 2 * across, 2 * height, 2 * width)
    fine = bands.read(ours, "scl", CRS, window).values
    cells = bands.read(ours, "scl", CRS, window, step=2).values
    np.testing.assert_array_equal(cells, fine[1::2, 1::2])


def test_a_window_off_the_cells_is_a_fault_of_ours(ours: Scene) -> None:
    with pytest.raises(ValueError, match="no multiple of 2"):
        bands.read(ours, "scl", CRS, Window(ROW + 1, COLUMN, 4, 4), step=2)
