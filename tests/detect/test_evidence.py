"""Kinds of evidence are bounded, and only several of them over time confirm."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmland import rules
from farmland.detect import evidence
from farmland.detect.evidence import Around, Evidence
from farmland.detect.patches import Patch
from farmland.detect.signals import Signals
from farmland.kernels import spectral

RULES = rules.load("cn").detection
NOISE = np.array(RULES.feature_noise, np.float32)
DAYS = np.arange(0, 4 * 365, 10, dtype=np.int32)
"""Three years of history and one after, a look every ten days."""

CUT = 3 * 365
FIRST = int(np.searchsorted(DAYS, CUT + 60))
UNKNOWN = np.full(DAYS.size, np.nan, np.float32)


def season(high: float) -> np.ndarray:
    """One green peak a year, at its middle."""
    return (0.15 + (high - 0.15) * np.exp(-(((DAYS % 365 - 182) / 50) ** 2))).astype(np.float32)


def story(
    now: float = 0.1,
    novelty: float = 2.0,
    *,
    past: float = 0.8,
    neighbours: float = 0.8,
    rest: float = math.nan,
    inner: float = 1.0,
) -> tuple[Patch, Signals, Around]:
    """A patch that is a field until ``FIRST`` and has a flat NDVI of ``now`` since."""
    ndvi = np.where(np.arange(DAYS.size) < FIRST, season(past), now)
    series = np.zeros((DAYS.size, spectral.FEATURES), np.float32)
    series[:, spectral.NDVI] = ndvi / NOISE[spectral.NDVI]
    strange = UNKNOWN.copy()
    strange[DAYS >= CUT] = 0.3
    strange[FIRST:] = novelty
    medians = np.zeros((12, DAYS.size, spectral.FEATURES), np.float32)
    medians[:, :, spectral.NDVI] = season(neighbours) / NOISE[spectral.NDVI]
    patch = Patch(
        parcel=0,
        pixels=np.arange(20),
        series=series,
        novelty=strange,
        score=UNKNOWN,
        own_low=UNKNOWN,
        own_high=UNKNOWN,
        start=FIRST,
        first=0,
    )
    signals = Signals(
        days=DAYS,
        history=DAYS < CUT,
        after=DAYS >= CUT,
        clear=np.ones((20, DAYS.size), np.bool_),
        features=np.repeat(series[None], 20, axis=0),
        medians=medians,
        scale=np.ones(12, np.float32),
        rank=np.full(DAYS.size, 4, np.int32),
        neighbours_low=season(neighbours),
        noise=NOISE,
    )
    beside = UNKNOWN if math.isnan(rest) else season(past) + np.where(DAYS > CUT, rest, 0)
    return patch, signals, Around(beside.astype(np.float32), inner)


def weigh(told: tuple[Patch, Signals, Around], looks: int | None = None) -> Evidence:
    patch, signals, around = told
    return evidence.weigh(patch, signals, around, patch.changed[:looks], RULES)


def settled(told: tuple[Patch, Signals, Around]) -> bool:
    return evidence.settled(weigh(told), RULES)


# --- what is weighed ---------------------------------------------------------


def test_a_roof_is_confirmed_by_two_kinds() -> None:
    weighed = weigh(story())
    assert settled(story())
    assert {"novelty", "season"} <= set(weighed.kinds(RULES))
    assert weighed.looks == DAYS.size - FIRST
    assert weighed.days == DAYS[-1] - DAYS[FIRST]
    assert weighed.novelty == pytest.approx(2.0)
    assert weighed.peak == pytest.approx(0.1, abs=1e-6)
    assert weighed.own_peak == pytest.approx(0.8, abs=0.1)
    assert weighed.neighbours_peak == pytest.approx(0.8, abs=0.1)
    assert weighed.missed == pytest.approx(
        min(weighed.own_peak, weighed.neighbours_peak) - weighed.peak
    )
    assert math.isnan(weighed.rest)


STORIES = st.builds(
    story,
    st.floats(-0.2, 0.9),
    st.floats(0, 20),
    past=st.floats(0.2, 0.9),
    neighbours=st.floats(0.2, 0.9),
    rest=st.floats(-0.3, 0.5) | st.just(math.nan),
    inner=st.floats(0, 1),
)


@given(STORIES, st.integers(1, 30))
def test_every_kind_is_bounded(told: tuple[Patch, Signals, Around], looks: int) -> None:
    odds = weigh(told, looks).odds
    assert abs(odds["novelty"]) <= RULES.novelty_most
    assert abs(odds["season"]) <= RULES.season_most
    assert 0 <= odds["rest"] <= RULES.rest_most
    assert -2 * RULES.bare_most <= odds["bareness"] <= RULES.bare_most
    assert odds["season"] + odds["bareness"] <= RULES.barren_most + 1e-9
    assert -RULES.rim_most <= odds["rim"] <= 0
    assert odds["base"] == RULES.odds_base


@given(STORIES, st.integers(1, 30))
def test_the_confidence_is_what_the_kinds_add_up_to(
    told: tuple[Patch, Signals, Around], looks: int
) -> None:
    weighed = weigh(told, looks)
    total = sum(weighed.odds.values())
    assert math.log(weighed.confidence / (1 - weighed.confidence)) == pytest.approx(total, abs=1e-6)


@given(STORIES)
def test_one_kind_never_confirms(told: tuple[Patch, Signals, Around]) -> None:
    """DESIGN 4: two independent kinds of evidence."""
    weighed = weigh(told)
    if len(weighed.kinds(RULES)) < 2:
        assert not evidence.settled(weighed, RULES)


def test_strangeness_alone_is_a_candidate_at_most() -> None:
    """Film on a field whose neighbours and past are as bare at this season."""
    told = story(0.2, 20.0, past=0.2, neighbours=0.2)
    assert weigh(told).kinds(RULES) == ("novelty",)
    assert not settled(told)


def test_a_missed_season_alone_is_a_candidate_at_most() -> None:
    """A fallow field looks as it has looked before."""
    told = story(0.15, 0.4)
    assert weigh(told).kinds(RULES) == ("season",)
    assert weigh(told).confidence < RULES.confirmed_confidence
    assert not settled(told)


def test_a_green_canopy_speaks_against() -> None:
    assert weigh(story(0.75)).confidence < weigh(story(0.1)).confidence
    assert weigh(story(0.75)).odds["bareness"] < 0
    assert not settled(story(0.75))


def test_a_fall_against_the_rest_of_the_parcel_is_a_kind() -> None:
    alone, beside = weigh(story(0.1)), weigh(story(0.1, rest=0.3))
    assert "rest" in beside.kinds(RULES)
    assert "rest" not in alone.kinds(RULES)
    assert beside.confidence > alone.confidence


def test_neighbours_that_failed_as_well_excuse_a_poor_year() -> None:
    """The lower of two expectations counts."""
    poor = weigh(story(0.2, neighbours=0.22))
    assert poor.missed == pytest.approx(0.02, abs=0.01)
    assert poor.odds["season"] < weigh(story(0.2)).odds["season"]


def test_a_parcel_is_no_neighbour_of_its_own() -> None:
    patch, signals, around = story(0.1, neighbours=0.6)
    signals.medians[:, :, spectral.NDVI] *= np.linspace(1.2, 0.8, 12, dtype=np.float32)[:, None]
    other = replace(signals, medians=signals.medians.copy())
    other.medians[0] = 0.0
    peaks = [weigh((patch, one, around)).neighbours_peak for one in (signals, other)]
    assert peaks[0] == peaks[1]


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_rim_is_held_back(first: float, second: float) -> None:
    less, more = sorted((first, second))
    rim, inner = weigh(story(inner=less)), weigh(story(inner=more))
    assert rim.confidence <= inner.confidence
    assert inner.odds["rim"] - rim.odds["rim"] == pytest.approx(RULES.rim_most * (more - less))


def test_weeds_on_many_looks_do_not_make_up_for_little_strangeness() -> None:
    weak = RULES.novel + 0.05
    assert weigh(story(novelty=weak)).odds["novelty"] < RULES.novelty_most
    assert "novelty" not in weigh(story(novelty=weak)).kinds(RULES)


@given(st.floats(0, 5), st.integers(2, 20))
def test_looks_of_the_same_days_share_their_evidence(novelty: float, times: int) -> None:
    values = np.full(5, novelty)
    days = np.arange(0, 50, 10)
    once = evidence._strange(values, days, RULES)
    often = evidence._strange(np.repeat(values, times), np.repeat(days, times), RULES)
    assert often == pytest.approx(once)


# --- pieces ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "near", "expected"),
    [(0.8, 0.6, 0.5), (0.6, 0.8, 0.5), (math.nan, 0.6, 0.5), (0.6, math.nan, 0.5)],
)
def test_a_shortfall_is_against_the_lower_expectation(
    own: float, near: float, expected: float
) -> None:
    assert evidence.shortfall(0.1, own, near) == pytest.approx(expected)


def test_what_is_not_known_counts_nothing() -> None:
    assert math.isnan(evidence.shortfall(0.1, math.nan, math.nan))
    assert evidence.season_odds(math.nan, 365, RULES) == 0
    assert evidence.rest_odds(math.nan, 200, RULES) == 0


@given(st.floats(-1, 1), st.integers(0, 400), st.integers(0, 400))
def test_only_a_whole_season_counts_fully(missed: float, first: int, second: int) -> None:
    short, long = sorted((first, second))
    early, late = (evidence.season_odds(missed, days, RULES) for days in (short, long))
    assert abs(early) <= abs(late)
    assert (late > 0) == (missed > 0 and long > 0) or late == 0
    if missed < 0:
        assert early == late


# --- coming in look by look --------------------------------------------------


@pytest.mark.parametrize("rest", [math.nan, 0.3])
@pytest.mark.parametrize("now", [0.05, 0.1, 0.3])
def test_the_confirming_look_is_the_first_that_settles(now: float, rest: float) -> None:
    patch, signals, around = told = story(now, rest=rest)
    counts = range(1, patch.changed.size + 1)
    done = [count for count in counts if evidence.settled(weigh(told, count), RULES)]
    expected = int(patch.changed[done[0] - 1]) if done else None
    assert evidence.confirming_look(patch, signals, around, RULES) == expected
    if done:
        assert done[0] >= RULES.confirmed_looks
        assert DAYS[expected] - DAYS[FIRST] >= RULES.confirmed_days


def test_a_patch_that_never_settles_has_no_confirming_look() -> None:
    patch, signals, around = story(0.75)
    assert evidence.confirming_look(patch, signals, around, RULES) is None


def test_too_few_looks_or_days_never_settle() -> None:
    sure = weigh(story())
    assert evidence.settled(sure, RULES)
    assert not evidence.settled(replace(sure, looks=RULES.confirmed_looks - 1), RULES)
    assert not evidence.settled(replace(sure, days=RULES.confirmed_days - 1), RULES)
    assert not evidence.settled(replace(sure, confidence=0.8999), RULES)
