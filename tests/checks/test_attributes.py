"""Codes, names and areas of the attribute table against the rules of land surveys."""

from importlib import resources

import numpy as np
import pandas as pd
import pytest
from planted import field, kinds, read, report

from farmland import checks, rules
from farmland.checks import columns
from farmland.checks.stated import stated
from farmland.rules.attributes import attributes

GOOD = {
    "BSM": "410105000000000001",
    "DLBM": "0101",
    "DLMC": "水田",
    "ZZSXDM": "LS",
    "ZZSXMC": "种植粮食作物",
    "TBXHDM": None,
    "GDLX": "TT",
    "GDPDJB": "2",
    "KCDLBM": "1203",
    "KCXS": 0.1,
    "TBMJ": 10_000.0,
    "KCMJ": 1000.0,
    "TBDLMJ": 9000.0,
    "QSDWDM": "4101050010010000000",
    "ZLDWDM": "4101050010010000000",
    "XZQDM": "410105001001",
    "SJNF": 2023,
}
"""A row of DLTB with which nothing is wrong but that its area is round."""


def told(tmp_path, **row):
    """Kinds of findings about the second of two rows, of which the first is good."""
    number = {"BSM": "410105000000000002"}
    table = {name: [value, {**GOOD, **number, **row}[name]] for name, value in GOOD.items()}
    answer = kinds(report(tmp_path, [field(0, 0), field(300, 0)], **table))
    return {name for name, each in answer.items() if 1 in each.rows}


def test_a_good_row_is_not_told(tmp_path):
    assert told(tmp_path) == set()


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ({"TBXHDM": "HDGD", "ZZSXDM": "XG", "ZZSXMC": "休耕"}, "planting_of_refined_cultivated"),
        ({"ZZSXDM": "JKHF", "ZZSXMC": "即可恢复"}, "planting_of_cultivated"),
        ({"ZZSXDM": None, "ZZSXMC": None}, "planting_of_cultivated"),
        ({"TBXHDM": "LQYD"}, "refinement_of_cultivated"),
        ({"ZZSXMC": "休耕"}, "planting_name_differs"),
        ({"GDLX": "XX"}, "terrace_code"),
        ({"GDPDJB": "6"}, "slope_code"),
        ({"KCDLBM": "1202"}, "deduction_code"),
        ({"KCDLBM": " "}, "deduction_without_code"),
        ({"QSDWDM": "410105001001"}, "owner_code"),
        ({"ZLDWDM": "4.1e18"}, "place_code"),
        ({"XZQDM": "41010"}, "administrative_code"),
        ({"BSM": "17"}, "row_code"),
        ({"BSM": "410105000000000001"}, "row_code_again"),
        ({"SJNF": 20230}, "year"),
        ({"DLMC": "旱地"}, "land_name_differs"),
        ({"TBMJ": 12_000.0, "KCMJ": 1200.0, "TBDLMJ": 10_800.0}, "area_differs"),
        ({"TBDLMJ": 9100.0}, "net_differs"),
        ({"KCMJ": 900.0, "TBDLMJ": 9100.0}, "deduction_differs"),
    ],
)
def test_each_broken_rule_is_told_and_no_other(tmp_path, row, kind):
    assert told(tmp_path, **row) == {kind}


NOT_CULTIVATED = {"GDLX": None, "GDPDJB": None, "KCDLBM": None, "KCXS": 0.0, "KCMJ": 0.0}
NOT_CULTIVATED |= {"TBDLMJ": 10_000.0, "ZZSXDM": None, "ZZSXMC": None}
ORCHARD = {**NOT_CULTIVATED, "DLBM": "0201", "DLMC": "果园"}
FOREST = {**NOT_CULTIVATED, "DLBM": "0301", "DLMC": "乔木林地"}
GRASS = {**NOT_CULTIVATED, "DLBM": "0404", "DLMC": "其他草地"}
GOES = {"ZZSXDM": "GCHF", "ZZSXMC": "工程恢复"}
SOON = {"ZZSXDM": "JKHF", "ZZSXMC": "即可恢复"}


@pytest.mark.parametrize(
    ("row", "kinds_"),
    [
        (ORCHARD, set()),
        ({**ORCHARD, **SOON}, set()),
        ({**ORCHARD, "TBXHDM": "LQYD"}, set()),
        ({**ORCHARD, "TBXHDM": "LQYD", **SOON}, {"planting_of_forest_garden"}),
        ({**ORCHARD, "TBXHDM": "HDGD"}, {"refinement_of_garden"}),
        ({**ORCHARD, "DLBM": "0203", "DLMC": "橡胶园", **SOON}, {"planting_of_rubber"}),
        ({**FOREST, **GOES}, set()),
        ({**FOREST, "TBXHDM": "LQYD"}, {"refinement_of_forest"}),
        ({**GRASS, **GOES}, set()),
        ({**GRASS, **SOON}, {"planting_of_other_grass"}),
        ({**GRASS, "TBXHDM": "GCCD"}, set()),
        ({**GRASS, "TBXHDM": "LQYD"}, {"refinement_of_other_grass"}),
        ({**NOT_CULTIVATED, "DLBM": "0602", "DLMC": "采矿用地", **SOON},
         {"planting_where_none_is"}),
        ({**ORCHARD, "GDLX": "PD"}, {"terrace_outside_cultivated"}),
        ({**ORCHARD, "GDPDJB": "3"}, {"slope_outside_cultivated"}),
        ({**FOREST, "ZZSXDM": "WG", "ZZSXMC": "未耕种"},
         {"planting_of_forest", "planting_outside_cultivated"}),
        ({**NOT_CULTIVATED, "DLBM": "9876", "DLMC": None}, {"unknown_land_code"}),
        ({**NOT_CULTIVATED, "DLBM": None, "DLMC": None}, {"land_code_missing"}),
    ],
)  # fmt: skip
def test_rules_for_other_land(tmp_path, row, kinds_):
    assert told(tmp_path, **row) == kinds_


def test_codes_of_older_drafts_are_accepted(tmp_path):
    assert told(tmp_path, ZZSXDM="YM", ZZSXMC=None) == set()
    assert told(tmp_path, TBXHDM="HHGD") == set()


def test_rules_of_other_classifications_are_not_asked(tmp_path):
    """In the second survey 011 is a paddy, and nobody wrote planting codes."""
    table = {"DLBM": ["011", "021"], "ZZSXDM": [None, "LS"], "TBXHDM": [None, None]}
    answer = report(tmp_path, [field(0, 0), field(300, 0)], **table)
    assert answer.scheme == "sd2"
    assert not any(name.startswith("planting") for name in kinds(answer))


def test_sentences_say_what_stands_in_the_table(tmp_path):
    table = {name: [value] for name, value in {**GOOD, "ZZSXDM": "JKHF"}.items()}
    layer = read(tmp_path, [field(0, 0)], **table)
    said = checks.layer(layer, checks.check(layer, rules.load("cn")).findings)
    (words,) = said.loc[said["kind"] == "planting_of_cultivated", "words_en"]
    assert words.endswith(": DLBM 0101, TBXHDM –, ZZSXDM JKHF")


def test_every_rule_has_words_in_both_languages_and_a_severity():
    known = attributes()
    every = [each.kind for each in (*known.rules, *known.names)]
    assert {each.severity for each in every} == {"warning"}
    assert len({each.name for each in every}) == len(every)
    assert all(each.title.en and each.title.zh and each.meaning.zh for each in every)
    assert all(each.title.zh != each.title.en for each in every)


def test_columns_as_text():
    values = pd.Series([" a", None, 3.0, "<Null>", 2.5, "a", np.nan, 7], dtype=object)
    column = columns.as_text(values, attributes().blank)
    assert list(column.text(np.arange(8))) == ["a", "", "3", "", "2.5", "a", "", "7"]


# --- areas -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "factor", "unit"),
    [("TBMJ", 1, "m2"), ("TBMJ", 0.0015, "mu"), ("Area_ha", 1e-4, "ha"), ("面积亩", 0.0015, "mu")],
)
def test_units_are_told_by_the_outlines(tmp_path, name, factor, unit):
    shapes = [field(300 * number, 0, 100, 100 + number) for number in range(5)]
    layer = read(tmp_path, shapes, **{name: [each.area * factor for each in shapes]})
    column = stated(layer, attributes(), rules.load("cn").checks)
    assert (column.column, column.unit.id, column.recognised) == (name, unit, True)
    assert column.area_m2 == pytest.approx(layer.area_m2, rel=1e-3)
    assert ("area_unit" in kinds(checks.check(layer, rules.load("cn")))) == (
        name == "TBMJ" and unit == "mu"
    )


@pytest.mark.parametrize("name", ["Shape_Area", "count", "area_code"])
def test_columns_that_are_no_areas(tmp_path, name):
    layer = read(tmp_path, [field(0, 0), field(300, 0)], **{name: [3.0, 10_000.0]})
    assert stated(layer, attributes(), rules.load("cn").checks) is None


def test_a_rules_file_changes_the_limits(tmp_path):
    path = tmp_path / "own.toml"
    bundled = rules.load("generic")
    text = resources.files("farmland.rules").joinpath("generic.toml").read_text("utf-8")
    path.write_text(text + "\n[checks]\ntiny_m2 = 20000.0\n", "utf-8")
    layer = read(tmp_path, [field(0, 0)])
    assert "tiny" not in kinds(checks.check(layer, bundled))
    assert "tiny" in kinds(checks.check(layer, rules.load(path)))
