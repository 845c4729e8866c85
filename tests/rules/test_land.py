"""Codes of land use: the tables against the published ones, and schemes told apart."""

from __future__ import annotations

import csv
import re
import warnings
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmland import rules
from farmland.errors import FarmlandWarning
from farmland.rules.land import ACCOUNTS, MAJORS, LandUses

LAND = rules.load("cn").land
SCHEMES = {one.id: one for one in LAND.schemes}
MAJOR = {"农用地": "agricultural", "建设用地": "construction", "未利用地": "unused"}


def test_the_codes_of_the_third_survey_are_those_of_its_table(shared: Path) -> None:
    text = (shared / "domain" / "landuse_sd3.csv").read_text("utf-8-sig")
    rows = list(csv.DictReader(text.splitlines()))
    assert len(rows) == 69
    for row in rows:
        use = LAND.of(row["code"])
        assert use is not None
        assert (use.code, use.name.zh, use.major) == (
            row["code"],
            row["name"],
            MAJOR[row["major3"]],
        )
        assert use.cultivated == (row["first_class"] == "耕地")


def test_the_national_standard_has_its_73_classes() -> None:
    """GB/T 21010-2017, table 1: classes of the second level under each of the first."""
    codes = [code for code in SCHEMES["gbt21010_2017"].uses if len(code) == 4]
    each = Counter(code[:2] for code in codes)
    assert [each[f"{n:02d}"] for n in range(1, 13)] == [3, 4, 7, 4, 7, 4, 2, 10, 6, 9, 10, 7]


@pytest.mark.parametrize("name", SCHEMES)
def test_every_code_has_a_class_an_account_and_both_names(name: str) -> None:
    for code, use in SCHEMES[name].uses.items():
        assert use.code == code
        assert use.major in MAJORS
        assert use.account in ACCOUNTS
        assert use.name.en.isascii()
        assert not use.name.zh.isascii()
        assert (use.major == "construction") == (use.account == "construction")
        assert (use.major == "unused") == (use.account == "unused")
        assert use.cultivated == (use.name.zh in {"耕地", "水田", "水浇地", "旱地"})


def test_outflow_is_counted_where_the_practice_counts_it() -> None:
    """DOMAIN 1.8 and the construction filter of DOMAIN 2.2."""
    construction = re.compile(r"(05|06|07|08|09|100[1-5]|100[7-9]|1109|1201|20)")
    for name in ("sd3", "gbt21010_2017"):
        for code, use in SCHEMES[name].uses.items():
            assert bool(construction.match(code)) == (use.account == "construction"), code
            garden = code.startswith(("02", "03"))
            assert garden == (use.account == "forest_garden"), code
    for code in ("0401", "0403", "1006", "1103", "1104", "1107", "1202", "1203"):
        assert LAND.of(code).account == "other_agricultural"  # type: ignore[union-attr]
    assert LAND.of("0404").account == "unused"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("codes", "names", "scheme"),
    [
        (["011", "104"], [], "sd2"),
        (["104", "114"], [], "sd2"),
        (["0101", "0201K"], [], "sd3"),
        (["0101", "05H1"], [], "sd3"),
        (["0101", "203"], [], "sd3"),
        (["0101", "0602C"], ["水田", "采矿用地"], "sd3"),
        (["0601"], ["农村道路"], "ydyh2023"),
        (["0602"], ["设施农用地"], "ydyh2023"),
        (["0601", "0602"], ["工业用地", "采矿用地"], "gbt21010_2017"),
        (["0101", "0601"], ["农村道路", "工业用地"], "gbt21010_2017"),
        (["0101", "1704"], [], "ydyh2023"),
        (["0101", "2303"], [], "ydyh2023"),
        (["0101", "060102"], [], "ydyh2023"),
        (["0101", "0601", None, ""], [None] * 4, "gbt21010_2017"),
        ([None, ""], [], ""),
        ([], [], ""),
    ],
)
def test_a_scheme_is_known_by_its_codes_and_names(
    codes: list[str | None], names: list[str | None], scheme: str
) -> None:
    assert LAND.scheme(codes, names) == scheme


def test_the_same_code_means_what_its_scheme_says() -> None:
    assert LAND.of("0601").account == "construction"  # type: ignore[union-attr]
    assert LAND.of("0601", "ydyh2023").name.en == "rural road"  # type: ignore[union-attr]
    assert LAND.of("0504", "ydyh2023").major == "unused"  # type: ignore[union-attr]
    assert LAND.of("0504").major == "construction"  # type: ignore[union-attr]
    assert LAND.of("114").name.zh == "坑塘水面"  # type: ignore[union-attr]


def test_a_code_with_a_letter_of_a_province_is_read_by_its_first_four_characters() -> None:
    assert LAND.of("0602C") == LAND.of("0602")
    assert LAND.of("0101XYZ") == LAND.of("0101")
    assert LAND.of("9999") is None
    assert LAND.of("") is None
    assert LandUses().of("0101") is None
    assert LandUses().scheme(["0101"]) == ""


def test_codes_that_are_not_listed_are_said_once() -> None:
    codes = ["0101", "0602C", "9999", "0602C", None, "0601"]
    with pytest.warns(FarmlandWarning) as said:
        found = LAND.read(codes)
    assert {code: use.code for code, use in found.items()} == {
        "0101": "0101",
        "0602C": "0602",
        "0601": "0601",
    }
    assert len(said) == 1
    message = said[0].message
    assert isinstance(message, FarmlandWarning)
    for language in ("en", "zh"):
        assert "sd3" in message.text(language)
        assert "0602C (0602), 9999" in message.text(language)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert LAND.read(["0601"], ["农村道路"])["0601"].account == "other_agricultural"


@given(st.lists(st.sampled_from(sorted({code for one in LAND.schemes for code in one.uses}))))
def test_a_scheme_is_one_of_ours_and_reads_what_it_was_known_by(codes: list[str]) -> None:
    name = LAND.scheme(codes)
    assert (name == "") == (not codes)
    if name:
        one = SCHEMES[name]
        shaped = [code for code in codes if one.pattern and re.fullmatch(one.pattern, code)]
        assert shaped or name == "gbt21010_2017"


@given(st.text(max_size=8))
def test_any_text_is_a_code_or_none(text: str) -> None:
    use = LAND.of(text)
    assert use is None or text.startswith(use.code)
