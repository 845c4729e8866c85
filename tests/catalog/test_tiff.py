"""TIFF files as GDAL writes them come back pixel for pixel; damaged ones fail in two known ways."""

from __future__ import annotations

import struct
import time
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import rasterio
import rasterio.shutil
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.transform import Affine

from farmland.io.bands import tiff
from farmland.io.bands.directories import MOST_DIRECTORIES

PLACE = Affine(10, 0, 499980, 0, -10, 4200000)


def fetch_from(data: bytes) -> Callable[[int, int], bytes]:
    return lambda start, length: data[start : start + length]


def parse(path: Path) -> tiff.Tiff:
    return tiff.parse(fetch_from(path.read_bytes()))


def whole(level: tiff.Level, data: bytes) -> NDArray[np.generic]:
    """An image put together from its tiles; 0 where one is sparse."""
    down, across = level.offsets.shape
    image = np.zeros((down * level.tile_height, across * level.tile_width), np.uint16)
    for (row, column), start in np.ndenumerate(level.offsets):
        if size := int(level.sizes[row, column]):
            tile = tiff.decode(level, data[start : start + size])
            assert tile.shape == (level.tile_height, level.tile_width)
            assert tile.dtype == level.dtype.newbyteorder("=")
            top, left = row * level.tile_height, column * level.tile_width
            image[top : top + level.tile_height, left : left + level.tile_width] = tile
    return image[: level.height, : level.width]


def pixels(height: int, width: int, dtype: str, seed: int = 1) -> NDArray[np.generic]:
    """Noise with a flat corner, as a scene half outside of its swath."""
    values = np.random.default_rng(seed).integers(0, np.iinfo(dtype).max, (height, width))
    values[: height // 2, : width // 2] = 0
    return values.astype(dtype)


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
    }
    with rasterio.open(path, "w", **{**profile, **options}) as file:
        file.write(values, 1)
    return path


TILED = {"tiled": True, "blockxsize": 32, "blockysize": 16}


@given(
    shape=st.tuples(st.integers(1, 90), st.integers(1, 90)),
    dtype=st.sampled_from(["uint8", "uint16"]),
    compress=st.sampled_from(["none", "lzw", "deflate", "zstd"]),
    predictor=st.sampled_from([1, 2]),
    bigtiff=st.sampled_from(["yes", "no"]),
    endianness=st.sampled_from(["little", "big"]),
    tile=st.none() | st.tuples(st.sampled_from([16, 32, 64]), st.sampled_from([16, 48])),
    strip=st.integers(1, 100),
    sparse=st.booleans(),
)
def test_what_gdal_writes_comes_back(
    tmp_path_factory: pytest.TempPathFactory,
    shape: tuple[int, int],
    dtype: str,
    compress: str,
    predictor: int,
    bigtiff: str,
    endianness: str,
    tile: tuple[int, int] | None,
    strip: int,
    sparse: bool,
) -> None:
    options: dict[str, object] = {"tiled": False, "blockysize": strip}
    if tile:
        options = {"tiled": True, "blockxsize": tile[0], "blockysize": tile[1]}
    if compress != "none":
        options["predictor"] = predictor
    path = write(
        tmp_path_factory.getbasetemp() / "written.tif",
        pixels(*shape, dtype),
        compress=compress,
        bigtiff=bigtiff,
        endianness=endianness,
        sparse_ok=sparse,
        **options,
    )
    found = parse(path)
    (level,) = found.levels
    with rasterio.open(path) as file:
        np.testing.assert_array_equal(whole(level, path.read_bytes()), file.read(1))
        if compress != "none":  # libtiff reads one large plain strip as if it were many
            assert (level.tile_height, level.tile_width) == file.block_shapes[0]
    assert level.dtype.itemsize == np.dtype(dtype).itemsize
    assert found.epsg == 32650
    assert found.transform == tuple(PLACE)[:6]
    assert level.stripped is (tile is None)


@given(
    st.tuples(st.integers(100, 300), st.integers(100, 300)),
    st.sampled_from(["deflate", "lzw", "zstd"]),
    st.sampled_from(["uint8", "uint16"]),
    st.booleans(),
)
def test_every_overview_of_a_cog(
    tmp_path_factory: pytest.TempPathFactory,
    shape: tuple[int, int],
    compress: str,
    dtype: str,
    sparse: bool,
) -> None:
    folder = tmp_path_factory.getbasetemp()
    plain = write(folder / "plain.tif", pixels(*shape, dtype), nodata=0)
    path = folder / "cog.tif"
    rasterio.shutil.copy(
        plain, path, driver="COG", compress=compress, predictor="yes", blocksize=128,
        sparse_ok=sparse, overview_count=2,
    )  # fmt: skip
    found = parse(path)
    assert len(found.levels) == 3
    assert found.nodata == 0
    same_as_gdal(path)


def same_as_gdal(path: Path) -> None:
    found = parse(path)
    data = path.read_bytes()
    with rasterio.open(path) as file:
        factors = file.overviews(1)
        assert len(factors) == len(found.levels) - 1
        np.testing.assert_array_equal(whole(found.levels[0], data), file.read(1))
    for number, level in enumerate(found.levels[1:]):
        with rasterio.open(path, overview_level=number) as file:
            assert file.shape == (level.height, level.width)
            np.testing.assert_array_equal(whole(level, data), file.read(1))


def test_overviews_and_masks_added_later(tmp_path: Path) -> None:
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK="YES"):
        path = write(tmp_path / "a.tif", pixels(200, 130, "uint16"), **TILED)
        with rasterio.open(path, "r+") as file:
            file.write_mask(pixels(200, 130, "uint8") > 0)
            file.build_overviews([2, 4], Resampling.nearest)
    sides = [(level.height, level.width) for level in parse(path).levels]
    assert sides == [(200, 130), (100, 65), (50, 33)]
    same_as_gdal(path)


@pytest.mark.parametrize("name", ["B01", "B02", "B8A", "SCL", "WVP"])
def test_a_real_scene(shared: Path, name: str) -> None:
    path = shared / "data" / "cog_29RKH" / f"{name}.tif"
    found = parse(path)
    with rasterio.open(path) as file:
        assert found.transform == tuple(file.transform)[:6]
        assert (found.epsg, found.nodata) == (32629, file.nodata)
    same_as_gdal(path)


def test_a_real_series(shared: Path) -> None:
    (folder, *_) = sorted((shared / "data/s2_flanders_2018_2019/scenes").iterdir())
    paths = sorted(folder.glob("*.tif"))
    assert len(paths) > 3
    for path in paths:
        same_as_gdal(path)


# --- what the file says besides -----------------------------------------------


def test_scale_offset_and_nodata(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", pixels(20, 20, "uint16"), nodata=65535)
    bare = parse(path)
    assert (bare.scale, bare.offset, bare.nodata, bare.partial) == (None, None, 65535, False)
    with rasterio.open(path, "r+") as file:
        file.scales, file.offsets = (0.0001,), (-0.1,)
        file.update_tags(note="<Item name='FARMLAND_PARTIAL'>YES</Item>")
    found = parse(path)
    assert (found.scale, found.offset, found.partial) == (0.0001, -0.1, False)


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (Affine(10, 0, 5, 0, -20, 7), (10, 0, 5, 0, -20, 7)),
        (Affine(10, 1, 5, 1, -10, 7), None),
        (Affine(10, 0, 5, 0, 10, 7), None),
        (Affine.identity(), None),
    ],
)
@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_only_north_up_images_have_a_place(
    tmp_path: Path, place: Affine, expected: tuple[float, ...] | None
) -> None:
    path = write(tmp_path / "a.tif", pixels(20, 20, "uint8"), transform=place)
    assert parse(path).transform == expected


def test_a_matrix_without_rotation_is_a_place(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", pixels(20, 20, "uint8"), transform=Affine(10, 1, 5, 2, -10, 7))
    data = path.read_bytes()
    matrix = [10, 1, 0, 5, 2, -10, 0, 7, 0, 0, 0, 0, 0, 0, 0, 1]
    assert data.count(struct.pack("<16d", *matrix)) == 1
    straight = [10, 0, 0, 5, 0, -10, 0, 7, 0, 0, 0, 0, 0, 0, 0, 1]
    data = data.replace(struct.pack("<16d", *matrix), struct.pack("<16d", *straight))
    assert tiff.parse(fetch_from(data)).transform == (10, 0, 5, 0, -10, 7)


def test_pixels_that_are_points_lie_around_them(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", pixels(20, 20, "uint8"))
    with rasterio.open(path, "r+") as file:
        file.update_tags(AREA_OR_POINT="Point")
        file.transform = PLACE
    with rasterio.open(path) as file:
        assert file.tags()["AREA_OR_POINT"] == "Point"
        assert parse(path).transform == tuple(file.transform)[:6] == tuple(PLACE)[:6]


@pytest.mark.parametrize(("crs", "epsg"), [("EPSG:4547", 4547), ("EPSG:4326", None), (None, None)])
def test_only_projected_systems_have_a_code(
    tmp_path: Path, crs: str | None, epsg: int | None
) -> None:
    assert parse(write(tmp_path / "a.tif", pixels(20, 20, "uint8"), crs=crs)).epsg == epsg


# --- what is not read ---------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "options", "reason"),
    [
        (pixels(64, 64, "uint8"), {"compress": "jpeg"}, "its compression 7 is not read"),
        (pixels(64, 64, "uint8"), {"compress": "packbits"}, "its compression 32773 is not read"),
        (pixels(9, 9, "int16"), {}, "its pixels are not whole numbers of 8 or 16 bits"),
        (pixels(9, 9, "uint32"), {}, "its pixels are not whole numbers of 8 or 16 bits"),
        (pixels(9, 9, "uint16"), {"nbits": 12}, "its pixels are not whole numbers"),
        (pixels(9, 9, "uint8").astype("f4"), {"predictor": 3}, "its predictor 3 is not read"),
        (pixels(9, 9, "uint8"), {"driver": "PNG", "compress": None}, "it is no TIFF"),
    ],
)
def test_another_kind_of_file_says_which(
    tmp_path: Path, values: NDArray[np.generic], options: dict[str, object], reason: str
) -> None:
    path = write(tmp_path / "a.tif", values, **options)
    with pytest.raises(tiff.Unsupported, match=reason):
        parse(path)


def test_several_samples_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    with rasterio.open(
        path, "w", driver="GTiff", height=9, width=9, count=3, dtype="uint8", transform=PLACE
    ) as file:
        file.write(np.zeros((3, 9, 9), np.uint8))
    with pytest.raises(tiff.Unsupported, match="it has 3 samples per pixel"):
        parse(path)


def tag_at(data: bytes, tag: int) -> int:
    """Where a tag of the first directory of a little-endian classic TIFF stands."""
    (start,) = struct.unpack("<I", data[4:8])
    (count,) = struct.unpack("<H", data[start : start + 2])
    places = [start + 2 + 12 * number for number in range(count)]
    (place,) = [at for at in places if struct.unpack("<H", data[at : at + 2])[0] == tag]
    return place


def changed(data: bytes, tag: int, kind: int, count: int, value: int) -> bytes:
    place = tag_at(data, tag)
    return data[:place] + struct.pack("<HHII", tag, kind, count, value) + data[place + 12 :]


@pytest.mark.parametrize(
    ("change", "fault", "reason"),
    [
        ((322, 4, 1, 2**31), tiff.Unsupported, "its tiles are larger than 64 MiB"),
        ((322, 4, 1, 0), tiff.Corrupt, "its tiles are 0 x 16 pixels"),
        ((322, 2, 1, 32), tiff.Corrupt, "its tag 322 is no number"),
        ((256, 4, 1, 2**31), tiff.Corrupt, "its size is 2147483648 x 90 pixels"),
        ((256, 4, 1, 2**23), tiff.Corrupt, "it lacks the places of its tiles"),
        ((324, 4, 2**31, 8), tiff.Corrupt, "its tag 324 has 2147483648 values"),
        ((324, 4, 100_000, 8), tiff.Corrupt, "its directory is cut off"),
        ((324, 12, 24, 8), tiff.Corrupt, "it lacks the places of its tiles"),
        ((317, 3, 1, 3), tiff.Unsupported, "its predictor 3 is not read"),
    ],
)
def test_a_hostile_tag_is_refused(
    tmp_path: Path, change: tuple[int, ...], fault: type[ValueError], reason: str
) -> None:
    path = write(tmp_path / "a.tif", pixels(90, 100, "uint16"), predictor=2, **TILED)
    with pytest.raises(fault, match=reason):
        tiff.parse(fetch_from(changed(path.read_bytes(), *change)))


def test_more_tiles_than_are_counted(tmp_path: Path) -> None:
    data = write(tmp_path / "a.tif", pixels(90, 100, "uint16"), **TILED).read_bytes()
    data = changed(changed(data, 256, 4, 1, 2**24), 257, 4, 1, 2**24)
    with pytest.raises(tiff.Unsupported, match="it has 549755813888 tiles"):
        tiff.parse(fetch_from(data))


def test_sizes_that_no_tile_can_have(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", pixels(20, 20, "uint8"), tiled=False, blockysize=20)
    data = path.read_bytes()
    for tag, value in ((279, 2**31), (273, 0)):
        with pytest.raises(tiff.Corrupt, match="its tiles cannot lie where it says"):
            tiff.parse(fetch_from(changed(data, tag, 4, 1, value)))


def test_directories_in_a_circle_end(tmp_path: Path) -> None:
    data = bytearray(write(tmp_path / "a.tif", pixels(20, 20, "uint8")).read_bytes())
    (start,) = struct.unpack("<I", data[4:8])
    (count,) = struct.unpack("<H", data[start : start + 2])
    at = start + 2 + 12 * count
    data[at : at + 4] = struct.pack("<I", start)
    with pytest.raises(tiff.Corrupt, match="its directories run in a circle"):
        tiff.parse(fetch_from(bytes(data)))
    data[start : start + 2] = struct.pack("<H", 65535)
    with pytest.raises(tiff.Corrupt, match="its directory has 65535 tags"):
        tiff.parse(fetch_from(bytes(data)))


def test_a_book_of_pages_is_read_so_far_and_no_further(tmp_path: Path) -> None:
    path = tmp_path / "book.tif"
    for number in range(40):
        write(path, pixels(9, 9, "uint8"), append_subdataset=number > 0)
    data, asked = path.read_bytes(), []

    def fetch(start: int, length: int) -> bytes:
        asked.append(start)
        return data[start : start + length]

    assert len(tiff.parse(fetch).levels) == 1
    assert len(asked) <= MOST_DIRECTORIES


def test_an_empty_chain_of_directories() -> None:
    with pytest.raises(tiff.Corrupt, match="it has no directory"):
        tiff.parse(fetch_from(b"II*\0\0\0\0\0"))
    with pytest.raises(tiff.Corrupt, match="it is cut off in its header"):
        tiff.parse(fetch_from(b"II*\0"))


# --- how it is read -----------------------------------------------------------


def test_one_read_suffices_for_a_granule(tmp_path: Path) -> None:
    plain = tmp_path / "plain.tif"
    write(
        plain,
        np.zeros((10980, 10980), np.uint8),
        sparse_ok=True,
        **TILED | {"blockxsize": 512, "blockysize": 512},
    )
    path = tmp_path / "cog.tif"
    rasterio.shutil.copy(
        plain, path, driver="COG", compress="deflate", blocksize=512, bigtiff="yes"
    )
    asked = []

    def fetch(start: int, length: int) -> bytes:
        asked.append((start, length))
        return path.read_bytes()[start : start + length]

    assert len(tiff.parse(fetch).levels) == 6
    assert asked == [(0, tiff.HEAD_BYTES)]


def test_directories_far_from_the_head_are_fetched(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", pixels(400, 400, "uint16"), **TILED)
    with rasterio.open(path, "r+") as file:
        file.build_overviews([2, 4], Resampling.nearest)
    assert path.stat().st_size > 4 * tiff.HEAD_BYTES
    same_as_gdal(path)
    data = path.read_bytes()
    with pytest.raises(tiff.Corrupt, match="its directory is cut off"):
        tiff.parse(fetch_from(data[: tiff.HEAD_BYTES + 100]))


# --- damage -------------------------------------------------------------------


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    folder = tmp_path_factory.mktemp("sound")
    files = []
    for compress in ("none", "lzw", "deflate", "zstd"):
        for bigtiff in ("yes", "no"):
            path = folder / f"{compress}-{bigtiff}.tif"
            write(
                path,
                pixels(50, 70, "uint16"),
                compress=compress,
                bigtiff=bigtiff,
                nodata=0,
                **TILED,
            )
            with rasterio.open(path, "r+") as file:
                file.scales = (0.5,)
                file.build_overviews([2], Resampling.nearest)
            files.append(path.read_bytes())
    return files


def read_all(data: bytes) -> None:
    """Every tile, giving in where the reader says that it cannot."""
    try:
        found = tiff.parse(fetch_from(data))
    except (tiff.Unsupported, tiff.Corrupt):
        return
    assert all(level.offsets.shape == level.sizes.shape for level in found.levels)
    for level in found.levels:
        for start, size in list(zip(level.offsets.flat, level.sizes.flat, strict=True))[:20]:
            try:
                tile = tiff.decode(level, data[start : start + size])
            except tiff.Corrupt:
                continue
            assert tile.shape == (level.tile_height, level.tile_width)


@given(which=st.integers(0, 7), end=st.floats(0, 1))
def test_a_cut_file_is_corrupt_and_nothing_worse(
    sound: list[bytes], which: int, end: float
) -> None:
    read_all(sound[which][: int(end * len(sound[which]))])


@given(
    which=st.integers(0, 7),
    flips=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=8),
    head=st.booleans(),
)
def test_flipped_bytes_are_corrupt_and_nothing_worse(
    sound: list[bytes], which: int, flips: list[tuple[float, int]], head: bool
) -> None:
    data = bytearray(sound[which])
    for place, value in flips:
        data[int(place * (min(len(data), 600) if head else len(data) - 1))] = value
    read_all(bytes(data))


@given(st.sampled_from([b"II*\0", b"MM\0*", b"II+\0\x08\0\0\0"]), st.binary(max_size=600))
def test_noise_is_refused(mark: bytes, noise: bytes) -> None:
    read_all(mark + noise)


@pytest.fixture(scope="module")
def level(sound: list[bytes]) -> tiff.Level:
    return tiff.parse(fetch_from(sound[5])).levels[0]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x",
        zlib.compress(bytes(1023)),
        zlib.compress(bytes(1025)),
        zlib.compress(bytes(1024))[:-1],
    ],
    ids=["empty", "noise", "short", "long", "cut"],
)
def test_a_tile_that_does_not_decode_to_its_size(level: tiff.Level, data: bytes) -> None:
    assert tiff.decode(level, memoryview(zlib.compress(bytes(1024)))).shape == (16, 32)
    with pytest.raises(tiff.Corrupt, match="a tile "):
        tiff.decode(level, data)


@given(st.sampled_from([1, 5, 8, 50000]), st.binary(max_size=2000))
def test_noise_in_a_tile_is_corrupt_and_nothing_worse(
    level: tiff.Level, compression: int, data: bytes
) -> None:
    try:
        tile = tiff.decode(replace(level, compression=compression), data)
    except tiff.Corrupt:
        return
    assert tile.shape == (16, 32)


def test_a_bomb_is_given_the_room_of_a_tile(level: tiff.Level) -> None:
    bomb = bytes(30_000_000)
    for compression, pack in ((8, zlib.compress), (50000, imagecodecs.zstd_encode)):
        with pytest.raises(tiff.Corrupt, match="a tile does not decode"):
            tiff.decode(replace(level, compression=compression), bytes(pack(bomb)))
    packed = bytes(imagecodecs.lzw_encode(bomb))
    assert not tiff.decode(replace(level, compression=5), packed).any()


@pytest.mark.parametrize(
    "text", ["<Item " * 150_000, "<Item >" * 140_000, "<!ENTITY a '&a;&a;'>" * 9000]
)
def test_hostile_metadata_takes_no_time(tmp_path: Path, text: str) -> None:
    path = write(tmp_path / "a.tif", pixels(20, 20, "uint8"), **TILED)
    data = path.read_bytes()
    with rasterio.open(path, "r+") as file:
        file.scales = (0.5,)
    data = path.read_bytes()
    packed = text.encode()
    begin = time.perf_counter()
    found = tiff.parse(fetch_from(changed(data, 42112, 2, len(packed), len(data)) + packed))
    assert time.perf_counter() - begin < 1
    assert (found.scale, found.offset, found.partial) == (None, None, False)
