"""The NDVI of parcels is that of their clear pixels, however the county is cut and read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from farmland import flow, looks, rules, sheets
from farmland.flow import cube, vegetation
from farmland.flow.look import How
from farmland.flow.vegetation import Vegetation
from farmland.grid import Window
from farmland.io import catalog
from farmland.io import parcels as parcel_layers
from farmland.io.hosts import Reach
from farmland.looks import Look
from farmland.periods import Period
from farmland.plan import Plan
from farmland.scene import SCL, Asset

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


def how(record: tuple[Look, ...]) -> How:
    offsets = {scene.item_id: -1000 for look in record for scene in look.scenes}
    return How(offsets, vegetation.BANDS, rules.load("cn").detection, Reach(None))


def whole(parts: Iterator[Vegetation]) -> Vegetation:
    """All parcels in input order."""
    held = list(parts)
    order = np.argsort(np.concatenate([part.rows for part in held]))
    return Vegetation(
        np.concatenate([part.rows for part in held])[order],
        np.concatenate([part.pixels for part in held])[order],
        *(
            np.concatenate([getattr(part, name) for part in held], axis=1)[:, order]
            for name in ("seen", "clear", "unread", "ndvi")
        ),
    )


def assert_equal(one: Vegetation, other: Vegetation) -> None:
    for name in ("rows", "pixels", "seen", "clear", "unread", "ndvi"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), name)


@pytest.fixture(scope="module")
def found(parcels: gpd.GeoSeries, record: tuple[Look, ...]) -> Vegetation:
    return whole(vegetation.ndvi(parcels, record, how(record)))


def test_every_parcel_comes_once(found: Vegetation, parcels: gpd.GeoSeries) -> None:
    assert found.rows.tolist() == list(range(len(parcels)))
    assert found.clear.sum() > 10_000
    assert (found.clear <= found.seen).all()
    assert (found.seen <= found.pixels).all()
    assert np.array_equal(np.isnan(found.ndvi), found.clear == 0)
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
            assert abs(found.clear[position, row] - held.sum()) < 1e-5
            if held.any():
                expected = np.average(np.nan_to_num(values.astype(np.float64)), weights=held)
                assert abs(found.ndvi[position, row] - expected) < 2e-6


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
    assert_equal(found, whole(vegetation.ndvi(parcels, record, how(record), **given)))
    assert told == [(n, len(told)) for n in range(1, len(told) + 1)]
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
    told = whole(vegetation.ndvi(parcels, lost, how(record)))
    assert told.unread[3].all()
    assert np.array_equal(told.unread[5], found.clear[5] > 0) or told.unread[5].any()
    assert not told.clear[[3, 5]].any()
    others = [n for n in range(len(record)) if n not in {3, 5}]
    np.testing.assert_array_equal(told.ndvi[others], found.ndvi[others])
    assert not told.unread[others].any()


def test_null_and_empty_parcels_are_left_out(
    parcels: gpd.GeoSeries, record: tuple[Look, ...], found: Vegetation
) -> None:
    few = gpd.GeoSeries([None, parcels.iloc[0], shapely.Polygon()], crs=parcels.crs)
    (part,) = vegetation.ndvi(few, record, how(record))
    assert part.rows.tolist() == [1]
    np.testing.assert_array_equal(part.ndvi[:, 0], found.ndvi[:, 0])
    assert list(vegetation.ndvi(few.iloc[[0, 2]], record, how(record))) == []


def test_a_sliver_counts_by_its_area(record: tuple[Look, ...]) -> None:
    sliver = gpd.GeoSeries([shapely.box(440_001, 4_000_001, 440_003, 4_000_003)], crs=32650)
    (part,) = vegetation.ndvi(sliver, record, how(record))
    assert part.pixels == pytest.approx(0.04, abs=1e-7)
    assert not part.seen.any()


@pytest.mark.filterwarnings("ignore::farmland.errors.FarmlandWarning")
def test_a_plan_gives_what_its_looks_give(found: Vegetation) -> None:
    plan = Plan(parcels=str(SAMPLE / "parcels.gpkg"), catalog=str(SAMPLE / "catalog.json"))
    told: list[str] = []
    year = Period.parse("2023")
    record = flow.ndvi(plan, year, lambda stage, _done, _total: told.append(stage))
    assert "sheets" not in told
    table = whole(record.tables)
    assert table.ndvi.shape == (len(record.looks), found.rows.size)
    assert "sheets" in told
    rows = list(flow.ndvi(plan, year, lambda *_: None).rows())
    assert len(rows) == ((table.seen > 0) | table.unread).sum()
    assert {row[0] for row in rows} == set(record.parcel_ids)
    parcel, day, ndvi, clear, _, pixels, unread = rows[-1]
    at = [look.day for look in record.looks].index(day), record.parcel_ids.index(parcel)
    assert (clear, pixels, unread) == (table.clear[at], table.pixels[at[1]], False)
    assert ndvi == table.ndvi[at] or (ndvi is None and clear == 0)
