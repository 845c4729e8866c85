"""Restorable land: which parcels speak for it, and what imagery shows of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from result.example import example_result

from farmland.areas import ellipsoidal
from farmland.flow import land as flow_land
from farmland.flow import restoration as flow_restoration
from farmland.land import restoration
from farmland.parcels import Parcels
from farmland.places import Places
from farmland.result import NO_NDVI, Result, Series

from .land_example import RULES, layer, square

SINCE = date(2025, 1, 1)
DAYS = np.arange("2024-01-01", "2026-01-01", 10, dtype="datetime64[D]")
LATE = np.datetime64(SINCE) <= DAYS
BARE, CROP = np.full(DAYS.size, 2000), 2000 + 5000 * np.abs(np.sin(np.arange(DAYS.size) / 6))


def seen(*rows: np.ndarray[Any, Any]) -> Series:
    ndvi = np.array(rows).astype(np.int16)
    clear = np.full(ndvi.shape, 100, np.uint8)
    return Series(DAYS, np.zeros(len(rows), np.int32), ndvi, clear, clear)


def result_of(parcels: Parcels, states: list[tuple[str, str | None]], series: Series) -> Result:
    frame = pd.DataFrame(
        {
            "parcel_id": parcels.frame["parcel_id"],
            "area_m2": parcels.area_m2,
            "status": [status for status, _ in states],
            "cropping": pd.array([pattern for _, pattern in states], "string"),
        }
    )
    return replace(example_result(patches=False), parcels=frame, series=series)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("status", "pattern", "again", "state"),
    [
        ("stable", "wheat_maize", False, "returned"),
        ("stable", "vegetable", False, "returned"),
        ("stable", "irregular", True, "not_told"),
        ("stable", "grassland", False, "not_told"),
        ("stable", None, False, "not_told"),
        ("not_cropped", "none", False, "not_returned"),
        ("not_cropped", "none", True, "returned"),
        ("confirmed", "single_rice", False, "left_again"),
        ("candidate", "none", True, "not_returned"),
        ("changed_before", "spring_crop", False, "left_again"),
        ("too_small", "wheat_maize", True, "not_told"),
        ("too_few_looks", "none", False, "not_told"),
        ("unsettled_history", "wheat_maize", True, "not_told"),
        ("invalid_geometry", None, False, "not_told"),
    ],
)
def test_what_a_parcel_says(status: str, pattern: str | None, again: bool, state: str) -> None:
    parcel = pd.DataFrame({"status": [status], "cropping": pd.array([pattern], "string")})
    for share, expected in ((1.0, state), (0.5, state), (0.49, "not_told"), (np.nan, "not_told")):
        found = restoration.states(parcel, np.array([share]), np.array([again]))
        assert found.tolist() == [expected]


def test_a_survey_tells_where_it_lies() -> None:
    """By hand: fields of 100 m x 100 m; an orchard under all of the first, and 40 % of the second.

    The third lies on a pond that takes engineering; the fourth on land that is no matter of this.
    """
    parcels = layer([square(x, 0, x + 100, 100) for x in (0, 200, 400, 600)])
    survey = layer(
        [square(-50, -50, 150, 150), square(200, 0, 240, 100), square(390, 0, 500, 100),
         square(600, 0, 700, 100)],
        "survey", DLBM=["0201", "0201", "1104", "0102"], ZZSXDM=["JKHF", "JKHF", "GCHF", "LS"],
    )  # fmt: skip
    states: list[tuple[str, str | None]] = [
        ("stable", "wheat_maize"), ("stable", "wheat_maize"), ("not_cropped", "none"),
        ("stable", "wheat_maize"),
    ]  # fmt: skip
    result = result_of(parcels, states, seen(CROP, CROP, np.where(LATE, CROP, BARE), CROP))
    given = flow_land.Given({"survey": survey}, Places())
    told = flow_restoration.told(result, parcels, given, RULES, 1, SINCE)
    assert [(one["planting"], one["state"], one["parcels"]) for one in told] == [
        ("GCHF", "returned", 1), ("JKHF", "not_told", 1), ("JKHF", "returned", 1),
    ]  # fmt: skip
    assert [one["area_m2"] for one in told] == pytest.approx([10_000, 4_000, 10_000], rel=1e-3)
    bare = replace(result, series=seen(CROP, CROP, BARE, CROP))
    told = flow_restoration.told(bare, parcels, given, RULES, 1, SINCE)
    assert told[0]["state"] == "not_returned"


def test_parcels_of_a_survey_speak_for_themselves() -> None:
    shapes = [square(0, 0, 100, 100), square(200, 0, 300, 50), None]
    parcels = layer(shapes, "survey", ZZSXDM=["JKHF", None, "GCHF"], DLBM=["0201", "0102", "0404"])
    states: list[tuple[str, str | None]] = [("not_cropped", "none"), ("stable", "single_rice"),
                                            ("invalid_geometry", None)]  # fmt: skip
    gone = np.full(DAYS.size, NO_NDVI)
    result = result_of(parcels, states, seen(BARE, CROP, gone))
    told = flow_restoration.told(result, parcels, flow_land.Given({}, Places()), RULES, 1, SINCE)
    assert [(one["planting"], one["state"], one["parcels"], one["area_m2"]) for one in told] == [
        ("GCHF", "not_told", 1, 0.0),
        ("JKHF", "not_returned", 1, round(float(ellipsoidal(parcels.frame.geometry)[0]), 2)),
    ]


def test_without_a_mark_nothing_is_told() -> None:
    parcels = layer([square(0, 0, 100, 100)])
    result = result_of(parcels, [("stable", "wheat_maize")], seen(CROP))
    for layers in ({}, {"survey": layer([square(0, 0, 50, 50)], "survey", DLBM=["0102"])}):
        land = flow_land.Given(layers, Places())
        assert flow_restoration.told(result, parcels, land, RULES, 1, SINCE) == []


@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.sampled_from(restoration.CODES), st.floats(0.01, 9_000)),
        min_size=1,
        max_size=20,
    )
)
def test_nothing_is_lost_and_every_parcel_counts_once(pieces: list[tuple[int, str, float]]) -> None:
    lying = pd.DataFrame(pieces, columns=["row", "planting", "m2"])
    parcels = pd.DataFrame(
        {
            "area_m2": 10_000.0,
            "status": ["stable", "not_cropped", "confirmed"] * 2,
            "cropping": ["single_rice", "none", "single_rice"] * 2,
        }
    )
    told = restoration.table(lying, parcels, ["370112", ""] * 3, np.zeros(6, bool))
    assert sum(one["parcels"] for one in told) == lying["row"].nunique()
    assert sum(one["area_m2"] for one in told) == pytest.approx(lying["m2"].sum(), abs=0.1)
    assert len({(one["place"], one["planting"], one["state"]) for one in told}) == len(told)
