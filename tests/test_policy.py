"""Decisions: the matrix of the law typed by hand, cut-offs around their days, and what never is."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmland import layers, rules
from farmland.policy import Decision, decide
from farmland.rules.decisions import LANDS, PERMISSIONS

CN = rules.load("cn")
NAMES = sorted({**CN.covers, **CN.visited})
NOW = ("2026-03-01", "2026-03-11")

X, A, V, M = "prohibited", "approval", "allowed", "monitored"
MATRIX = [
    # use, permission and class on permanent basic farmland, the same on other cultivated land
    ("grain", V, "allowed", V, "allowed"),
    ("rotation", V, "allowed", V, "allowed"),
    ("crop", M, "non_grain_B", V, "non_grain_B"),
    ("forage", M, "non_grain_B", V, "non_grain_B"),
    ("tunnel", M, "non_grain_B", V, "non_grain_B"),
    ("glasshouse", X, "non_grain_A", A, "non_grain_A"),
    ("livestock", X, "non_grain_A", A, "non_grain_A"),
    ("orchard", X, "non_grain_A", A, "non_grain_A"),
    ("forest", X, "non_grain_A", A, "non_grain_A"),
    ("nursery", X, "non_grain_A", A, "non_grain_A"),
    ("green_belt", X, "non_grain_A", A, "non_grain_A"),
    ("turf", X, "non_grain_A", X, "non_grain_A"),
    ("pond", X, "non_grain_A", A, "non_grain_A"),
    ("lake", X, "non_agri", X, "non_agri"),
    ("rice_fish", V, "uncertain", V, "allowed"),
    ("lotus", M, "non_grain_B", V, "non_grain_B"),
    ("rural_road", X, "non_grain_A", A, "non_grain_A"),
    ("built", X, "non_agri", A, "non_agri"),
    ("house", X, "non_agri", A, "non_agri"),
    ("road", X, "non_agri", A, "non_agri"),
    ("earthwork", X, "non_agri", A, "non_agri"),
    ("solar", X, "non_agri", X, "non_agri"),
    ("pit", X, "non_agri", X, "non_agri"),
    ("temporary_land", A, "uncertain", A, "uncertain"),
    ("idle", M, "fallow", M, "fallow"),
    ("abandoned", M, "abandoned", M, "abandoned"),
    ("fallow_programme", V, "allowed", V, "allowed"),
    # greenhouses as a satellite sees them, damage and what nobody knows
    ("greenhouse", M, "uncertain", M, "uncertain"),
    ("damage", V, "natural", V, "natural"),
    ("unknown", M, "uncertain", M, "uncertain"),
]

ITEMS = {"forest": 1, "nursery": 1, "green_belt": 2, "lake": 3}
ITEMS |= dict.fromkeys(("built", "house", "road", "earthwork", "solar"), 5)

BASIC = {
    "non_agri": {"built", "earthwork", "road", "pit", "solar", "lake"},
    "non_grain_A": {"pond", "orchard", "nursery", "forest", "turf"},
    "uncertain": {"greenhouse", "unknown"},
    "abandoned": {"abandoned"},
    "non_grain_B": {"crop"},
}
"""DESIGN 4, policy class on permanent basic farmland."""


def on(cover: str, land: str, first: str, last: str, given: rules.Rules = CN) -> Decision:
    return decide(cover, land, (np.datetime64(first), np.datetime64(last)), given)


@pytest.mark.parametrize(("use", "pbf", "pbf_class", "other", "other_class"), MATRIX)
def test_the_matrix_of_the_law(
    use: str, pbf: str, pbf_class: str, other: str, other_class: str
) -> None:
    """DOMAIN 1.3, read row by row; DESIGN 4 wins where they differ (greenhouse)."""
    basic, ordinary = on(use, "pbf", *NOW), on(use, "cultivated", *NOW)
    assert (basic.permission, basic.policy_class) == (pbf, pbf_class)
    assert (ordinary.permission, ordinary.policy_class) == (other, other_class)
    assert basic.item == ordinary.item == ITEMS.get(use)


def test_the_matrix_has_every_cover() -> None:
    assert sorted(row[0] for row in MATRIX) == NAMES


@pytest.mark.parametrize("land", ["pbf", "unknown"])
def test_classes_on_basic_farmland_are_those_of_the_contract(land: str) -> None:
    found = {
        kind: {name for name in CN.covers if on(name, land, *NOW).policy_class == kind}
        for kind in BASIC
    }
    assert found == BASIC
    for name, cover in CN.covers.items():
        assert on(name, land, *NOW).land_code == cover.land_code


def test_what_decided_is_named() -> None:
    assert on("pond", "pbf", *NOW).rule == "cn:pond:pbf@2026.3"
    assert on("pond", "unknown", *NOW).rule == "cn:pond:unknown@2026.3"
    assert on("livestock", "cultivated", *NOW).rule == "cn:livestock:cultivated@2026.3"


def test_elsewhere_the_rules_on_farmland_are_silent() -> None:
    for name in NAMES:
        decision = on(name, "other", *NOW)
        kind = (CN.covers.get(name) or CN.visited[name]).conversion
        silent = kind != "non_agricultural" and name != "unknown"
        assert decision.policy_class == ("allowed" if silent else "uncertain")
        assert decision.permission != "prohibited"
        assert decision.item is None
        assert decision.legacy is None


@pytest.mark.parametrize(
    ("cover", "land", "day", "permission", "instruments", "item"),
    [
        ("pond", "pbf", "2019-05-01", X, ("LAL98", "BFR"), None),
        ("pond", "pbf", "2020-01-01", X, ("LAL", "BFR"), None),
        ("pond", "pbf", "2021-11-26", X, ("LAL", "BFR", "NG44"), None),
        ("pond", "pbf", "2021-11-27", X, ("LAL", "BFR", "NG44", "UC166"), None),
        ("pond", "cultivated", "2019-05-01", M, (), None),
        ("pond", "cultivated", "2021-11-26", M, ("NG44",), None),
        ("pond", "cultivated", "2021-11-27", A, ("UC166",), None),
        ("forest", "cultivated", "2020-09-09", M, (), None),
        ("forest", "cultivated", "2020-09-10", A, ("NA24",), 1),
        ("lake", "pbf", "2020-09-09", X, ("LAL", "BFR"), None),
        ("lake", "cultivated", "2020-09-09", A, ("LAL",), None),
        ("lake", "cultivated", "2020-09-10", X, ("LAL", "NA24"), 3),
        ("built", "cultivated", "2019-12-31", A, ("LAL98",), None),
        ("built", "cultivated", "2020-09-10", A, ("LAL", "NA24"), 5),
        ("solar", "cultivated", "2023-03-19", A, ("LAL", "NA24"), 5),
        ("solar", "cultivated", "2023-03-20", X, ("LAL", "NA24", "PV12"), 5),
        ("turf", "cultivated", "2021-11-26", M, ("NG44",), None),
        ("turf", "cultivated", "2021-11-27", X, ("UC166",), None),
    ],
)
def test_a_decision_follows_the_law_of_its_day(
    cover: str, land: str, day: str, permission: str, instruments: tuple[str, ...], item: int | None
) -> None:
    later = str(np.datetime64(day) + np.timedelta64(30, "D"))
    decision = on(cover, land, day, later)
    assert decision.permission == permission
    assert decision.instruments == instruments
    assert decision.item == item


@pytest.mark.parametrize("use", ["glasshouse", "livestock"])
@pytest.mark.parametrize("land", ["pbf", "cultivated"])
def test_an_old_facility_may_be_lawful(use: str, land: str) -> None:
    """DOMAIN 1.3: before 2021-11-27 uncertain, with the filing number to be asked for."""
    assert on(use, land, "2021-11-26", "2021-12-20").policy_class == "uncertain"
    assert on(use, land, "2021-11-26", "2021-12-20").permission != "prohibited"
    assert on(use, land, "2021-11-27", "2021-12-20").policy_class == "non_grain_A"
    note = CN.visited[use].note
    assert note is not None
    assert "filing number" in note.en
    assert "备案编号" in note.zh


@pytest.mark.parametrize(
    ("cover", "first", "last", "legacy"),
    [
        # fields to factories: 2020-09-10; no house is meant by a road
        ("road", "2020-08-01", "2020-09-09", True),
        ("road", "2020-08-01", "2020-09-10", None),
        ("road", "2020-09-09", "2020-09-20", None),
        ("road", "2020-09-10", "2020-09-20", False),
        # houses: 2020-07-03
        ("house", "2020-06-01", "2020-07-02", True),
        ("house", "2020-06-01", "2020-07-03", None),
        ("house", "2020-07-02", "2020-07-09", None),
        ("house", "2020-07-03", "2020-07-09", False),
        # buildings may be houses or not: open between the two days
        ("built", "2020-06-01", "2020-07-02", True),
        ("built", "2020-07-03", "2020-07-09", None),
        ("built", "2020-08-01", "2020-09-09", None),
        ("built", "2020-09-10", "2020-09-20", False),
        # non-grain: 2020-11-04
        ("pond", "2020-10-01", "2020-11-03", True),
        ("pond", "2020-10-01", "2020-11-04", None),
        ("pond", "2020-11-03", "2020-11-20", None),
        ("pond", "2020-11-04", "2020-11-20", False),
        # classes without a cut-off
        ("greenhouse", "2018-10-01", "2018-11-03", None),
        ("abandoned", "2018-10-01", "2018-11-03", None),
        ("crop", "2018-10-01", "2018-11-03", None),
    ],
)
def test_legacy_around_each_cut_off(cover: str, first: str, last: str, legacy: bool | None) -> None:
    for land in ("pbf", "cultivated", "unknown"):
        assert on(cover, land, first, last).legacy is legacy


def test_the_worked_example_of_the_page() -> None:
    """docs/rules.md, how a patch is decided."""
    basic = on("pond", "pbf", "2021-11-20", "2021-12-02")
    assert (basic.permission, basic.instruments) == (X, ("LAL", "BFR", "NG44"))
    assert on("pond", "cultivated", "2021-11-20", "2021-12-02").permission == M
    assert on("pond", "cultivated", "2021-12-20", "2022-01-02").permission == A
    assert basic.legacy is on("pond", "cultivated", "2021-12-20", "2022-01-02").legacy is False


def test_a_day_that_is_not_known() -> None:
    last = np.datetime64("2020-05-01")
    for missing in (None, np.datetime64("NaT", "D")):
        early = decide("pond", "pbf", (missing, last), CN)
        assert early.legacy is True
        assert early.instruments == ("LAL", "BFR")
        assert decide("pond", "pbf", (missing, np.datetime64("2022-05-01")), CN).legacy is None
        today = decide("pond", "pbf", (missing, missing), CN)
        assert today.legacy is None
        assert today.instruments == ("LAL", "BFR", "NG44", "UC166")
    late = decide("pond", "pbf", (np.datetime64("2022-05-01T10:30"), None), CN)
    assert late.legacy is False


@pytest.mark.parametrize("words", PERMISSIONS.values())
def test_a_permission_is_a_clue_and_no_verdict(words: rules.Words) -> None:
    """DOMAIN 8.3."""
    assert not any(word in words.zh for word in ("违法", "违规", "非法", "处罚", "强制"))
    assert not any(word in words.en for word in ("illegal", "unlawful", "violat"))


def test_what_the_rules_do_not_know_is_a_fault_of_the_caller() -> None:
    with pytest.raises(KeyError):
        on("ponds", "pbf", *NOW)
    with pytest.raises(KeyError):
        on("pond", "farmland", *NOW)


def test_rules_without_a_law_say_what_a_cover_is_and_nothing_more() -> None:
    generic = rules.load("generic")
    for land in LANDS:
        decision = on("pond", land, *NOW, generic)
        assert decision.policy_class == "non_grain"
        assert decision.permission == "monitored"
        assert decision.instruments == ()
        assert decision.legacy is None
        assert decision.rule == f"generic:pond:{land}@2026.3"


DAYS = st.dates(date(1999, 1, 1), date(2030, 12, 31))


@given(st.sampled_from(NAMES), st.sampled_from(LANDS), DAYS, st.integers(0, 900))
def test_every_decision_stands_on_rules_that_were_in_force(
    cover: str, land: str, first: date, days: int
) -> None:
    decision = on(cover, land, str(first), str(first + timedelta(days)))
    for name in decision.instruments:
        held = CN.instruments[name].validity
        assert held.valid_from is not None
        assert held.valid_from <= first
        assert held.valid_until is None or first <= held.valid_until
    assert decision.permission in PERMISSIONS
    if decision.permission in {"prohibited", "approval"}:
        assert decision.instruments
    if decision.item is not None:
        assert "NA24" in decision.instruments
    known = layers.CONVERSIONS.column("policy_class").meanings
    assert decision.policy_class in known
    assert decision.rule == f"cn:{cover}:{land}@{CN.version}"


@given(st.sampled_from(NAMES), st.sampled_from(LANDS), DAYS, st.integers(0, 900), st.integers(0, 9))
def test_a_longer_span_never_turns_open_into_settled(
    cover: str, land: str, first: date, days: int, more: int
) -> None:
    last = first + timedelta(days)
    legacy = on(cover, land, str(first), str(last)).legacy
    wider = on(cover, land, str(first - timedelta(more)), str(last + timedelta(more))).legacy
    assert wider in {legacy, None}
