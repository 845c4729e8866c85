"""The schema says what DESIGN 4 says, and any table is brought into it exactly once."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import GeometryCollection, LineString, MultiPolygon, Point, box

from farmland import layers, palette, rules

DESIGN = {
    "conversions": "patch_id parcel_id conversion stage cover cover_before rule policy_class "
    "land_code date_from date_to confirmed_on area_m2 area_mu parcel_share confidence level "
    "clear_before clear_after scene_before scene_after reason reason_zh status",
    "parcels": "parcel_id status reason area_m2 area_mu full_pixels seen_share clear_before "
    "clear_after cropping ndvi_peak_before ndvi_peak_after converted_m2",
    "overlay": "patch_id part land pbf pbf_id survey_code planting_code ridge_share approved "
    "redline grain_zone place_code policy_class rule legacy item area_m2 net_m2",
    "summary": "level code name conversion cover patches confirmed parcels area_m2 area_mu "
    "monitored_parcels unmonitored_parcels",
    "accounts": "level code name item patches area_m2 area_mu pbf_m2 pbf_mu approvals",
    "scenes": "item_id collection platform datetime tile solar_day baseline offset offset_source "
    "duplicate_of clear_share blocks_read blocks_skipped blocks_failed bytes_read",
    "run": "key value",
}
SHAPED = [layer for layer in layers.LAYERS.values() if layer.geometry]


@pytest.mark.parametrize("name", DESIGN)
def test_columns_are_those_of_the_contract(name: str) -> None:
    assert layers.LAYERS[name].names == tuple(DESIGN[name].split())


@pytest.mark.parametrize("layer", layers.LAYERS.values(), ids=lambda layer: layer.name)
def test_every_column_speaks_both_languages(layer: layers.Layer) -> None:
    for column in layer.columns:
        assert column.kind in {"text", "date", "moment", "real", "int"}
        for words in (column.title, column.about, *column.meanings.values()):
            assert words.en.isascii() or "m²" in words.en
            assert not words.zh.isascii() or words.zh.isupper()
    for language in ("en", "zh"):
        titles = [column.title.text(language) for column in layer.columns]
        assert len(set(titles)) == len(titles)


def test_coded_values_are_those_of_the_rules_and_the_contract() -> None:
    conversions = layers.CONVERSIONS.column
    cn, generic = rules.load("cn"), rules.load("generic")
    assert set(conversions("cover").meanings) == set(cn.covers) == set(generic.covers)
    for cover in (*cn.covers.values(), *generic.covers.values()):
        assert cover.conversion in conversions("conversion").meanings
        assert cover.policy_class in conversions("policy_class").meanings
    for cover in cn.covers.values():
        assert palette.class_of(cover.conversion, cover.name) == cover.policy_class
    assert set(palette.PARCELS) == set(layers.PARCELS.column("status").meanings)


def test_a_value_without_words_is_called_by_itself() -> None:
    assert layers.words("conversions", "cover", "pond").zh == "坑塘"
    assert layers.words("conversions", "cover", "<b>").zh == "<b>"


@pytest.mark.parametrize("layer", layers.LAYERS.values(), ids=lambda layer: layer.name)
def test_an_empty_table_has_all_columns(layer: layers.Layer) -> None:
    table = layers.empty(layer, "EPSG:4490" if layer.geometry else None)
    assert len(table) == 0
    assert [name for name in table.columns if name != "geometry"] == list(layer.names)
    if layer.geometry:
        assert table.crs == "EPSG:4490"


def test_reals_are_rounded_once_and_nulls_stay_null() -> None:
    frame = pd.DataFrame(
        {
            "name": ["a", None, np.nan, 7],
            "patches": [1.0, np.nan, None, 2],
            "area_m2": [1234.56789, -0.001, None, np.nan],
        }
    )
    once = layers.coerce(layers.SUMMARY, frame)
    assert once["name"].tolist() == ["a", None, None, "7"]
    assert once["patches"].tolist() == [1, pd.NA, pd.NA, 2]
    assert once["area_m2"].tolist()[:2] == [1234.57, 0.0]
    assert not np.signbit(once["area_m2"][1])
    assert once["area_m2"].isna().tolist() == [False, False, True, True]
    pd.testing.assert_frame_equal(layers.coerce(layers.SUMMARY, once), once)


def test_dates_come_as_days_whatever_they_were() -> None:
    frame = gpd.GeoDataFrame(
        {
            "date_from": [date(2025, 3, 7), None],
            "date_to": ["2025-03-09", None],
            "confirmed_on": np.array(["2025-04-01T10:00", "NaT"], "datetime64[ns]"),
        },
        geometry=[box(0, 0, 1, 1)] * 2,
        crs="EPSG:4490",
    )
    table = layers.coerce(layers.CONVERSIONS, frame)
    for name, day in (("date_from", "2025-03-07"), ("confirmed_on", "2025-04-01")):
        assert table[name].dtype == "datetime64[s]"
        assert table[name][0] == pd.Timestamp(day)
        assert table[name].isna()[1]


def test_shapes_become_flat_multipolygons_or_nothing() -> None:
    mixed = GeometryCollection([Point(0, 0), box(0, 0, 1, 1), MultiPolygon([box(2, 2, 3, 3)])])
    raised = box(0, 0, 1, 1).segmentize(0.5)
    frame = gpd.GeoDataFrame(
        {"parcel_id": list("abcde")},
        geometry=[mixed, raised, None, LineString([(0, 0), (1, 1)]), MultiPolygon()],
        crs="EPSG:4490",
    )
    table = layers.coerce(layers.PARCELS, frame)
    assert [None if g is None else (g.geom_type, g.area) for g in table.geometry] == [
        ("MultiPolygon", 2.0), ("MultiPolygon", 1.0), None, None, None,
    ]  # fmt: skip


def test_a_column_nobody_knows_is_refused_except_in_parcels() -> None:
    with pytest.raises(ValueError, match="layer summary has no column 'colour'"):
        layers.coerce(layers.SUMMARY, pd.DataFrame({"colour": ["red"]}))
    parcels = gpd.GeoDataFrame(
        {"Status": ["x"], "fid": [1], "Geometry_": [1]}, geometry=[None], crs="EPSG:4490"
    )
    table = layers.coerce(layers.PARCELS, parcels)
    assert list(table.columns)[13:] == ["in_Status", "in_fid", "Geometry_", "geometry"]


@given(st.lists(st.text(max_size=8), unique=True, max_size=12))
def test_free_names_clash_with_nothing(names: list[str]) -> None:
    free = [name.casefold() for name in layers.free_names(names)]
    ours = {*layers.PARCELS.names, layers.ROW_NUMBER, layers.SHAPE, "geometry"}
    assert len(set(free)) == len(free) == len(names)
    assert not ours & set(free)


@given(st.one_of(st.text(), st.integers(), st.none(), st.characters(categories=["Cs"])))
def test_any_text_fits_a_database(value: object) -> None:
    text = layers.plain_text(value)
    assert (text is None) == (value is None)
    assert "\0" not in (text or "")
    (text or "").encode("utf-8")
