"""A partial copy holds the very tiles of its source where they were kept, for GDAL and for us."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
import rasterio
import rasterio.shutil
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from rasterio.enums import ColorInterp, Resampling
from rasterio.transform import Affine

from farmland.io.bands import tiff
from farmland.io.bands.codecs import Level
from farmland.io.mirror.partial_tiff import BATCH, layout, write_part

PLACE = Affine(10, 0, 499980, 0, -10, 4200000)


def fetch(path: Path, start: int, length: int) -> bytes:
    with path.open("rb") as file:
        file.seek(start)
        return file.read(length)


def parse(path: Path) -> tiff.Tiff:
    return tiff.parse(lambda start, length: fetch(path, start, length))


def tiles_of(path: Path, level: Level, places: list[tuple[int, int]]) -> list[bytes]:
    assert 0 < len(places) <= BATCH
    return [fetch(path, int(level.offsets[at]), int(level.sizes[at])) for at in places]


def copy(source: Path, target: Path, keep: NDArray[np.bool_], overview: int | None) -> tiff.Tiff:
    found = parse(source)
    write_part(found, lambda *wanted: tiles_of(source, *wanted), keep, target, overview)
    return parse(target)


def write(path: Path, values: NDArray[np.generic], **options: object) -> Path:
    profile = {
        "driver": "GTiff",
        "height": values.shape[0],
        "width": values.shape[1],
        "count": 1,
        "dtype": values.dtype,
        "crs": "EPSG:32650",
        "transform": PLACE,
        "compress": "deflate",
        "tiled": True,
        "blockxsize": 32,
        "blockysize": 16,
    }
    with rasterio.open(path, "w", **{**profile, **options}) as file:
        file.write(values, 1)
        file.build_overviews([2, 4], Resampling.nearest)
    return path


def pixels(height: int, width: int, dtype: str) -> NDArray[np.generic]:
    """Noise with a flat corner, which is sparse where GDAL is told to leave it out."""
    values = np.random.default_rng(1).integers(1, np.iinfo(dtype).max, (height, width))
    values[: height // 2, : width // 2] = 0
    return values.astype(dtype)


def mask(keep: NDArray[np.bool_], level: Level) -> NDArray[np.bool_]:
    """Pixels of kept tiles."""
    wide = keep.repeat(level.tile_height, 0).repeat(level.tile_width, 1)
    return wide[: level.height, : level.width]


def same_where_kept(source: Path, target: Path, keep: NDArray[np.bool_], overview: int) -> None:
    """GDAL reads of the copy what it reads of the source, and nothing where nothing was kept."""
    level = parse(source).levels[0]
    with rasterio.open(source) as before, rasterio.open(target) as after:
        kept = mask(keep, level)
        expected = np.where(kept, before.read(1), before.nodata or 0)
        np.testing.assert_array_equal(after.read(1), expected)
        assert (after.crs, after.transform) == (before.crs, before.transform)
        assert (after.nodata, after.dtypes) == (before.nodata, before.dtypes)
        assert (after.scales, after.offsets) == (before.scales, before.offsets)
        assert (after.shape, after.block_shapes) == (before.shape, before.block_shapes)
        assert len(after.overviews(1)) == 1
    with (
        rasterio.open(source, overview_level=overview - 1) as before,
        rasterio.open(target, overview_level=0) as after,
    ):
        np.testing.assert_array_equal(after.read(1), before.read(1))


@given(
    shape=st.tuples(st.integers(65, 150), st.integers(65, 150)),
    dtype=st.sampled_from(["uint8", "uint16"]),
    compress=st.sampled_from(["none", "lzw", "deflate", "zstd"]),
    predictor=st.sampled_from([1, 2]),
    endianness=st.sampled_from(["little", "big"]),
    nodata=st.sampled_from([None, 0, 255]),
    form=st.sampled_from(["tiles", "strips", "cog"]),
    overview=st.integers(1, 2),
    data=st.data(),
)
def test_kept_tiles_are_those_of_the_source(
    tmp_path_factory: pytest.TempPathFactory,
    shape: tuple[int, int],
    dtype: str,
    compress: str,
    predictor: int,
    endianness: str,
    nodata: int | None,
    form: str,
    overview: int,
    data: st.DataObject,
) -> None:
    folder = tmp_path_factory.getbasetemp()
    options = {"predictor": predictor} if compress != "none" else {}
    source = write(
        folder / "source.tif",
        pixels(*shape, dtype),
        compress=compress,
        endianness=endianness,
        nodata=nodata,
        sparse_ok=True,
        tiled=form != "strips",
        **options,
    )
    if form == "cog":
        rasterio.shutil.copy(
            source, folder / "cog.tif", driver="COG", compress="deflate", blocksize=128,
            overviews="force_use_existing", sparse_ok=True,
        )  # fmt: skip
        source = folder / "cog.tif"
    grid = parse(source).levels[0].offsets.shape
    chosen = data.draw(st.lists(st.booleans(), min_size=grid[0] * grid[1], max_size=512))
    keep = np.array(chosen[: grid[0] * grid[1]]).reshape(grid)
    target = folder / "part.tif"
    found = copy(source, target, keep, overview)
    assert found.partial
    np.testing.assert_array_equal(found.levels[0].sizes > 0, keep)
    assert found.levels[1].sizes.all()
    same_where_kept(source, target, keep, overview)


def test_scale_and_offset_are_kept_and_statistics_are_not(tmp_path: Path) -> None:
    source = write(tmp_path / "source.tif", pixels(70, 70, "uint16"), nodata=0)
    with rasterio.open(source, "r+") as file:
        file.scales, file.offsets = (0.0001,), (-0.1,)
        file.update_tags(1, STATISTICS_MEAN="12")
    keep = np.zeros(parse(source).levels[0].offsets.shape, np.bool_)
    found = copy(source, tmp_path / "part.tif", keep, 1)
    assert (found.scale, found.offset, found.partial) == (0.0001, -0.1, True)
    with rasterio.open(tmp_path / "part.tif") as file:
        assert file.tags()["FARMLAND_PARTIAL"] == "YES"
        assert file.tags(1) == {}


def test_colours_of_classes_are_kept(tmp_path: Path) -> None:
    source = tmp_path / "scl.tif"
    with rasterio.open(
        source, "w", driver="GTiff", height=20, width=20, count=1, dtype="uint8", transform=PLACE,
        crs="EPSG:32650",
    ) as file:  # fmt: skip
        file.write(np.full((20, 20), 4, np.uint8), 1)
        file.write_colormap(1, {4: (0, 160, 0, 255)})
    copy(source, tmp_path / "part.tif", np.ones((1, 1), np.bool_), None)
    with rasterio.open(tmp_path / "part.tif") as file:
        assert file.colorinterp == (ColorInterp.palette,)
        assert file.colormap(1)[4] == (0, 160, 0, 255)
        assert (file.read(1) == 4).all()


def test_tiles_lie_as_in_a_cog(tmp_path: Path) -> None:
    """Directories, then the overview, then the full resolution row by row, without gaps."""
    source = write(tmp_path / "source.tif", pixels(300, 300, "uint16"))
    keep = np.random.default_rng(1).random(parse(source).levels[0].offsets.shape) < 0.5
    assert keep.sum() > BATCH
    target = tmp_path / "part.tif"
    found = copy(source, target, keep, 2)
    part = layout(parse(source), keep, 2)
    at = len(part.head)
    for level in (found.levels[1], found.levels[0]):
        for start, size in zip(level.offsets.flat, level.sizes.flat, strict=True):
            if size:
                assert start == at
                at += size
    assert at == part.size == target.stat().st_size
    asked: list[int] = []

    def watched(start: int, length: int) -> bytes:
        asked.append(start)
        return fetch(target, start, length)

    tiff.parse(watched)
    assert asked == [0]


def test_a_real_band(shared: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "rasterio")
    source = shared / "data" / "cog_29RKH" / "B08.tif"
    keep = np.array([[True, False, True], [False, True, False], [False, False, True]])
    target = tmp_path / "part.tif"
    copy(source, target, keep, 2)
    same_where_kept(source, target, keep, 2)
    assert target.stat().st_size < source.stat().st_size
    assert caplog.records == [], "GDAL warns of something"


def test_a_copy_of_a_copy_keeps_what_there_is_and_makes_nothing_up(tmp_path: Path) -> None:
    source = write(tmp_path / "source.tif", pixels(70, 70, "uint16"))
    keep = np.ones(parse(source).levels[0].offsets.shape, np.bool_)
    keep[0] = False
    first, second = tmp_path / "first.tif", tmp_path / "second.tif"
    copy(source, first, keep, 1)
    keep[1] = False
    copy(first, second, keep, 1)
    same_where_kept(source, second, keep, 1)
    keep[0] = True
    with pytest.raises(tiff.Unsupported, match="it is a partial copy that lacks a tile"):
        copy(first, second, keep, 1)


def test_a_failed_copy_leaves_nothing_and_spoils_nothing(tmp_path: Path) -> None:
    source = write(tmp_path / "source.tif", pixels(70, 70, "uint16"))
    found = parse(source)
    keep = np.ones(found.levels[0].offsets.shape, np.bool_)
    target = tmp_path / "out" / "part.tif"
    target.parent.mkdir()
    target.write_text("older")

    def cut(level: Level, places: list[tuple[int, int]]) -> list[bytes]:
        return [tile[:-1] for tile in tiles_of(source, level, places)]

    with pytest.raises(tiff.Corrupt, match="a tile is cut off"):
        write_part(found, cut, keep, target, 1)
    assert [path.name for path in target.parent.iterdir()] == ["part.tif"]
    assert target.read_text() == "older"


def test_a_wrong_choice_is_a_fault_of_the_caller(tmp_path: Path) -> None:
    found = parse(write(tmp_path / "source.tif", pixels(70, 70, "uint16")))
    keep = np.ones(found.levels[0].offsets.shape, np.bool_)
    with pytest.raises(ValueError, match=r"keep has shape \(1, 1\), the tiles \(5, 3\)"):
        layout(found, np.ones((1, 1), np.bool_), 1)
    for overview in (0, 3):
        with pytest.raises(ValueError, match=f"there is no overview {overview}"):
            layout(found, keep, overview)
