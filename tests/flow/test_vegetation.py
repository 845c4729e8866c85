"""Indices of parcels are those of their clear pixels, however the county is cut and read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from farmland import flow, indices, rules
from farmland.flow import cube, vegetation
from farmland.flow.look import How
from farmland.flow.record import Vegetation
from farmland.grid import Window
from farmland.imagery import looks
from farmland.imagery.looks import Look
from farmland.io import catalog
from farmland.io import parcels as parcel_layers
from farmland.io.hosts import Reach
from farmland.periods import Period
from farmland.plan import Plan
from farmland.rules.indices import INDICES
from farmland.scene import SCL, Asset
from farmland.tiling import sheets

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "samples"


@pytest.fixture(scope="module")
def parcels() -> gpd.GeoSeries:
    return parcel_layers.read(SAMPLE / "parcels.gpkg").frame.geometry


@pytest.fixture(scope="module")
def record(parcels: gpd.GeoSeries) -> tuple[Look, ...]:
    box = tuple(parcels.to_crs(4326).total_bounds)
    held = catalog.find(
        str(SAMPLE / "catalog.json"), "", box, Period.parse("2015-06/2030"), offline=True
    )
    return looks.group(held)[40:70]


NDVI = (indices.program(INDICES["NDVI"]),)


def how(record: tuple[Look, ...]) -> How:
    offsets = {scene.item_id: -1000 for look in record for scene in look.scenes}
    return How(offsets, ("red", "nir"), rules.load("cn").detection, Reach(None))


def whole(parts: Iterator[Vegetation]) -> Vegetation:
    """All parcels in input order."""
    held = list(parts)
    order = np.argsort(np.concatenate([part.rows for part in held]))
    return Vegetation(
        np.concatenate([part.rows for part in held])[order],
        np.concatenate([part.pixels for part in held])[order],
        *(
            np.concatenate([getattr(part, name) for part in held], axis=-1)[..., order]
            for name in ("seen", "clear", "unread", "means")
        ),
    )


def assert_equal(one: Vegetation, other: Vegetation) -> None:
    for name in ("rows", "pixels", "seen", "clear", "unread", "means"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), name)


@pytest.fixture(scope="module")
def found(parcels: gpd.GeoSeries, record: tuple[Look, ...]) -> Vegetation:
    return whole(vegetation.count(parcels, record, how(record), NDVI))


def test_every_parcel_comes_once(found: Vegetation, parcels: gpd.GeoSeries) -> None:
    assert found.rows.tolist() == list(range(len(parcels)))
    assert found.clear.sum() > 10_000
    assert (found.clear <= found.seen).all()
    assert (found.seen <= found.pixels).all()
    assert np.array_equal(np.isnan(found.means), found.clear == 0)
    assert not found.unread.any()


@pytest.mark.parametrize("number", [0, 1])
def test_it_is_the_mean_of_the_clear_pixels_by_how_much_of_them_is_inside(
    number: int, found: Vegetation, parcels: gpd.GeoSeries, record: tuple[Look, ...]
) -> None:
    """Against the cube of a notebook, asked pixel by pixel, in each of the sample's two zones."""
    zone = sheets.zones(parcels)[number]
    shapes = parcels.iloc[zone.rows].to_crs(zone.crs)
    window = Window.around(*shapes.total_bounds)
    seen = cube.read(record, how(record), zone.crs, window)
    days = seen.time.values.astype("M8[D]")
    ndvi = cube.ndvi(seen).values
    x, y = np.meshgrid(seen.x.values, seen.y.values)
    squares = shapely.box(x - 5, y - 5, x + 5, y + 5)
    for row, shape in list(zip(zone.rows, shapes, strict=True))[::5]:
        shares = shapely.area(shapely.intersection(squares, shape)) / 100
        assert abs(found.pixels[row] - shares.sum()) < 1e-5
        for position, look in enumerate(record):
            at = np.flatnonzero(days == np.datetime64(look.day))
            values = ndvi[at[0]] if at.size else np.full(x.shape, np.nan)
            held = np.where(np.isfinite(values), shares, 0)
            assert abs(found.clear[0, position, row] - held.sum()) < 1e-5
            if held.any():
                expected = np.average(np.nan_to_num(values.astype(np.float64)), weights=held)
                assert abs(found.means[0, position, row] - expected) < 2e-6


@pytest.mark.parametrize(("side", "readers"), [(64, 1), (100, 3), (37, 2)])
def test_sheets_and_threads_change_nothing(
    side: int,
    readers: int,
    found: Vegetation,
    parcels: gpd.GeoSeries,
    record: tuple[Look, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Parcels lie across sheets: what each has of them adds up to the same, bit for bit."""
    monkeypatch.setattr(sheets, "SHEET", side)
    told: list[tuple[int, int]] = []
    given = {"readers": readers, "done": lambda *count: told.append(count)}
    assert_equal(found, whole(vegetation.count(parcels, record, how(record), NDVI, **given)))
    counts, totals = zip(*told, strict=True)
    assert counts == tuple(sorted(counts))
    assert (set(totals), counts[0], counts[-1]) == ({counts[-1]}, 0, totals[0])
    assert len(told) > 1


def test_what_stays_unread_is_told_parcel_by_parcel(
    found: Vegetation, parcels: gpd.GeoSeries, record: tuple[Look, ...]
) -> None:
    """Look 3 loses its classification, look 5 its red band; all others stay as they are."""

    def broken(look: Look, band: str) -> Look:
        lost = {band: Asset("nowhere.tif")}
        scenes = [replace(held, assets={**held.assets, **lost}) for held in look.scenes]
        return Look(look.day, tuple(scenes))

    lost = [broken(look, {3: SCL, 5: "red"}.get(n, "")) for n, look in enumerate(record)]
    told = whole(vegetation.count(parcels, lost, how(record), NDVI))
    assert told.unread[3].all()
    assert np.array_equal(told.unread[5], found.clear[0, 5] > 0) or told.unread[5].any()
    assert not told.clear[0, [3, 5]].any()
    others = [n for n in range(len(record)) if n not in {3, 5}]
    np.testing.assert_array_equal(told.means[0, others], found.means[0, others])
    assert not told.unread[others].any()


def test_null_and_empty_parcels_are_left_out(
    parcels: gpd.GeoSeries, record: tuple[Look, ...], found: Vegetation
) -> None:
    few = gpd.GeoSeries([None, parcels.iloc[0], shapely.Polygon()], crs=parcels.crs)
    (part,) = vegetation.count(few, record, how(record), NDVI)
    assert part.rows.tolist() == [1]
    np.testing.assert_array_equal(part.means[:, :, 0], found.means[:, :, 0])
    assert list(vegetation.count(few.iloc[[0, 2]], record, how(record), NDVI)) == []


def test_a_sliver_counts_by_its_area(record: tuple[Look, ...]) -> None:
    sliver = gpd.GeoSeries([shapely.box(440_001, 4_000_001, 440_003, 4_000_003)], crs=32650)
    (part,) = vegetation.count(sliver, record, how(record), NDVI)
    assert part.pixels == pytest.approx(0.04, abs=1e-7)
    assert not part.seen.any()


@pytest.mark.filterwarnings("ignore::farmland.errors.FarmlandWarning")
def test_a_plan_gives_what_its_looks_give(found: Vegetation) -> None:
    plan = Plan(parcels=str(SAMPLE / "parcels.gpkg"), catalog=str(SAMPLE / "catalog.json"))
    told: list[str] = []
    year = Period.parse("2023")
    record = flow.ndvi(plan, year, lambda stage, _done, _total: told.append(stage))
    assert "looks" not in told
    table = whole(record.tables)
    assert table.means.shape == (1, len(record.looks), found.rows.size)
    assert "looks" in told
    rows = list(flow.ndvi(plan, year, lambda *_: None).rows())
    assert len(rows) == ((table.seen > 0) | table.unread).sum()
    assert {row[0] for row in rows} == set(record.parcel_ids)
    parcel, day, (ndvi,), clear, _, pixels, unread = rows[-1]
    at = [look.day for look in record.looks].index(day), record.parcel_ids.index(parcel)
    assert (clear, pixels, unread) == (table.clear[0][at], table.pixels[at[1]], False)
    assert ndvi == table.means[0][at] or (ndvi is None and clear == 0)


MANY = ("NDVI", "EVI", "MSAVI")


def test_every_index_is_the_mean_of_its_own_clear_pixels(
    found: Vegetation, parcels: gpd.GeoSeries, record: tuple[Look, ...]
) -> None:
    """Against formulas over the cube of a notebook; NDVI is the same whatever is asked beside."""
    programs = tuple(indices.program(INDICES[name]) for name in MANY)
    reading = replace(how(record), bands=("blue", "red", "nir"))
    told = whole(vegetation.count(parcels, record, reading, programs))
    np.testing.assert_array_equal(told.means[0], found.means[0])
    np.testing.assert_array_equal(told.clear[0], found.clear[0])
    zone = sheets.zones(parcels)[0]
    shapes = parcels.iloc[zone.rows].to_crs(zone.crs)
    seen = cube.read(record, reading, zone.crs, Window.around(*shapes.total_bounds)).compute()
    bands = {
        band: seen[band].where(seen["clear"]).to_numpy().astype(np.float64)
        for band in reading.bands
    }
    x, y = np.meshgrid(seen.x.to_numpy(), seen.y.to_numpy())
    squares = shapely.box(x - 5, y - 5, x + 5, y + 5)
    days = {day: t for t, day in enumerate(seen.time.to_numpy().astype("M8[D]").tolist())}
    for i, name in enumerate(MANY[1:], 1):
        with np.errstate(all="ignore"):
            values = eval(INDICES[name].formula, {"sqrt": np.sqrt}, bands)  # noqa: S307 - our own
        values[np.abs(values) > 1] = np.nan
        for row, shape in list(zip(zone.rows, shapes, strict=True))[::40]:
            shares = shapely.area(shapely.intersection(squares, shape)) / 100
            for position in (n for n, look in enumerate(record) if look.day in days):
                here = values[days[record[position].day]]
                held = np.where(np.isfinite(here), shares, 0)
                assert abs(told.clear[i, position, row] - held.sum()) < 1e-5
                if held.sum() > 0.1:
                    expected = np.average(np.nan_to_num(here), weights=held)
                    assert abs(told.means[i, position, row] - expected) < 3e-6


def test_looks_without_the_bands_of_an_index_have_the_others(
    found: Vegetation, parcels: gpd.GeoSeries, record: tuple[Look, ...]
) -> None:
    """SWIR in the place of the red edge makes NDRE of LSWI; every third look has none."""

    def edged(number: int, look: Look) -> Look:
        if number % 3 == 0:
            return look
        edges = [{**held.assets, "rededge1": held.assets["swir16"]} for held in look.scenes]
        scenes = zip(look.scenes, edges, strict=True)
        return Look(look.day, tuple(replace(held, assets=assets) for held, assets in scenes))

    programs = tuple(indices.program(INDICES[name]) for name in ("NDVI", "NDRE", "LSWI"))
    reading = replace(how(record), bands=("red", "nir", "swir16", "rededge1"))
    looked = [edged(number, look) for number, look in enumerate(record)]
    told = whole(vegetation.count(parcels, looked, reading, programs))
    np.testing.assert_array_equal(told.means[0], found.means[0])
    np.testing.assert_array_equal(told.means[1, 1::3], told.means[2, 1::3])
    np.testing.assert_array_equal(told.means[1, 2::3], told.means[2, 2::3])
    assert np.isnan(told.means[1, ::3]).all()
    assert not told.clear[1, ::3].any()
    assert not told.unread[np.arange(len(record)) % 3 > 0].any()
    assert told.unread[::3][found.clear[0, ::3] > 0].all()
    assert not told.unread[::3][found.seen[::3] == 0].any()
