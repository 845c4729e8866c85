"""From findings to tables: ids that stay, outlines inside parcels, statuses in order, true sums."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import by_hand
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity
from shapely.geometry import MultiPolygon, Polygon, box

from farmland import areas, layers, rules, tables
from farmland.accounting import summary
from farmland.detect.cropping import Cropping
from farmland.detect.findings import Finding, Record
from farmland.parcels import Parcels
from farmland.scene import Scene
from farmland.tiling import tiles

RULES = rules.load("cn")
NEED = RULES.detection
FIELD = box(500_000, 4_000_000, 500_100, 4_000_060)
"""Rows -400006 to -400001 and columns 50000 to 50009 of the zone."""


def conversions(
    found: list[Finding], parcels: Parcels, shown: tuple[str | None, str | None] = ("a", "b")
) -> gpd.GeoDataFrame:
    placed = {parcel.row: parcel for parcel in tiles.place(parcels.frame.geometry)}
    return tables.conversions(found, parcels, placed, [shown] * len(found), RULES)


# --- conversions -------------------------------------------------------------


def test_a_row_says_what_was_found() -> None:
    (row,) = conversions([by_hand.finding()], by_hand.parcels(FIELD)).to_dict("records")
    expected = {
        "parcel_id": "P0",
        "conversion": "non_agricultural",
        "policy_class": None,
        "land_code": None,
        "rule": None,
        "date_from": pd.Timestamp("2023-09-06"),
        "date_to": pd.Timestamp("2023-09-11"),
        "confirmed_on": pd.Timestamp("2023-10-31"),
        "confidence": 0.985,
        "level": "high",
        "clear_before": 53,
        "clear_after": 29,
        "scene_before": "a",
        "scene_after": "b",
        "status": "new",
    }
    assert expected.items() <= row.items()
    assert row["area_m2"] == pytest.approx(1200, rel=2e-3)
    assert row["area_mu"] == pytest.approx(row["area_m2"] * 3 / 2000, abs=0.005)
    assert row["parcel_share"] == pytest.approx(0.2, abs=1e-4)
    assert list(row)[:-1] == list(layers.CONVERSIONS.names)


def test_what_is_not_known_is_null() -> None:
    found = by_hand.finding(cover="unknown", stage="candidate", date_from=None, confirmed_on=None)
    (row,) = conversions([found], by_hand.parcels(FIELD), (None, "b")).to_dict("records")
    assert pd.isna(row["date_from"])
    assert pd.isna(row["confirmed_on"])
    assert row["scene_before"] is None
    assert row["conversion"] == "undetermined"


@pytest.mark.parametrize("crs", ["EPSG:32650", "EPSG:4490", "EPSG:4326", "EPSG:4549", "EPSG:32651"])
def test_a_patch_lies_in_its_parcel(crs: str) -> None:
    """Pixel squares are cut to the parcel, in whatever CRS it came."""
    shape = affinity.rotate(FIELD, 25)
    in_crs = gpd.GeoSeries([shape], crs=by_hand.ZONE).to_crs(crs)
    parcels = by_hand.parcels(*in_crs, crs=crs)
    frame = conversions([by_hand.finding(left=49_998, top=-400_007)], parcels)
    assert frame.crs == parcels.frame.crs
    (patch,) = frame.to_crs(by_hand.ZONE).geometry
    assert isinstance(patch, MultiPolygon)
    assert patch.is_valid
    assert patch.difference(shape.buffer(0.01)).is_empty
    assert 0 < frame["area_m2"][0] < 1200
    assert frame["area_m2"][0] == pytest.approx(patch.area, rel=3e-3)


def test_parts_that_only_touch_the_parcel_are_no_polygons() -> None:
    """A pixel whose edge runs along the parcel's leaves a line behind, which is dropped."""
    comb = FIELD.difference(box(500_020, 4_000_030, 500_040, 4_000_060))
    frame = conversions([by_hand.finding()], by_hand.parcels(comb))
    assert all(isinstance(part, Polygon) for part in frame.geometry[0].geoms)
    assert frame["area_m2"][0] == pytest.approx(600, rel=3e-3)


def test_a_patch_on_the_whole_parcel_has_a_share_of_one() -> None:
    small = box(500_000, 4_000_030, 500_040, 4_000_060)
    assert conversions([by_hand.finding()], by_hand.parcels(small))["parcel_share"][0] == 1.0


def test_no_findings_make_an_empty_layer() -> None:
    frame = conversions([], by_hand.parcels(FIELD))
    assert len(frame) == 0
    assert list(frame.columns) == [*layers.CONVERSIONS.names, "geometry"]
    assert frame.crs == by_hand.ZONE


def test_an_id_is_that_of_parcel_zone_and_first_pixel_and_of_nothing_else() -> None:
    found = by_hand.finding()
    name = tables.patch_id(found, "P0")
    assert len(name) == 12
    assert int(name, 16) >= 0
    later = replace(
        found, rows=found.rows[:6], columns=found.columns[:6], cover="pond", stage="candidate"
    )
    assert tables.patch_id(later, "P0") == name
    others = {
        tables.patch_id(found, "P1"),
        tables.patch_id(replace(found, crs="EPSG:32651"), "P0"),
        tables.patch_id(replace(found, first=(found.first[0], found.first[1] + 1)), "P0"),
    }
    assert len(others | {name}) == 4


def test_the_id_is_the_one_of_the_contract() -> None:
    """DESIGN 4: SHA-256 over parcel id, zone and grid index; a change of it renames every case."""
    assert tables.patch_id(by_hand.finding(), "P0") == "35720ebb2d20"


@pytest.mark.parametrize(
    ("confidence", "area", "level"),
    [
        (0.90, 1000.0, "high"),
        (0.90, 999.9, "medium"),
        (0.8999, 5000.0, "medium"),
        (0.60, 100.0, "medium"),
        (0.5999, 5000.0, "low"),
    ],
)
def test_levels(confidence: float, area: float, level: str) -> None:
    assert tables.level(confidence, area, RULES) == level


# --- parcels -----------------------------------------------------------------

WATCHED = by_hand.RECORD
SMALL = replace(WATCHED, full_pixels=NEED.full_pixels - 1)
FEW = replace(WATCHED, clear_history=NEED.history_looks - 1)
FEW_AFTER = replace(WATCHED, clear_after=NEED.after_looks - 1)
FALLOW = replace(WATCHED, cropping=Cropping("none", 0, 0.2))
SHORT = replace(WATCHED, history_days=NEED.history_days // 2 - 1)
UNSEEN = replace(
    WATCHED, imaged=False, seen_share=0.0, clear_history=0, clear_before=0, clear_after=0
)
WORST = replace(SMALL, clear_history=0, cropping=FALLOW.cropping, history_days=0)


@pytest.mark.parametrize(
    ("record", "stage", "unread", "expected"),
    [
        (None, "confirmed", 9, "invalid_geometry"),
        (UNSEEN, "", 0, "no_imagery"),
        (UNSEEN, "", 3, "unread"),
        (FEW, "confirmed", 1, "unread"),
        (FEW_AFTER, "", 1, "unread"),
        (WATCHED, "", 9, "stable"),
        (WORST, "confirmed", 0, "confirmed"),
        (WORST, "candidate", 0, "candidate"),
        (WORST, "changed_before", 0, "too_small"),
        (WORST, "", 0, "too_small"),
        (replace(WORST, full_pixels=8), "changed_before", 0, "too_few_looks"),
        (FEW, "", 0, "too_few_looks"),
        (FEW_AFTER, "", 0, "too_few_looks"),
        (replace(FALLOW, history_days=0), "changed_before", 0, "not_cropped"),
        (SHORT, "changed_before", 0, "changed_before"),
        (SHORT, "", 0, "unsettled_history"),
        (WATCHED, "", 0, "stable"),
    ],
)
def test_the_first_status_that_applies(
    record: Record | None, stage: str, unread: int, expected: str
) -> None:
    """In the order of DESIGN 4; every status is reached."""
    assert tables.status(record, stage, unread, RULES) == expected


def parcel_table(
    records: dict[int, Record], found: list[Finding], *, unread: dict[int, int] | None = None
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Four parcels in a row, the last without geometry, and the patches found in them."""
    fields = [affinity.translate(FIELD, 100 * n) for n in range(3)]
    layer = by_hand.parcels(*fields, None, STATUS=["w", "x", "y", "z"], crop=[1, 2, 3, 4])
    patches = conversions(found, layer)
    early = {
        name for name, one in zip(patches["patch_id"], found, strict=True) if one.changed_before
    }
    return tables.parcel_table(layer, records, patches, unread or {}, early, RULES), patches


RECORDS = {n: replace(WATCHED, row=n) for n in range(3)}


def test_every_parcel_has_a_row_in_input_order() -> None:
    table, _ = parcel_table(RECORDS, [])
    assert table["parcel_id"].tolist() == ["P0", "P1", "P2", "P3"]
    assert table["status"].tolist() == ["stable"] * 3 + ["invalid_geometry"]
    assert table["converted_m2"].tolist() == [0] * 4
    assert table["in_STATUS"].tolist() == ["w", "x", "y", "z"]
    assert table["crop"].tolist() == [1, 2, 3, 4]
    assert pd.isna(table["full_pixels"][3])
    assert table["full_pixels"][:3].tolist() == [32] * 3
    assert table.geometry.isna().tolist() == [False] * 3 + [True]


def test_a_parcel_has_the_best_stage_of_its_patches_and_the_sum_of_their_areas() -> None:
    found = [
        by_hand.finding(0, stage="candidate"),
        by_hand.finding(0, left=50_006, top=-400_004),
        by_hand.finding(1, left=50_010, changed_before=True),
        by_hand.finding(2, left=50_020, stage="candidate"),
        by_hand.finding(2, left=50_026, top=-400_004, changed_before=True),
    ]
    table, patches = parcel_table(RECORDS, found)
    assert table["status"].tolist()[:3] == ["confirmed", "changed_before", "candidate"]
    assert table["converted_m2"].sum() == pytest.approx(patches["area_m2"].sum())
    assert table["converted_m2"][0] == pytest.approx(2400, rel=3e-3)
    assert patches["patch_id"].is_unique


def test_looks_that_stayed_unread_are_told_with_the_parcel() -> None:
    table, _ = parcel_table(RECORDS, [], unread={1: 4})
    assert "4 looks stayed unread" in table["reason"][1]
    assert "unread" not in table["reason"][0]


# --- summary -----------------------------------------------------------------


def table_of(covers: list[tuple[str, str, str, float]]) -> gpd.GeoDataFrame:
    """Patches by parcel, cover, stage and area."""
    rows: list[dict[str, Any]] = [
        {
            "patch_id": f"{number:012x}",
            "parcel_id": parcel,
            "conversion": RULES.covers[cover].conversion,
            "cover": cover,
            "stage": stage,
            "area_m2": area,
            "area_mu": float(areas.mu(np.array([area]))[0]),
        }
        for number, (parcel, cover, stage, area) in enumerate(covers)
    ]
    return layers.coerce(
        layers.CONVERSIONS,
        gpd.GeoDataFrame(rows, geometry=gpd.GeoSeries([FIELD] * len(rows), crs=by_hand.ZONE)),
    )


PATCHES = st.lists(
    st.tuples(
        st.sampled_from(["P0", "P1", "P2"]),
        st.sampled_from(sorted(RULES.covers)),
        st.sampled_from(["candidate", "confirmed"]),
        st.integers(400, 1_000_000).map(lambda n: n / 100),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=20)
@given(PATCHES)
def test_sums_add_up(covers: list[tuple[str, str, str, float]]) -> None:
    table, _ = parcel_table(RECORDS, [])
    whole = summary.table(table_of(covers), table, layers.empty(layers.OVERLAY, by_hand.ZONE))
    everything = whole[whole["conversion"] == "all"].iloc[0]
    by_conversion = whole[(whole["conversion"] != "all") & (whole["cover"] == "all")]
    by_cover = whole[whole["cover"] != "all"]
    for part in (by_conversion, by_cover):
        for name in ("patches", "confirmed", "area_m2", "area_mu"):
            assert part[name].sum() == pytest.approx(everything[name], abs=1e-4 * len(covers))
    assert everything["patches"] == len(covers)
    assert everything["confirmed"] == sum(stage == "confirmed" for _, _, stage, _ in covers)
    assert everything["parcels"] == len({parcel for parcel, *_ in covers})
    assert (whole["monitored_parcels"] + whole["unmonitored_parcels"] == len(table)).all()
    assert (whole["monitored_parcels"] == 3).all()
    assert not whole.duplicated(["conversion", "cover"]).any()


def test_a_summary_of_nothing_is_one_row_of_zeros() -> None:
    table, patches = parcel_table(RECORDS, [])
    found = summary.table(patches, table, layers.empty(layers.OVERLAY, by_hand.ZONE))
    (row,) = found.to_dict("records")
    assert (row["conversion"], row["cover"]) == ("all", "all")
    assert row["patches"] == row["confirmed"] == row["parcels"] == row["area_m2"] == 0
    assert (row["monitored_parcels"], row["unmonitored_parcels"]) == (3, 1)


# --- scenes ------------------------------------------------------------------


def test_scenes_carry_what_reading_told() -> None:
    scene = Scene(
        item_id="S2A_50SQC_20230911_0_L2A",
        collection="sentinel-2-l2a",
        platform="sentinel-2a",
        datetime=datetime(2023, 9, 11, 2, 40, tzinfo=UTC),
        tile="50SQC",
        crs=by_hand.ZONE,
        baseline="05.09",
        offset_applied=True,
        cloud_cover=12.0,
        datatake="",
        generated="",
        footprint=box(119, 31, 120, 32),
        assets={},
    )
    frame = tables.scenes([scene], {scene.item_id: {"offset": -1000, "blocks_read": 3}})
    (row,) = frame.to_dict("records")
    assert row["item_id"] == scene.item_id
    assert row["solar_day"] == pd.Timestamp("2023-09-11")
    assert row["offset"] == -1000
    assert row["blocks_read"] == 3
    assert pd.isna(row["blocks_failed"])
    assert len(tables.scenes([], {})) == 0
