"""A COG holds what was put into it, or nothing is written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.enums import ColorInterp

from farmland.grid import Window
from farmland.io import cog
from farmland.io.cog import Kind

WINDOW = Window(-400_000, 50_000, 1500, 1100)
INDEX = Kind("float32", float("nan"), ("ndvi",))
COUNT = Kind("uint16", 65535, ("clear",), averaged=False)
SPECTRUM = Kind("int16", -32768, ("red", "green", "blue", "nir"), 1e-4)


def made(folder: Path, kind: Kind, parts: dict[tuple[int, int], np.ndarray]) -> Path:
    cog.begin(folder / "draft.tif", kind, "EPSG:32650", WINDOW, {"TIFFTAG_COPYRIGHT": "Whose"})
    for (row, column), values in parts.items():
        cog.put(folder / "draft.tif", row, column, values)
    cog.finish(folder / "draft.tif", folder / "x.tif", kind)
    assert [path.name for path in folder.iterdir()] == ["x.tif"]
    return folder / "x.tif"


def test_it_is_cloud_optimised_and_holds_what_was_put(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    one, other = random.random((2, 1, 600, 300)).astype(np.float32)
    other[0, :9] = np.nan
    path = made(tmp_path, INDEX, {(0, 0): one, (700, 800): other})
    with rasterio.open(path) as file:
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert file.block_shapes == [(512, 512)]
        assert file.overviews(1) == [2, 4]
        assert file.bounds == WINDOW.bounds
        assert file.crs.to_epsg() == 32650
        assert np.isnan(file.nodata)
        assert file.descriptions == ("ndvi",)
        assert file.tags()["TIFFTAG_COPYRIGHT"] == "Whose"
        whole = file.read(1)
        coarse = file.read(1, out_shape=(750, 550))
    expected = np.full(WINDOW.shape, np.nan, np.float32)
    expected[:600, :300], expected[700:1300, 800:1100] = one[0], other[0]
    np.testing.assert_array_equal(whole, expected)
    mean = one[0].reshape(300, 2, 150, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(coarse[:300, :150], mean, atol=1e-6)
    assert np.isnan(coarse[:, 200:300]).all()


def test_counts_are_never_averaged(tmp_path: Path) -> None:
    values = np.random.default_rng(0).choice([0, 7], (1, 600, 600)).astype(np.uint16)
    with rasterio.open(made(tmp_path, COUNT, {(0, 0): values})) as file:
        assert set(np.unique(file.read(1, out_shape=(750, 550)))) == {0, 7, 65535}


def test_reflectance_says_its_scale_and_is_shown_in_its_colours(tmp_path: Path) -> None:
    with rasterio.open(made(tmp_path, SPECTRUM, {(0, 0): np.ones((4, 9, 9), np.int16)})) as file:
        assert file.scales == (1e-4,) * 4
        assert file.descriptions == SPECTRUM.bands
        assert file.colorinterp[:3] == (ColorInterp.red, ColorInterp.green, ColorInterp.blue)
        assert (file.read(masked=True).count(axis=(1, 2)) == 81).all()


def test_an_older_file_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    (tmp_path / "x.tif").write_text("older")
    (tmp_path / "x.tif.aux.xml").write_text("statistics of the older")
    cog.begin(tmp_path / "draft.tif", INDEX, "EPSG:32650", WINDOW, {})
    assert (tmp_path / "x.tif").read_text() == "older"
    cog.finish(tmp_path / "draft.tif", tmp_path / "x.tif", INDEX)
    assert [path.name for path in tmp_path.iterdir()] == ["x.tif"]
    with rasterio.open(tmp_path / "x.tif") as file:
        assert np.isnan(file.read()).all()


@pytest.mark.parametrize("step", ["put", "finish"])
def test_what_the_disk_refuses_is_never_silent(step: str, tmp_path: Path) -> None:
    """GDAL itself says nothing when it can't write what it held back until a file is closed."""
    story = f"""
import resource, sys
import numpy as np
from pathlib import Path
from farmland.errors import UnusableInput
from farmland.io import cog
from farmland.io.cog import Kind
from farmland.grid import Window
folder, kind = Path(sys.argv[1]), Kind("float32", float("nan"), ("ndvi",))
cog.begin(folder / "draft.tif", kind, "EPSG:32650", Window{tuple(WINDOW.__getstate__())}, {{}})
values = np.random.default_rng(0).random((1, 600, 600)).astype(np.float32)
def limit():
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
try:
    if {step!r} == "put":
        limit()
    cog.put(folder / "draft.tif", 0, 0, values)
    limit()
    cog.finish(folder / "draft.tif", folder / "x.tif", kind)
except UnusableInput as fault:
    print(fault)
"""
    run = subprocess.run(
        [sys.executable, "-c", story, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert "cannot be written (" in run.stdout
    assert "give another folder." in run.stdout
    assert not (tmp_path / "x.tif").exists()
