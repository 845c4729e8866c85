"""Rules as plain data: complete, sourced, open to change, and clear about mistakes."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from importlib import resources
from pathlib import Path

import pytest

from farmland import rules
from farmland.errors import UnusableInput
from farmland.rules import sentinel2
from farmland.rules.detection import Detection

THRESHOLDS = tomllib.loads(
    resources.files("farmland.rules").joinpath("detection.toml").read_text("utf-8")
)
CURVES = tuple(name for name in THRESHOLDS if name.startswith("odds_") and name != "odds_base")
CONVERSION = {
    "non_agricultural": {"built", "earthwork", "road", "pit", "solar", "lake"},
    "non_grain": {
        *("pond", "orchard", "nursery", "forest", "turf"),
        *("greenhouse", "abandoned", "crop"),
    },
    "undetermined": {"unknown"},
}
POLICY = {
    "non_agri": CONVERSION["non_agricultural"],
    "non_grain_A": {"pond", "orchard", "nursery", "forest", "turf"},
    "uncertain": {"greenhouse", "unknown"},
    "abandoned": {"abandoned"},
    "non_grain_B": {"crop"},
}


def own(tmp_path: Path, change: str = "", replaced: tuple[str, str] = ("", "")) -> Path:
    """A rules file of one's own: the bundled one with a change."""
    text = resources.files("farmland.rules").joinpath("generic.toml").read_text("utf-8")
    path = tmp_path / "mine.toml"
    path.write_text(text.replace(*replaced) + change, "utf-8")
    return path


@pytest.mark.parametrize("name", rules.BUNDLED)
def test_bundled_rules_know_every_cover_in_both_languages(name: str) -> None:
    read = rules.load(name)
    assert read.id == name
    assert {
        kind: {cover.name for cover in read.covers.values() if cover.conversion == kind}
        for kind in CONVERSION
    } == CONVERSION
    for words in (read.name, read.clue, *(cover.label for cover in read.covers.values())):
        assert words.en.isascii()
        assert not words.zh.isascii()
        assert words.text("zh") == words.zh
        assert words.text("fr") == words.en


def test_policy_classes_on_basic_farmland_are_those_of_the_contract() -> None:
    """The table of covers, DESIGN 4."""
    read = rules.load("cn")
    assert {
        kind: {cover.name for cover in read.covers.values() if cover.policy_class == kind}
        for kind in POLICY
    } == POLICY
    assert "farm road" in read.covers["road"].note.en  # type: ignore[union-attr]
    assert "clue" in read.clue.en
    assert "线索" in read.clue.zh


def test_areas_are_counted_as_the_office_counts_them() -> None:
    assert rules.load("cn").area_unit == "mu"
    assert rules.load("cn").m2_per_unit == 2000 / 3
    assert rules.load("generic").m2_per_unit == 10_000


@pytest.mark.parametrize("name", THRESHOLDS)
def test_every_threshold_has_a_value_a_unit_and_a_source(name: str) -> None:
    entry = THRESHOLDS[name]
    assert set(entry) == {"value", "unit", "source"}
    assert entry["unit"].strip()
    assert len(entry["source"]) >= len("DESIGN 4")


def test_thresholds_are_the_fields_of_detection() -> None:
    assert [field.name for field in fields(Detection)] == list(THRESHOLDS)
    types = {field.name: str(field.type) for field in fields(Detection)}
    for name, entry in THRESHOLDS.items():
        value = entry["value"]
        expected = type(value).__name__
        if isinstance(value, list):
            expected = "Curve" if name in CURVES else "tuple[float, ...]"
        assert types[name] == expected, name


@pytest.mark.parametrize("name", CURVES)
def test_a_curve_is_points_of_two_numbers_that_ascend(name: str) -> None:
    points = THRESHOLDS[name]["value"]
    assert len(points) >= 2
    assert {len(point) for point in points} == {2}
    assert {type(value) for point in points for value in point} == {float}
    numbers = [number for number, _ in points]
    assert numbers == sorted(set(numbers))
    read = getattr(rules.load("cn").detection, name)
    assert read == tuple((number, odds) for number, odds in points)


def test_the_contract_is_kept_by_default() -> None:
    """DESIGN 4: candidate, confirmed, too_small, too_few_looks; DESIGN 3: shares of exit 3."""
    need = rules.load("cn").detection
    assert (need.candidate_looks, need.candidate_days) == (3, 20)
    assert (need.confirmed_looks, need.confirmed_days) == (5, 45)
    assert need.confirmed_confidence == 0.90
    assert need.medium_confidence == 0.60
    assert need.prior_per_year == 0.003
    assert (need.full_pixels, need.smallest_patch_pixels) == (8, 4)
    assert (need.history_looks, need.after_looks) == (8, 3)
    assert (need.max_unread_share, need.max_unseen_share) == (0.01, 0.05)
    assert need.look_clear_share == 0.70
    assert sentinel2.CLEAR == (4, 5, 6, 7)


def test_numbers_of_the_rules_can_be_changed_plainly_or_with_their_source(tmp_path: Path) -> None:
    change = '\n[detection]\nfull_pixels = 6\ngreen = { value = 0.5, source = "own fields" }\n'
    read = rules.load(own(tmp_path, change + "feature_noise = [1, 1, 1, 1, 1, 1, 2]\n"))
    assert read.detection.full_pixels == 6
    assert read.detection.green == 0.5
    assert read.detection.feature_noise == (1, 1, 1, 1, 1, 1, 2)
    assert read.detection.deficit == rules.load("cn").detection.deficit
    assert read.id == "generic"


@pytest.mark.parametrize("points", [[[0.2, -1.0]], [[0, 0], [1, 1], [2, 1.5], [9, 4]]])
def test_a_curve_may_have_as_many_points_as_it_needs(
    tmp_path: Path, points: list[list[float]]
) -> None:
    read = rules.load(own(tmp_path, f"\n[detection]\nodds_rest = {points}\n")).detection
    assert read.odds_rest == tuple(map(tuple, points))
    assert all(type(value) is float for point in read.odds_rest for value in point)
    assert read.odds_peak == rules.load("cn").detection.odds_peak


def refused(path: Path) -> UnusableInput:
    with pytest.raises(UnusableInput) as fault:
        rules.load(path)
    assert fault.value.exit_code == 4
    for sentence in (fault.value.english, fault.value.chinese):
        assert str(path) in sentence
        assert "\n" not in sentence
    return fault.value


def test_an_unknown_threshold_names_the_nearest(tmp_path: Path) -> None:
    fault = refused(own(tmp_path, "\n[detection]\nfull_pixel = 6\n"))
    assert "unknown entry detection.full_pixel, full_pixels is the nearest" in fault.english
    assert "最接近的是 full_pixels" in fault.chinese


def test_an_unknown_threshold_unlike_any_is_named_alone(tmp_path: Path) -> None:
    fault = refused(own(tmp_path, "\n[detection]\nzzz = 6\n"))
    assert "unknown entry detection.zzz: correct the name" in fault.english


def test_rules_that_are_not_there_or_no_toml(tmp_path: Path) -> None:
    assert "could not be read" in refused(tmp_path / "absent.toml").english
    (tmp_path / "broken.toml").write_text("id = ", "utf-8")
    assert "could not be read" in refused(tmp_path / "broken.toml").english
    (tmp_path / "latin.toml").write_bytes(b"id = '\xff\xfe'")
    assert "could not be read" in refused(tmp_path / "latin.toml").english


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('version = "', 'versions = "', "an unknown entry versions, version is the nearest"),
        ('version = "2026.3"\n', "", "lack version: add it"),
        ('version = "2026.3"', "version = 2026.3", "set version to 2026.3: give text"),
        ("[clue]", "[hint]", "an unknown entry hint"),
        ('policy_class = "non_grain"\n', "", "lack covers.pond.policy_class: add it"),
        ("m2_per_unit = {", "per_unit = {", "area.per_unit, m2_per_unit is the nearest"),
        ('label = { en = "buildings",', 'label = { de = "Gebäude",', "entry covers.built.label.de"),
        ("[covers.pond]", "[covers.ponds]", "entry covers.ponds, pond is the nearest"),
        ('conversion = "undetermined"', 'conversion = "none"', "give one of non_agricultural, non"),
    ],
)
def test_what_is_missing_or_misspelt_is_named(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert said in refused(own(tmp_path, replaced=(old, new))).english


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("full_pixels", '"eight"'),
        ("full_pixels", "[8]"),
        ("full_pixels", "true"),
        ("full_pixels", "8.5"),
        ("green", "2024-01-01"),
        ("feature_noise", "0.05"),
        ("feature_noise", "[1, 1, 1, 1, 1, 1]"),
        ("feature_noise", '[1, 1, 1, 1, 1, 1, "1"]'),
        ("feature_noise", "[[1, 1], [2, 1]]"),
        ("odds_rest", "[]"),
        ("odds_rest", "0.5"),
        ("odds_rest", "[0.1, 0.2]"),
        ("odds_rest", "[[0.1]]"),
        ("odds_rest", "[[0.1, 1, 2]]"),
        ("odds_rest", '[[0.1, "1"]]'),
        ("odds_rest", "[[0.1, [1]]]"),
    ],
)
def test_a_threshold_of_another_type_is_refused(tmp_path: Path, name: str, value: str) -> None:
    fault = refused(own(tmp_path, f"\n[detection]\n{name} = {value}\n"))
    assert f"set detection.{name} to" in fault.english
    assert f"将 detection.{name} 设为" in fault.chinese


@pytest.mark.parametrize(
    "points",
    [
        "[[0.2, 1], [0.1, 2]]",
        "[[0.2, 1], [0.2, 2]]",
        "[[0.1, 1], [nan, 2], [0.3, 3]]",
        "[[0.1, 1], [inf, 2]]",
        "[[0.1, nan]]",
        "[[0.1, 1], [0.2, -inf]]",
    ],
)
def test_a_curve_whose_numbers_do_not_ascend_is_refused(tmp_path: Path, points: str) -> None:
    fault = refused(own(tmp_path, f"\n[detection]\nodds_rest = {points}\n"))
    assert "set detection.odds_rest to" in fault.english
    assert fault.english.endswith("in ascending order of the number.")
    assert "将 detection.odds_rest 设为" in fault.chinese
    assert "由小到大" in fault.chinese


def test_a_threshold_without_a_value_is_refused(tmp_path: Path) -> None:
    fault = refused(own(tmp_path, '\n[detection]\ngreen = { source = "own fields" }\n'))
    assert "lack detection.green.value: add it" in fault.english
