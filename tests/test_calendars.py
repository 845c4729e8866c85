"""The crop calendars: as the domain has them, whole, and found by place."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmland.rules import calendars
from farmland.rules.calendars import Crop

KNOWN = calendars.load()

SAME = {
    ("NCP", "winter wheat"): "winter_wheat_ncp",
    ("LOESS/Guanzhong", "winter wheat"): "winter_wheat_loess",
    ("MLY", "winter wheat"): "winter_wheat_mly",
    ("SCB/SW", "winter wheat"): "winter_wheat_scb",
    ("NW", "winter wheat"): "winter_wheat_nw",
    ("NE/NW/QT", "spring wheat"): "spring_wheat",
    ("NCP, LOESS south", "summer maize"): "summer_maize",
    ("NE", "spring maize"): "spring_maize_ne",
    ("NW/LOESS", "spring maize"): "spring_maize_nw",
    ("SW/SCB", "spring maize"): "spring_maize_sw",
    ("NE", "single rice"): "rice_ne",
    ("MLY", "single (middle/late-single) rice"): "rice_mly",
    ("SCB", "single rice"): "rice_scb",
    ("SW (Yunnan, Guizhou)", "single rice"): "rice_sw",
    ("MLY south / SC north", "early rice"): "early_rice_mly",
    ("MLY south / SC north", "late rice"): "late_rice_mly",
    ("SC (Guangdong, Guangxi, Hainan)", "early rice"): "early_rice_sc",
    ("SC", "late rice"): "late_rice_sc",
    ("NE", "soybean"): "spring_soybean",
    ("NCP", "summer soybean"): "summer_soybean",
    ("NW/LOESS/NE north", "potato (single)"): "potato",
    ("QT", "highland barley (青稞)"): "highland_barley",
    ("NCP/SW", "sweet potato"): "sweet_potato",
}
"""Region and crop of the domain's table, and the crop that is made of it."""

CITIES = {
    "ne": [(126.6, 45.8), (125.3, 43.9), (123.4, 41.8)],
    "ncp": [(116.4, 39.9), (117.0, 36.7), (113.6, 34.8), (117.2, 34.3)],
    "mly": [(114.3, 30.6), (118.8, 32.0), (113.0, 28.2), (115.9, 28.7)],
    "sc": [(113.3, 23.1), (108.3, 22.8), (110.3, 20.0), (119.3, 26.1)],
    "scb": [(104.1, 30.7), (106.5, 29.6)],
    "sw": [(102.7, 25.0), (106.7, 26.6)],
    "loess": [(108.9, 34.3), (112.0, 37.9)],
    "nw": [(87.6, 43.8), (80.3, 41.2)],
    "qt": [(91.1, 29.7), (101.8, 36.6)],
}


def spans(crop: Crop) -> dict[str, tuple[int, int]]:
    return {"sow": crop.sow, "green": crop.green, "peak": crop.peak, "harv": crop.harvest}


def test_the_windows_are_those_of_the_domain(shared: Path) -> None:
    with (shared / "domain" / "crop_calendar_cn.csv").open(encoding="utf-8-sig") as file:
        rows = {(row["region"], row["crop"]): row for row in csv.DictReader(file)}
    for key, name in SAME.items():
        row = rows.pop(key)
        crop = KNOWN.crops[name]
        for stage, span in spans(crop).items():
            assert span == (int(row[f"{stage}0"]), int(row[f"{stage}1"])), (name, stage)
        assert crop.grain == (row["is_grain"] == "1")
    assert {crop for _, crop in rows} == {"winter/spring potato", "millet, sorghum, mung bean"}


def test_the_stages_of_a_crop_follow_each_other() -> None:
    for crop in KNOWN.crops.values():
        middles = [sum(span) / 2 for span in spans(crop).values()]
        assert middles == sorted(middles), crop.name
        for span in spans(crop).values():
            assert span[0] < span[1], crop.name
        assert middles[3] - middles[0] < 365, crop.name


@pytest.mark.parametrize("region", KNOWN.regions, ids=lambda region: region.code)
def test_the_crops_of_a_system_fit_into_one_year(region: calendars.Region) -> None:
    for system in region.systems:
        for one, other in itertools.pairwise(system.crops):
            overlap = sum(one.harvest) / 2 - 365 * one.winter - sum(other.green) / 2
            assert overlap < 15, (region.code, system)


def test_every_crop_is_grown_somewhere() -> None:
    grown = {crop for region in KNOWN.regions for one in region.systems for crop in one.crops}
    assert {crop.name for crop in grown} == set(KNOWN.crops)


@pytest.mark.parametrize(
    ("code", "place"), [(code, place) for code, places in CITIES.items() for place in places]
)
def test_a_place_has_the_calendar_of_its_region(code: str, place: tuple[float, float]) -> None:
    region = KNOWN.at(*place)
    assert region is not None
    assert region.code == code


@pytest.mark.parametrize("place", [(5.2, 51.0), (-61.0, -34.0), (77.2, 24.0), (139.7, 35.7)])
def test_elsewhere_there_is_none(place: tuple[float, float]) -> None:
    assert KNOWN.at(*place) is None


def test_what_counts_as_grain_is_what_the_law_counts() -> None:
    """DOMAIN 1.2: potato and sweet potato are grain; rapeseed, peanut, cotton, cane are none."""
    no_grain = {name for name, crop in KNOWN.crops.items() if not crop.grain}
    assert no_grain == {
        *("winter_rapeseed", "spring_rapeseed", "peanut", "cotton", "sugar_cane", "winter_weeds"),
    }


NAMES = sorted({system.name for region in KNOWN.regions for system in region.systems})


@given(st.sampled_from(NAMES), st.sampled_from(NAMES))
def test_what_two_systems_share_is_shared_both_ways(one: str, other: str) -> None:
    assert KNOWN.common(one, other) == KNOWN.common(other, one)
    assert KNOWN.common(one, one) == one
    general = KNOWN.common(one, other)
    assert general == "unknown" or KNOWN.common(general, one) == general
