"""Windows over HTTP are those from disk; faults of the host are passed or put into words."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mischief import hurry
from servers import Api, stac_api
from shapely.geometry import box

from farmland.grid import Window
from farmland.io import bands
from farmland.io.bands import fetch, gdal_rasters, rasters, tiff
from farmland.io.catalog import find
from farmland.io.hosts import Reach
from farmland.periods import Period
from farmland.scene import BANDS, SCL, Asset, Scene

FLANDERS = (4.0, 50.5, 4.5, 51.0)
AUGUST = Period.parse("2018-08")
CRS, WINDOW = "EPSG:32631", Window(-562244, 57468, 64, 64)


@pytest.fixture(scope="module")
def flanders(shared: Path) -> Path:
    return shared / "data/s2_flanders_2018_2019"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try as often as for people, but wait less."""
    hurry(monkeypatch)
    monkeypatch.setattr(fetch, "SILENCE_SECONDS", 1.0)
    monkeypatch.setattr(gdal_rasters, "WAIT_SECONDS", 0.01)
    quick = {"GDAL_HTTP_MAX_RETRY": "0", "GDAL_HTTP_CONNECTTIMEOUT": "1"}
    monkeypatch.setattr(gdal_rasters, "OPTIONS", {**gdal_rasters.OPTIONS, **quick})


def everything(scenes: tuple[Scene, ...]) -> list[np.ndarray]:
    return [
        bands.read(scene, band, CRS, WINDOW).values for scene in scenes for band in (*BANDS, SCL)
    ]


@pytest.mark.parametrize(
    "faults",
    [{}, {"asset_busy": 2}, {"asset_broken": 2}, {"asset_broken": 4}, {"asset_cut": 1}],
)
def test_windows_over_http_are_those_from_disk(flanders: Path, faults: dict[str, Any]) -> None:
    expected = everything(find(str(flanders), "", FLANDERS, AUGUST))
    with stac_api(flanders, **faults) as api:
        found = everything(find(api.url, "", FLANDERS, AUGUST))
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)
    assert any(status == 206 for _, _, status, _ in api.log) or faults


@pytest.mark.parametrize(
    ("faults", "reason"),
    [
        ({"asset_missing": ("red.tif",)}, "the file is not there"),
        ({"asset_failing": ("red.tif",)}, "the host has a fault"),
        ({"asset_flipped": ("red.tif",)}, "its bytes are corrupt or cut off"),
        ({"asset_cut": 9999}, "its bytes are corrupt or cut off"),
    ],
)
def test_a_fault_that_stays_is_unread_in_words(
    flanders: Path, faults: dict[str, Any], reason: str
) -> None:
    start = time.monotonic()
    with stac_api(flanders, **faults) as api:
        (first, *_) = find(api.url, "", FLANDERS, AUGUST)
        with pytest.raises(bands.Unread) as caught:
            bands.read(first, "red", CRS, WINDOW)
    assert caught.value.reason == reason
    assert time.monotonic() - start < 20


@pytest.mark.parametrize("band", ["red", "scl"])
def test_no_flipped_bit_of_a_directory_changes_a_pixel(
    band: str, flanders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Directories have no checksum: each bit of one comes flipped, once."""
    (first, *_) = find(str(flanders), "", FLANDERS, AUGUST)
    expected = bands.read(first, band, CRS, WINDOW).values
    head = Path(first.assets[band].href).read_bytes()
    level = tiff.parse(lambda start, size: head[start : start + size]).levels[0]
    fetched, flips = fetch.spans, iter(range(int(level.offsets.min()) * 8))
    left: list[int] = []

    def spoilt(href: str, wanted: list[fetch.Span], reach: Reach) -> list[bytes]:
        pieces = fetched(href, wanted, reach)
        if wanted[0][0] == 0 and left:
            bit, data = left.pop(), bytearray(pieces[0])
            data[bit // 8] ^= 1 << bit % 8
            pieces[0] = bytes(data)
        return pieces

    monkeypatch.setattr(fetch, "spans", spoilt)
    for bit in flips:
        rasters._held.clear()
        left.append(bit)
        found = bands.read(first, band, CRS, WINDOW).values
        assert not left
        assert np.array_equal(found, expected), f"byte {bit // 8}, bit {bit % 8}"


def test_a_slow_host_is_unread_in_words(flanders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "SILENCE_SECONDS", 0.3)
    with stac_api(flanders, asset_slow=0.5) as api:
        (first, *_) = find(api.url, "", FLANDERS, AUGUST)
        with pytest.raises(bands.Unread) as caught:
            bands.read(first, "red", CRS, WINDOW)
    assert caught.value.reason == "the host is too slow"


def test_a_file_that_comes_back_is_read(flanders: Path) -> None:
    with stac_api(flanders, asset_broken=200) as api:
        (first, *_) = find(api.url, "", FLANDERS, AUGUST)
        with pytest.raises(bands.Unread):
            bands.read(first, "red", CRS, WINDOW)
        api.counts["asset_broken"] = 200
        assert bands.read(first, "red", CRS, WINDOW).values.any()


def test_a_host_that_is_gone_is_unread(flanders: Path) -> None:
    with stac_api(flanders) as api:
        (first, *_) = find(api.url, "", FLANDERS, AUGUST)
    with pytest.raises(bands.Unread) as caught:
        bands.read(first, "red", CRS, WINDOW)
    assert caught.value.reason == "the host does not answer"


def test_a_dead_host_is_not_waited_for_at_every_window(flanders: Path) -> None:
    with stac_api(flanders, asset_broken=9999) as api:
        (first, *_) = find(api.url, "", FLANDERS, AUGUST)
        asked = [reads(api, first) for _ in range(fetch.PATIENCE + 2)]
        assert asked == [fetch.ATTEMPTS] * fetch.PATIENCE + [0, 0]
        time.sleep(fetch.REST_SECONDS)
        assert [reads(api, first) for _ in range(3)] == [1, 0, 0]
        time.sleep(fetch.REST_SECONDS)
        api.counts["asset_broken"] = 9999
        assert bands.read(first, "red", CRS, WINDOW).values.any()


def reads(api: Api, scene: Scene) -> int:
    """Requests of one read that fails."""
    before = len(api.log)
    with pytest.raises(bands.Unread):
        bands.read(scene, "red", CRS, WINDOW)
    return len(api.log) - before


def test_a_bucket_without_keys_is_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "YES")
    held = scene_of("s3://eodata/Sentinel-2/B04_10m.jp2")
    with pytest.raises(bands.Unread) as caught:
        bands.read(held, "red", CRS, WINDOW)
    assert caught.value.reason in {"access is denied", "the host does not answer"}


def scene_of(href: str) -> Scene:
    return Scene(
        item_id="a",
        collection="",
        platform="",
        datetime=datetime(2021, 5, 1, 3, tzinfo=UTC),
        tile="",
        crs="",
        baseline="",
        offset_applied=None,
        cloud_cover=None,
        datatake="",
        generated="",
        footprint=box(4, 50, 5, 51),
        assets={"red": Asset(href)},
    )


@pytest.mark.filterwarnings("ignore:Support for class-based:DeprecationWarning")
def test_planetary_computer_files_are_signed_when_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Signing asks the provider; here nobody answers, and the read says so after its tries."""
    asked: list[str] = []

    def sign(href: str) -> str:
        asked.append(href)
        return f"{href}?sig=secret{len(asked)}"

    import planetary_computer

    monkeypatch.setattr(planetary_computer, "sign_url", sign)
    href = f"https://{fetch.SIGNED_HOST}/sentinel2-l2/B04.tif"
    with pytest.raises(bands.Unread) as caught:
        bands.read(scene_of(href), "red", CRS, WINDOW)
    assert asked == [href] * fetch.ATTEMPTS
    assert "secret" not in caught.value.reason


def test_threads_share_a_server(flanders: Path) -> None:
    expected = everything(find(str(flanders), "", FLANDERS, AUGUST))
    with stac_api(flanders) as api:
        scenes = find(api.url, "", FLANDERS, AUGUST)
        wanted = [(scene, band) for scene in scenes for band in (*BANDS, SCL)]
        with ThreadPoolExecutor(6) as pool:
            found = list(pool.map(lambda one: bands.read(*one, CRS, WINDOW).values, wanted))
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)
