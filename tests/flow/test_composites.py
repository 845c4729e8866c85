"""Composites are those of the clear pixels of parcels, however the county is cut and read."""

from __future__ import annotations

import json
import shutil
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pystac
import pytest
import rasterio
import shapely
import xarray as xr
from exactextract import exact_extract
from numpy.typing import NDArray
from odc.stac import load

from farmland import flow, rules
from farmland.errors import UnusableInput
from farmland.flow import composites, cube, imagery, sheet_composites
from farmland.flow import look as looking
from farmland.flow.composite_looks import Field, Theme
from farmland.flow.composites import Made, Wanted
from farmland.flow.look import How, Shot, Sight, Site
from farmland.flow.radiance import Settled, settle
from farmland.flow.sheet_composites import Room
from farmland.grid import Window
from farmland.imagery import looks
from farmland.imagery.compositing import Method
from farmland.imagery.looks import Look
from farmland.io.catalog import static_catalog
from farmland.io.hosts import Reach
from farmland.periods import Period
from farmland.plan import Plan
from farmland.rules.indices import INDICES
from farmland.scene import BANDS
from farmland.tiling import sheets

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "samples"

METHODS = tuple(map(Method.parse, ("median", "max", "q25", "medoid", "geomedian")))
WANTED = Wanted(METHODS, (INDICES["NDVI"], INDICES["EVI"]), "month")
PERIOD = Period.parse("2023-04/2023-06")

pytestmark = pytest.mark.filterwarnings("ignore::farmland.errors.FarmlandWarning")


def plan(catalog: Path = SAMPLE, **settings: object) -> Plan:
    return Plan(
        parcels=str(SAMPLE / "parcels.gpkg"),
        catalog=str(catalog / "catalog.json"),
        offline=True,
        **settings,  # type: ignore[arg-type]
    )


def silent(*_: object) -> None:
    """Tell nobody."""


def run(folder: Path, asked: Plan | None = None, wanted: Wanted = WANTED) -> Made:
    folder.mkdir(exist_ok=True)
    asked = asked or plan()
    held = flow.prepare(asked, PERIOD, wanted.indices, silent)
    return composites.composites(asked, held, PERIOD, wanted, folder, silent)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return run(tmp_path_factory.mktemp("out") / "composites")


@pytest.fixture(scope="module")
def folder(made: Made) -> Path:
    return made.collection.parent


def numbers(path: Path) -> NDArray[np.generic]:
    with rasterio.open(path) as file:
        return file.read()


# --- what they are -----------------------------------------------------------


@dataclass(frozen=True)
class Seen:
    """Everything that May shows of one zone, pixel by pixel, as a notebook reads it."""

    zone: str
    ndvi: xr.DataArray
    bands: NDArray[np.float64]
    """(b, t, y, x) reflectance, NaN unless clear."""
    inside: NDArray[np.bool_]
    days: NDArray[np.int64]


@pytest.fixture(scope="module", params=[0, 1])
def seen(request: pytest.FixtureRequest) -> Seen:
    """In each of the sample's two zones; the window is that of the parcels."""
    asked = plan()
    parcels = flow.read_parcels(asked)
    found = flow.search(asked, parcels, PERIOD)
    settled = settle(found, asked, rules.load("cn").radiometry, silent)
    grouped = looks.group(scene for scene in found if scene.item_id in settled.counts)
    zone = sheets.zones(parcels.frame.geometry)[request.param]
    shapes = parcels.frame.geometry.iloc[zone.rows].to_crs(zone.crs)
    window = Window.around(*shapes.total_bounds)
    held = [look for look in grouped if look.day.month == 5]
    how = flow.how(asked, settled.counts, composites.DRAWN, rescue=False)
    lazy = cube.read(held, how, zone.crs, window).compute()
    x, y = np.meshgrid(lazy.x.values, lazy.y.values)
    squares = shapely.box(x - 5, y - 5, x + 5, y + 5)
    covered = shapely.area(shapely.intersection(squares, shapely.union_all(shapes.to_numpy())))
    bands = np.stack([lazy[band].where(lazy["clear"]).values for band in composites.DRAWN])
    first = np.datetime64("2023-05-01", "D")
    return Seen(
        f"utm{zone.crs[-2:]}n",
        cube.ndvi(lazy),
        bands.astype(np.float64),
        covered > 1e-6,
        (lazy.time.values.astype("M8[D]") - first).astype(np.int64),
    )


@pytest.mark.filterwarnings("ignore:All-NaN")
@pytest.mark.parametrize(("method", "share"), [("median", 0.5), ("q25", 0.25), ("max", 1.0)])
def test_an_index_is_the_quantile_of_clear_looks_inside_parcels(
    method: str, share: float, seen: Seen, folder: Path
) -> None:
    found = numbers(folder / f"ndvi_{method}_2023-05_{seen.zone}.tif")[0]
    expected = np.nanquantile(seen.ndvi.values.astype(np.float64), share, axis=0)
    expected[~seen.inside] = np.nan
    np.testing.assert_allclose(found, expected, atol=5.1e-5)
    assert np.isfinite(found).sum() > 3000
    assert np.array_equal(found, np.round(found, 4), equal_nan=True)


def test_looks_are_counted_and_days_are_those_of_the_maximum(seen: Seen, folder: Path) -> None:
    clear = numbers(folder / f"ndvi_clear_2023-05_{seen.zone}.tif")[0]
    expected = np.isfinite(seen.ndvi.values).sum(axis=0)
    np.testing.assert_array_equal(clear, np.where(seen.inside, expected, 65535))
    filled = np.where(np.isfinite(seen.ndvi.values), seen.ndvi.values, -9)
    days = np.where(expected > 0, seen.days[filled.argmax(axis=0)], -1)
    found = numbers(folder / f"ndvi_max_day_2023-05_{seen.zone}.tif")[0]
    np.testing.assert_array_equal(found, np.where(seen.inside, days, -1))


def test_a_medoid_is_one_look_and_no_other_is_nearer_to_all(seen: Seen, folder: Path) -> None:
    found = numbers(folder / f"reflectance_medoid_2023-05_{seen.zone}.tif")
    days = numbers(folder / f"reflectance_medoid_day_2023-05_{seen.zone}.tif")[0]
    held = np.isfinite(seen.bands).all(axis=0) & seen.inside
    away = np.sqrt(((seen.bands[:, :, None] - seen.bands[:, None]) ** 2).sum(axis=0))
    sums = np.where(held, np.nansum(away, axis=1), np.inf)
    assert np.array_equal(days >= 0, held.any(axis=0))
    for y, x in np.argwhere(days >= 0)[::37]:
        at = int(np.flatnonzero(seen.days == days[y, x])[0])
        np.testing.assert_array_equal(found[:, y, x], np.rint(seen.bands[:, at, y, x] * 1e4))
        assert sums[at, y, x] <= sums[:, y, x].min() + 1e-5
    assert (found[:, days < 0] == -32768).all()


def test_no_point_near_a_geometric_median_is_nearer_to_all(seen: Seen, folder: Path) -> None:
    found = numbers(folder / f"reflectance_geomedian_2023-05_{seen.zone}.tif")
    whole = found[0] != -32768
    assert np.array_equal(whole, np.isfinite(seen.bands).all(axis=0).any(axis=0) & seen.inside)
    random = np.random.default_rng(0)
    for y, x in np.argwhere(whole)[::37]:
        looks_here = seen.bands[:, :, y, x]

        def far(point: NDArray[np.float64], at: NDArray[np.float64] = looks_here) -> float:
            return float(np.nansum(np.sqrt(((at - point[:, None]) ** 2).sum(axis=0))))

        best = far(found[:, y, x] * 1e-4)
        slack = 2e-4 * looks_here.shape[1]  # stored in steps of 1e-4
        for shift in random.normal(0, 0.005, (4, len(BANDS))):
            assert best <= far(found[:, y, x] * 1e-4 + shift) + slack


def test_weighted_by_what_parcels_cover_a_composite_gives_the_table(tmp_path: Path) -> None:
    """On one day, by exactextract: pixel for pixel the same looks, the same NDVI."""
    day = Period.parse("2023-05-27")
    median = Wanted(METHODS[:1], (INDICES["NDVI"],), "period")
    held = flow.prepare(plan(), day, median.indices, silent)
    composites.composites(plan(), held, day, median, tmp_path, silent)
    (path,) = tmp_path.glob("ndvi_median*.tif")
    with rasterio.open(path) as file:
        crs = file.crs
    table = {row[0]: row for row in flow.ndvi(plan(), day, silent).rows()}
    frame = flow.read_parcels(plan()).frame[["parcel_id", "geometry"]].to_crs(crs)
    exact = exact_extract(
        str(path), frame, ["mean", "count"], include_cols=["parcel_id"], output="pandas"
    )
    compared = 0
    for name, mean, count in exact[["parcel_id", "mean", "count"]].itertuples(index=False):
        if name in table and table[name][3] > 0:
            assert abs(count - table[name][3]) < 1e-4
            assert abs(mean - table[name][2][0]) < 5.1e-5
            compared += 1
    assert compared > 20


def test_another_index_is_another(folder: Path) -> None:
    ndvi, evi = (numbers(folder / f"{name}_median_2023-05_utm50n.tif") for name in ("ndvi", "evi"))
    both = np.isfinite(ndvi) & np.isfinite(evi)
    assert both.sum() > 3000
    assert 0.8 < np.corrcoef(ndvi[both], evi[both])[0, 1] < 0.9999


# --- the same, however it is read --------------------------------------------


@pytest.mark.parametrize(("side", "workers", "strip"), [(64, 1, 50_000), (37, 3, 900)])
def test_sheets_threads_and_strips_change_nothing(
    side: int,
    workers: int,
    strip: int,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every file, bit for bit, items and collection too."""
    monkeypatch.setattr(sheets, "SHEET", side)
    monkeypatch.setattr(composites, "STRIP_BYTES", strip)
    run(tmp_path / "again", plan(workers=workers))
    names = sorted(path.name for path in folder.iterdir())
    assert names == sorted(path.name for path in (tmp_path / "again").iterdir())
    assert len(names) > 60
    for name in names:
        if name.endswith(".tif"):
            one, other = numbers(folder / name), numbers(tmp_path / "again" / name)
            np.testing.assert_array_equal(one, other, name)
        else:
            assert (folder / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


@dataclass
class Fake:
    """A look that shows the same everywhere, without a file."""

    asked: int = 0

    def read(self, scenes: object, site: Site, how: How) -> Sight:
        self.asked += 1
        cells = np.ones(site.farmland.shape, np.bool_)
        image = np.full(site.window.shape, 1000 + self.asked, np.uint16)
        shot = Shot("a", cells, (image, image + np.uint16(500)), 0, cells, 0, 0)
        return Sight(cells, ~cells, (shot,))


def peak_of(looks_in_all: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> float:
    """Bytes at most while one sheet of 256 pixels is composed."""
    fake = Fake()
    monkeypatch.setattr(looking, "read", fake.read)
    scene = SimpleNamespace(assets=("nir", "red"))
    monkeypatch.setattr(looking, "touching", lambda scenes, *_: (scene,))
    window = Window(0, 0, 256, 256)
    rows, columns = (axis.ravel() for axis in np.mgrid[:256, :256])
    land = Field(Site.around("EPSG:32650", window, rows, columns), rows, columns)
    theme = Theme.of_index(INDICES["NDVI"], METHODS[:3], 0)
    how = How({}, theme.bands, rules.load("cn").detection, Reach(None))
    first = date(2023, 1, 1)
    steps = [(first, [Look(first + timedelta(days=day), ()) for day in range(looks_in_all)])]
    room = Room(2, 2, 1_000_000, str(folder))
    tracemalloc.start()
    ((done,),) = [
        list(all_) for _, all_ in sheet_composites.compose(land, steps, [theme], how, room)
    ]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert fake.asked == looks_in_all
    assert (done.clear == looks_in_all).all()
    return peak


def test_memory_does_not_grow_with_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One look is a quarter of a megabyte; 200 of them are 52."""
    peak_of(3, tmp_path, monkeypatch)  # compiles
    few, many = (peak_of(number, tmp_path, monkeypatch) for number in (20, 200))
    assert many < few + 2e6
    assert many < 12e6


# --- what is missing ---------------------------------------------------------


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample, in which a look of May lost its red band and one its classification."""
    copy = tmp_path_factory.mktemp("broken") / "sample"
    shutil.copytree(SAMPLE, copy)
    for name in ("*20230512*/red.tif", "*20230506*/scl.tif"):
        for path in copy.glob(name):
            path.write_bytes(path.read_bytes()[:200])
    return copy


@pytest.fixture
def settled_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Offsets are those of the whole sample, whatever is broken later."""
    asked = plan()
    found = flow.search(asked, flow.read_parcels(asked), PERIOD)
    settled = settle(found, asked, rules.load("cn").radiometry, silent)
    monkeypatch.setattr(imagery, "settle", lambda *_: settled)


@pytest.mark.usefixtures("settled_before")
def test_what_stays_unread_is_told(made: Made, folder: Path, broken: Path, tmp_path: Path) -> None:
    assert (made.unread, made.needed > 20_000) == (0, True)
    spoilt = run(tmp_path / "out", plan(broken))
    assert 0 < spoilt.unread < spoilt.needed
    told = {}
    for path in (tmp_path / "out").glob("ndvi_median*.json"):
        before = json.loads((folder / path.name).read_text())["properties"]
        after = json.loads(path.read_text())["properties"]
        assert before["farmland:unread_looks"] == 0
        assert after["farmland:unread_looks"] == len(after["farmland:unread_days"])
        told[path.stem] = after["farmland:unread_days"]
        assert not set(after["farmland:days"]) & set(after["farmland:unread_days"])
        assert set(before["farmland:days"]) - set(after["farmland:days"]) <= set(told[path.stem])
    assert told == {
        "ndvi_median_2023-04_utm50n": [],
        "ndvi_median_2023-05_utm50n": ["2023-05-12"],
        "ndvi_median_2023-05_utm51n": ["2023-05-06"],
        "ndvi_median_2023-06_utm50n": [],
    }
    before, after = (
        numbers(place / "ndvi_clear_2023-05_utm50n.tif").astype(int)
        for place in (folder, tmp_path / "out")
    )
    assert set(np.unique(before - after)) == {0, 1}


@pytest.mark.usefixtures("settled_before")
def test_how_much_stays_unread_does_not_depend_on_the_sheets(
    broken: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    median = Wanted(METHODS[:1], (INDICES["NDVI"],), "period")
    one = run(tmp_path / "one", plan(broken), median)
    monkeypatch.setattr(sheets, "SHEET", 50)
    other = run(tmp_path / "other", plan(broken), median)
    assert (one.unread, one.needed) == (other.unread, other.needed)


def test_a_step_without_a_scene_is_named(made: Made) -> None:
    assert made.without_looks == ("2023-04_utm51n", "2023-06_utm51n")
    assert not [name for name in made.items if "2023-04_utm51n" in name]


def test_a_band_that_no_scene_has_is_said(tmp_path: Path) -> None:
    shutil.copytree(SAMPLE, tmp_path / "sample")
    for path in (tmp_path / "sample").glob("*/*.json"):
        item = json.loads(path.read_text())
        item.get("assets", {}).pop("blue", None)
        path.write_text(json.dumps(item))
    with pytest.raises(UnusableInput, match="The index EVI needs the band blue, which no") as fault:
        run(tmp_path / "out", plan(tmp_path / "sample"))
    assert "指数 EVI 需要波段 blue" in fault.value.chinese
    run(tmp_path / "out", plan(tmp_path / "sample"), Wanted(METHODS[3:4], (), "period"))
    (path,) = (tmp_path / "out").glob("reflectance_medoid_2023-04-01*utm50n.tif")
    with rasterio.open(path) as file:
        assert file.descriptions == ("red", "green", "nir", "swir16", "swir22")


def test_scenes_that_are_all_set_aside_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imagery, "settle", lambda *_: Settled({}, {}, {}))
    with pytest.raises(UnusableInput, match=r"None of the 14 scenes of .* can be used") as fault:
        run(tmp_path / "out")
    assert "14 景影像均不能用于" in fault.value.chinese
    assert list((tmp_path / "out").iterdir()) == []


# --- for others --------------------------------------------------------------


def documents(folder: Path) -> Iterator[pystac.STACObject]:
    root = pystac.Collection.from_file(str(folder / "collection.json"))
    yield root
    yield from root.get_items()


def test_pystac_validates_every_document(folder: Path, made: Made, tmp_path: Path) -> None:
    """Against the core schemas that pystac brings, in a folder that was moved."""
    moved = shutil.copytree(folder, tmp_path / "moved")
    held = list(documents(moved))
    assert {each.id for each in held[1:]} == set(made.items)
    for each in held:
        core = {**each.to_dict(include_self_link=False), "stac_extensions": []}
        assert pystac.validation.validate_dict(core)
    for path in folder.glob("*.json"):
        assert str(folder.parent) not in path.read_text()


def test_items_say_what_the_files_are(folder: Path) -> None:
    for item in list(documents(folder))[1:]:
        told = item.properties
        assert "Contains modified Copernicus Sentinel data 2023" in told["processing:lineage"]
        assert told["start_datetime"][:7] == told["end_datetime"][:7]
        assert told["farmland:looks"] == len(told["farmland:days"]) > 0
        for key, asset in item.assets.items():
            with rasterio.open(asset.get_absolute_href()) as file:
                assert [file.height, file.width] == told["proj:shape"]
                assert list(file.transform) == told["proj:transform"]
                assert list(file.bounds) == told["proj:bbox"]
                assert f"EPSG:{file.crs.to_epsg()}" == told["proj:code"]
                assert file.dtypes[0] == asset.extra_fields["data_type"]
                assert str(file.nodata) == str(float(asset.extra_fields["nodata"]))
                assert file.scales[0] == asset.extra_fields.get("raster:scale", 1.0)
                names = tuple(band["name"] for band in asset.extra_fields["bands"])
                assert file.descriptions == names
                assert "2023" in file.tags()["TIFFTAG_COPYRIGHT"]
                shown = gpd.GeoSeries([shapely.box(*file.bounds)], crs=file.crs).to_crs(4326)
                assert shapely.geometry.shape(item.geometry).intersects(shown.iloc[0])
            assert (key == item.properties["farmland:theme"]) == ("data" in asset.roles)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning")
def test_our_own_reader_and_odc_stac_open_them(folder: Path, made: Made) -> None:
    walked = static_catalog.walked(
        str(folder / "collection.json"), static_catalog.read_local, Reach(folder)
    )
    found = {item["id"]: locate(item["assets"]["clear"]["href"]) for item, locate in walked}
    assert set(found) == set(made.items)
    assert all(Path(path).is_file() for path in found.values())
    items = [
        item
        for item in list(documents(folder))[1:]
        if item.id.startswith("ndvi_median") and item.id.endswith("utm50n")
    ]
    loaded = load(items, bands=["ndvi"])
    assert loaded.sizes["time"] == 3
    path = folder / "ndvi_median_2023-05_utm50n.tif"
    np.testing.assert_array_equal(loaded["ndvi"].values[1], numbers(path)[0])


def test_a_second_run_adds_and_a_foreign_folder_is_left_alone(tmp_path: Path) -> None:
    few = Wanted(METHODS[:1], (INDICES["NDVI"],), "period")
    (tmp_path / "out" / ".composites.writing-killed").mkdir(parents=True)
    run(tmp_path / "out", wanted=few)
    assert not list((tmp_path / "out").glob(".*"))
    again = run(tmp_path / "out", wanted=Wanted(METHODS[:1], (INDICES["LSWI"],), "period"))
    names = {item.id.split("_")[0] for item in list(documents(tmp_path / "out"))[1:]}
    assert names == {"ndvi", "lswi"}
    assert len(again.items) == 2
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "collection.json").write_text('{"id": "theirs"}')
    with pytest.raises(UnusableInput, match="did not write: give another --out") as fault:
        run(tmp_path / "theirs")
    assert "不是 farmland ndvi 写出的" in fault.value.chinese
