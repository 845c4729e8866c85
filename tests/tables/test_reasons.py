"""A reason is one sentence, and carries the same numbers in both languages."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import by_hand
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmland import layers, rules
from farmland.rules import Words
from farmland.tables import reasons

RULES = rules.load("cn")
STATUSES = tuple(layers.PARCELS.column("status").meanings)
NUMBER = re.compile(r"(?<![\d.-])-?\d+(?:\.\d+)?(?:-\d\d-\d\d)?")

DAY = re.compile(r"(\d{4})年(\d+)月(\d+)日")


def numbers(text: str) -> list[str]:
    """Numbers and dates of a sentence, sorted: languages order them differently."""
    iso = DAY.sub(lambda day: f" {day[1]}-{int(day[2]):02d}-{int(day[3]):02d} ", text)
    return sorted(NUMBER.findall(iso))


def check(words: Words) -> None:
    assert numbers(words.en) == numbers(words.zh)
    assert words.en.endswith(".")
    assert words.zh.endswith("。")
    assert words.en.isascii()
    assert "nan" not in words.en + words.zh
    assert "\n" not in words.en + words.zh
    assert words.zh.count("。") == words.en.count(". ") + 1 == 1


def test_numbers_are_found() -> None:
    assert numbers("since 2023-09-11 NDVI -0.12 and 17 looks.") == ["-0.12", "17", "2023-09-11"]
    assert numbers("截至2023年9月1日的 17 次") == ["17", "2023-09-01"]


@given(
    st.floats(-1, 1),
    st.floats(-1, 1) | st.just(math.nan),
    st.floats(-1, 1) | st.just(math.nan),
    st.floats(-1, 1) | st.just(math.nan),
    st.floats(0, 20) | st.just(math.nan),
    st.floats(0, 20),
    st.integers(3, 400),
    st.sampled_from(sorted(RULES.covers)),
)
def test_the_reason_of_a_patch_has_its_numbers(
    peak: float,
    own: float,
    near: float,
    rest: float,
    colour: float,
    novelty: float,
    looks: int,
    cover: str,
) -> None:
    weighed = replace(
        by_hand.EVIDENCE,
        peak=peak,
        own_peak=own,
        neighbours_peak=near,
        rest=rest,
        colour=colour,
        novelty=novelty,
        looks=looks,
    )
    found = by_hand.finding(evidence=weighed, cover=cover)
    words = reasons.of_patch(found, RULES.covers[cover])
    check(words)
    said = numbers(words.en)
    assert {str(looks), "143", "2024-02-01", f"{peak:.2f}", f"{novelty:.1f}"} <= set(said)
    for value in (own, near):
        assert math.isnan(value) or f"{value:.2f}" in said
    assert ("colour moved by" in words.en) == ("地表颜色" in words.zh) == (colour >= 1)
    assert ("below the rest" in words.en) == ("较地块其余部分" in words.zh) == (rest >= 0.1)
    assert RULES.covers[cover].label.en in words.en
    assert RULES.covers[cover].label.zh in words.zh
    assert "clue" in words.en
    assert "需实地核实" in words.zh


def test_a_worked_example() -> None:
    words = reasons.of_patch(by_hand.finding(cover="road"), RULES.covers["road"])
    assert words.en == (
        "On 17 looks over 143 days up to 2024-02-01 NDVI peaked at 0.13; own past in these months "
        "at least 0.71; neighbouring parcels at least 0.66; its colours lie 2.4 spreads from "
        "anything known of farmland here; the ground's own colour moved by 1.6 of its spreads; it "
        "fell 0.42 below the rest of the parcel; most like: road (a farm road is possible); a clue "
        "to be verified in the field."
    )
    assert words.zh.startswith("截至2024年2月1日的 143 天内 17 次有效观测，NDVI 峰值仅 0.13；")
    assert "（可能为农村道路）" in words.zh


@pytest.mark.parametrize("unread", [0, 7])
@pytest.mark.parametrize("status", STATUSES)
def test_every_status_has_its_sentence(status: str, unread: int) -> None:
    record = None if status == "invalid_geometry" else by_hand.RECORD
    words = reasons.of_parcel(status, record, RULES.detection, unread)
    check(words)
    assert ("7 looks stayed unread" in words.en) == (
        unread > 0 and status not in {"invalid_geometry", "no_imagery"}
    )


def test_no_two_statuses_share_a_sentence() -> None:
    said = {
        status: reasons.of_parcel(
            status,
            None if status == "invalid_geometry" else by_hand.RECORD,
            RULES.detection,
            0,
        )
        for status in STATUSES
    }
    listed = {said.pop("candidate").en, said.pop("confirmed").en}
    assert len(listed) == 1
    assert len({words.en for words in said.values()} | listed) == len(said) + 1
    assert len({words.zh for words in said.values()}) == len(said)


@pytest.mark.parametrize("status", ["stable", "candidate", "changed_before"])
def test_a_peak_that_no_look_told_is_unknown(status: str) -> None:
    record = replace(by_hand.RECORD, peak_before=math.nan, clear_before=0)
    words = reasons.of_parcel(status, record, RULES.detection, 0)
    check(words)
    assert "NDVI peak unknown before, 0.79 after" in words.en
    assert "NDVI 峰值前 未知、后 0.79" in words.zh
