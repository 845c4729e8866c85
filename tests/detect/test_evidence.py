"""Kinds of evidence are bounded curves, and only several of them over time confirm."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
import village
from hypothesis import given
from hypothesis import strategies as st

from farmland import rules
from farmland.detect import evidence, signals
from farmland.detect.evidence import KINDS, WEIGHED, Around, Evidence
from farmland.detect.patches import Patch
from farmland.detect.signals import Signals, day_by_day
from farmland.explanation import words
from farmland.imagery.stack import Stack
from farmland.kernels import spectral
from farmland.kernels.season import seasons
from farmland.rules.detection import Curve

RULES = rules.load("cn").detection
CURVES: dict[str, Curve] = {name: getattr(RULES, f"odds_{name}") for name in WEIGHED}
NOISE = np.array(RULES.feature_noise, np.float32)
DAYS = np.arange(0, 4 * 365, 10, dtype=np.int32)
"""Three years of history and one after, a look every ten days."""

CUT = 3 * 365
FIRST = int(np.searchsorted(DAYS, CUT + 60))
UNKNOWN = np.full(DAYS.size, np.nan, np.float32)
BLIND = np.full((DAYS.size, spectral.FEATURES), np.nan, np.float32)


def season(high: float) -> np.ndarray:
    """One green peak a year, at its middle."""
    return (0.15 + (high - 0.15) * np.exp(-(((DAYS % 365 - 182) / 50) ** 2))).astype(np.float32)


def spectra(ndvi: np.ndarray | float, blue_red: np.ndarray | float = 0.0) -> np.ndarray:
    """Features (t, f) of an NDVI and a colour of the ground, in noise units; the rest is zero."""
    out = np.zeros((DAYS.size, spectral.FEATURES), np.float32)
    out[:, spectral.NDVI] = ndvi / NOISE[spectral.NDVI]
    out[:, spectral.BLUE_RED] = blue_red
    return out


def story(
    now: float = 0.1,
    novelty: float = 2.0,
    *,
    past: float = 0.8,
    neighbours: float = 0.8,
    colour: float = 0.0,
    rest: float = math.nan,
    inner: float = 1.0,
) -> tuple[Patch, Signals, Around]:
    """A patch that is a field until ``FIRST`` and has a flat NDVI of ``now`` since.

    Its colour moved by ``colour`` of the least spread; the rest of the parcel lies ``rest`` higher.
    """
    before = np.arange(DAYS.size) < FIRST
    series = spectra(
        np.where(before, season(past), now), np.where(before, 0, colour * evidence.SPREAD_LEAST)
    )
    strange = np.where(before, np.where(DAYS >= CUT, 0.3, np.nan), novelty)
    patch = Patch(
        parcel=0,
        pixels=np.arange(20),
        bearing=20,
        series=series,
        novelty=strange.astype(np.float32),
        past=np.where(DAYS < CUT, 0.6, np.nan).astype(np.float32),
        own_low=season(past),
        own_high=season(past),
        start=FIRST,
        first=0,
    )
    others = spectra(season(neighbours))
    medians = np.repeat(others[None], 12, axis=0)
    signals = Signals(
        days=DAYS,
        history=DAYS < CUT,
        after=DAYS >= CUT,
        clear=np.ones((20, DAYS.size), np.bool_),
        features=np.repeat(series[None], 20, axis=0),
        medians=medians,
        by_day=day_by_day(medians),
        usual=np.empty((spectral.FEATURES, 0), np.float32),
        unit=1.0,
        rank=np.full(DAYS.size, 4, np.int32),
        others=others,
        neighbours_low=season(neighbours),
        soil=np.full((DAYS.size, 6), np.nan),
        noise=NOISE,
        past_seasons=seasons(DAYS, DAYS < CUT, RULES.season_window),
    )
    beside = spectra(season(past) + np.where(before, 0, rest)) if rest == rest else BLIND
    return patch, signals, Around(beside, others, inner)


def weigh(told: tuple[Patch, Signals, Around], looks: int | None = None) -> Evidence:
    patch, signals, around = told
    return evidence.weigh(patch, signals, around, patch.changed[:looks], RULES)


def settled(told: tuple[Patch, Signals, Around]) -> bool:
    return evidence.settled(weigh(told), RULES)


def logit(confidence: float) -> float:
    return math.log(confidence / (1 - confidence))


# --- what a number is worth --------------------------------------------------


def test_every_number_has_its_curve_and_every_curve_its_number() -> None:
    known = {name for name in RULES.__slots__ if name.startswith("odds_")} - {"odds_base"}
    assert known == {f"odds_{name}" for name in WEIGHED}
    assert len(set(WEIGHED)) == len(WEIGHED)
    of_kinds = [name for names in KINDS.values() for name in names]
    assert set(WEIGHED) == {*of_kinds, "lasting", "inner"}


@pytest.mark.parametrize("name", WEIGHED)
def test_curves_of_the_rules_are_monotone(name: str) -> None:
    """Each speaks the way its words say."""
    odds = np.array([odds for _, odds in CURVES[name]])
    steps = np.diff(odds) * (-1 if name in words.FALLING else 1)
    assert (steps >= 0).all()
    assert odds[0] != odds[-1], "a curve that says nothing"


@pytest.mark.parametrize("name", WEIGHED)
@given(value=st.floats())
def test_a_number_is_worth_no_more_than_its_curve_allows(name: str, value: float) -> None:
    odds = [odds for _, odds in CURVES[name]]
    got = evidence.worth(value, CURVES[name])
    assert got == 0 if math.isnan(value) else min(odds) <= got <= max(odds)


MONOTONE = st.tuples(
    st.lists(st.integers(-40, 40), min_size=1, max_size=6, unique=True),
    st.lists(st.integers(-12, 12), min_size=6, max_size=6),
    st.booleans(),
).map(
    lambda drawn: tuple(
        zip(
            (at / 8 for at in sorted(drawn[0])),
            (odds / 4 for odds in sorted(drawn[1], reverse=drawn[2])),
            strict=False,
        )
    )
)


def by_hand(value: float, curve: Curve) -> float:
    """The straight line between the two points around a number, or the end beyond which it is."""
    if value <= curve[0][0]:
        return curve[0][1]
    for (left, low), (right, high) in pairwise(curve):
        if value <= right:
            return low + (high - low) * (value - left) / (right - left)
    return curve[-1][1]


@given(MONOTONE, st.floats(-9, 9))
def test_worth_is_a_straight_line_between_points(curve: Curve, value: float) -> None:
    assert evidence.worth(value, curve) == pytest.approx(by_hand(value, curve))
    assert [evidence.worth(at, curve) for at, _ in curve] == [odds for _, odds in curve]


@given(MONOTONE, st.floats(-9, 9))
def test_beyond_the_neutral_number_a_curve_speaks_one_way(curve: Curve, value: float) -> None:
    middle, odds = evidence.neutral(curve), [odds for _, odds in curve]
    crosses = min(odds) <= 0 <= max(odds)
    if crosses:
        assert evidence.worth(middle, curve) == pytest.approx(0, abs=1e-9)
    rising = odds[0] <= odds[-1]
    got = evidence.worth(value, curve)
    if crosses and abs(value - middle) > 1e-6:
        assert got >= -1e-9 if (value > middle) == rising else got <= 1e-9


def test_a_worked_curve() -> None:
    curve = ((0.2, 1.0), (0.4, 0.0), (0.6, -2.0))
    assert evidence.worth(0.0, curve) == 1.0
    assert evidence.worth(0.3, curve) == pytest.approx(0.5)
    assert evidence.worth(0.45, curve) == pytest.approx(-0.5)
    assert evidence.worth(9.0, curve) == -2.0
    assert evidence.worth(math.nan, curve) == 0.0
    assert evidence.neutral(curve) == pytest.approx(0.4)


@pytest.mark.parametrize("kind", KINDS)
def test_no_kind_can_carry_a_verdict_alone(kind: str) -> None:
    """At its very best, on a patch that has lasted longest and is no rim at all."""
    best = {name: max(odds for _, odds in curve) for name, curve in CURVES.items()}
    alone = sum(best[name] for name in (*KINDS[kind], "lasting", "inner"))
    assert RULES.odds_base + alone < logit(RULES.confirmed_confidence)


def test_all_kinds_together_can() -> None:
    best = sum(max(odds for _, odds in curve) for curve in CURVES.values())
    assert RULES.odds_base + best > logit(RULES.confirmed_confidence)


# --- what is weighed ---------------------------------------------------------


def test_a_roof_is_confirmed_by_several_kinds() -> None:
    weighed = weigh(story(colour=3.0))
    assert settled(story(colour=3.0))
    assert weighed.kinds(RULES) == ("novelty", "soil", "season")
    assert weighed.looks == DAYS.size - FIRST
    assert weighed.days == weighed.lasting == DAYS[-1] - DAYS[FIRST]
    assert weighed.novelty == weighed.latest == 2.0
    assert weighed.unusual == 2.0
    assert weighed.colour == weighed.tint == pytest.approx(3.0)
    assert weighed.peak == weighed.recent == pytest.approx(0.1, abs=1e-6)
    assert weighed.even == pytest.approx(0, abs=1e-6)
    assert weighed.own_peak == pytest.approx(0.8, abs=0.1)
    assert weighed.neighbours_peak == pytest.approx(0.8, abs=0.1)
    assert weighed.missed == pytest.approx(
        min(weighed.own_peak, weighed.neighbours_peak) - weighed.peak
    )
    assert math.isnan(weighed.rest)
    assert math.isnan(weighed.apart)


STORIES = st.builds(
    story,
    st.floats(-0.2, 0.9),
    st.floats(0, 20),
    past=st.floats(0.2, 0.9),
    neighbours=st.floats(0.2, 0.9),
    colour=st.floats(0, 9),
    rest=st.floats(-0.3, 0.5) | st.just(math.nan),
    inner=st.floats(0, 1),
)


@given(STORIES, st.integers(1, 30))
def test_what_is_measured_is_weighed_by_its_curve(
    told: tuple[Patch, Signals, Around], looks: int
) -> None:
    """And what cannot be judged counts nothing."""
    weighed = weigh(told, looks)
    assert set(weighed.odds) == {"base", *WEIGHED}
    assert weighed.odds["base"] == RULES.odds_base
    for name, curve in CURVES.items():
        value = getattr(weighed, name)
        expected = 0.0 if math.isnan(value) else by_hand(value, curve)
        assert weighed.odds[name] == pytest.approx(expected, abs=1e-9)


@given(STORIES, st.integers(1, 30))
def test_the_confidence_is_what_the_kinds_add_up_to(
    told: tuple[Patch, Signals, Around], looks: int
) -> None:
    weighed = weigh(told, looks)
    total = sum(weighed.odds_of(kind) for kind in KINDS)
    total += weighed.odds["base"] + weighed.odds["lasting"] + weighed.odds["inner"]
    assert logit(weighed.confidence) == pytest.approx(total, abs=1e-6)


@given(STORIES)
def test_one_kind_never_confirms(told: tuple[Patch, Signals, Around]) -> None:
    """DESIGN 4: two independent kinds of evidence."""
    weighed = weigh(told)
    for kind in KINDS:
        assert (kind in weighed.kinds(RULES)) == (weighed.odds_of(kind) >= RULES.kind_least)
    if len(weighed.kinds(RULES)) < 2:
        assert not evidence.settled(replace(weighed, confidence=1.0), RULES)


def test_strangeness_alone_is_a_candidate_at_most() -> None:
    """Film on a field whose neighbours and past are as bare at this season."""
    told = story(0.2, 20.0, past=0.2, neighbours=0.2)
    assert "novelty" in weigh(told).kinds(RULES)
    assert weigh(told).missing == pytest.approx(0, abs=1)
    assert not settled(told)


def test_a_missed_season_alone_is_a_candidate_at_most() -> None:
    """A fallow field looks as it has looked before."""
    told = story(0.15, 0.4)
    assert weigh(told).kinds(RULES) == ("season",)
    assert weigh(told).confidence < RULES.confirmed_confidence
    assert not settled(told)


def test_another_colour_alone_is_not_even_listed() -> None:
    """Manure, lime or another plough: the crop grows on."""
    told = story(0.35, 0.4, past=0.4, neighbours=0.4, colour=20.0)
    assert "soil" in weigh(told).kinds(RULES)
    assert weigh(told).confidence < RULES.listed_confidence


def test_a_green_canopy_speaks_against() -> None:
    bare, green = weigh(story(0.1)), weigh(story(0.75))
    assert green.confidence < bare.confidence
    assert green.odds["peak"] < 0 < bare.odds["peak"]
    assert green.odds["recent"] < 0 < bare.odds["recent"]
    assert green.confidence < RULES.listed_confidence


def test_a_fall_against_the_rest_of_the_parcel_is_a_kind() -> None:
    alone, beside = weigh(story(0.1)), weigh(story(0.1, rest=0.0))
    assert "rest" in beside.kinds(RULES)
    assert "rest" not in alone.kinds(RULES)
    assert beside.confidence > alone.confidence


def test_the_reason_tells_the_lower_of_two_expectations() -> None:
    """Neighbours that failed as well excuse a poor year."""
    poor = weigh(story(0.2, neighbours=0.22))
    assert poor.missed == pytest.approx(0.02, abs=0.01)
    assert weigh(story(0.2, past=0.22)).missed == pytest.approx(0.02, abs=0.01)


@pytest.mark.parametrize("kind", ["own_peak", "neighbours_peak"])
def test_of_one_expectation_alone_it_tells_that_one(kind: str) -> None:
    weighed = replace(weigh(story()), own_peak=math.nan, neighbours_peak=math.nan)
    assert math.isnan(weighed.missed)
    one = replace(weighed, **{kind: 0.6})
    assert one.missed == pytest.approx(0.6 - one.peak)


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
    held = evidence.worth(more, RULES.odds_inner) - evidence.worth(less, RULES.odds_inner)
    assert logit(inner.confidence) - logit(rim.confidence) == pytest.approx(held, abs=1e-6)


def test_a_mere_rim_is_confirmed_by_no_common_change() -> None:
    assert settled(story())
    assert not settled(story(inner=0.0))


@given(st.floats(0, 20), st.floats(0, 20))
def test_a_stranger_patch_is_never_less_believed(first: float, second: float) -> None:
    less, more = (weigh(story(novelty=value)) for value in sorted((first, second)))
    assert less.confidence <= more.confidence


@given(st.floats(0.0, 0.9), st.floats(0.0, 0.9))
def test_a_greener_patch_never_misses_more_of_its_season(first: float, second: float) -> None:
    bare, green = (weigh(story(value)) for value in sorted((first, second)))
    assert green.odds_of("season") <= bare.odds_of("season") + 1e-9


# --- how each is measured ----------------------------------------------------


def test_novelty_is_that_of_most_looks_and_the_latest_of_the_last() -> None:
    """Film for a month: strange at first, familiar at last."""
    patch, *_ = story()
    patch.novelty[FIRST:] = [8.0] * 10 + [0.5] * (DAYS.size - FIRST - 10)
    got = evidence._strange(patch, patch.changed)
    assert got["novelty"] == got["latest"] == 0.5
    patch.novelty[-1] = 3.5
    assert evidence._strange(patch, patch.changed)["latest"] == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("past", "over"), [([0.5] * 9, 1.0), ([4.0] * 9, 4.0), ([4.0] * 3, 1.5), ([], 1.5)]
)
def test_what_is_unusual_is_so_for_a_patch_that_was_always_strange(
    past: Sequence[float], over: float
) -> None:
    """Never taken for calmer than the cell; where the past is not known, for half stranger."""
    patch, *_ = story(novelty=6.0)
    known = np.full(DAYS.size, np.nan, np.float32)
    known[: len(past)] = past
    got = evidence._strange(replace(patch, past=known), patch.changed)
    assert got["unusual"] == pytest.approx(6.0 / over)


def test_a_colour_that_all_share_is_none_of_the_patch() -> None:
    """Red dust or the low sun of a winter: the neighbours carry it too."""
    patch, signals, around = story(colour=4.0)
    around.others[FIRST:, spectral.BLUE_RED] = 4.0 * evidence.SPREAD_LEAST
    weighed = weigh((patch, signals, around))
    assert weighed.colour == pytest.approx(4.0)
    assert weighed.tint == pytest.approx(0.0, abs=1e-5)


def test_a_colour_is_told_in_the_spreads_of_its_own_past() -> None:
    patch, signals, around = story(colour=10.0)
    patch.series[:FIRST, spectral.BLUE_RED] = np.resize([-2.0, -1.0, 0.0, 1.0, 2.0], FIRST)
    assert weigh((patch, signals, around)).colour == pytest.approx(3.0 / 2.0)


@pytest.mark.parametrize("now", [0.39, 0.41])
def test_a_colour_is_seen_on_open_ground_only(now: float) -> None:
    weighed = weigh(story(now, colour=9.0))
    assert math.isnan(weighed.colour) == (now > RULES.open_ground)


def test_without_others_there_is_no_tint() -> None:
    patch, signals, around = story(colour=9.0)
    weighed = weigh((patch, signals, replace(around, others=BLIND)))
    assert math.isnan(weighed.tint)
    assert weighed.odds["tint"] == 0
    assert weighed.colour == pytest.approx(9.0)


@pytest.mark.parametrize(("before", "since"), [(3, 9), (4, 2), (0, 0)])
def test_a_few_looks_have_no_colour(before: int, since: int) -> None:
    values = np.arange(20, dtype=np.float32)
    past, now = np.arange(before), np.arange(10, 10 + since)
    assert math.isnan(evidence._shift(values, past, now))
    assert evidence._shift(values, np.arange(4), np.arange(10, 13)) > 0


@given(st.floats(-0.2, 0.9), st.floats(0.2, 0.9), st.floats(0.2, 0.9), st.integers(1, 30))
def test_missing_is_a_sum_over_looks(now: float, past: float, near: float, looks: int) -> None:
    """Against the own past where that is known, or the neighbours; half a unit at most."""
    patch, signals, around = story(now, past=past, neighbours=near)
    patch.own_low[::3] = np.nan
    changed = patch.changed[:looks]
    total = 0.0
    for n, t in enumerate(changed):
        unknown = np.isnan(patch.own_low[t])
        expected = signals.neighbours_low[t] if unknown else patch.own_low[t]
        step = DAYS[changed[n + 1]] - DAYS[t] if n + 1 < looks else 5
        total += min(0.5, max(0.0, float(expected) - now)) * min(step, evidence.LONGEST_STEP)
    assert weigh((patch, signals, around), looks).missing == pytest.approx(total, abs=1e-3)


def test_a_gap_in_the_looks_is_no_evidence() -> None:
    """One look speaks for twenty days at most."""
    patch, signals, _ = story(0.1)
    patch.own_low[:] = 0.4
    changed = np.array([FIRST, FIRST + 15])
    now = patch.ndvi(NOISE)[changed]
    got = evidence._shortfall(patch, now, signals, changed)
    assert got == pytest.approx(0.3 * (evidence.LONGEST_STEP + 5), rel=1e-4)


def test_where_nothing_is_expected_nothing_is_missing() -> None:
    patch, signals, around = story(0.1)
    patch.own_low[:] = np.nan
    blind = replace(signals, neighbours_low=UNKNOWN)
    assert weigh((patch, blind, around)).missing == 0


@pytest.mark.parametrize("rest", [-0.1, 0.0, 0.2])
def test_the_rest_of_the_parcel_tells_by_how_much_a_patch_fell(rest: float) -> None:
    """The upper quartile of the gap since, over what the gap ever was before."""
    told = story(0.1, rest=rest)
    gap = (season(0.8) + rest - 0.1)[FIRST:]
    assert weigh(told).rest == pytest.approx(np.quantile(gap, 0.75), abs=1e-3)


def test_apart_is_how_much_farther_from_the_rest_than_ever() -> None:
    patch, signals, around = story(0.1, rest=0.0)
    patch.series[:FIRST, spectral.LSWI] = np.resize([0.5, -1.0], FIRST)
    patch.series[FIRST:] = around.rest[FIRST:]
    patch.series[FIRST:, spectral.LSWI] = 3.0
    got = evidence._contrast(patch, signals, around, patch.changed, RULES)
    assert got["apart"] == pytest.approx(3.0)
    assert got["rest"] == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(("before", "since"), [(7, 9), (8, 2)])
def test_a_rest_that_was_hardly_seen_tells_nothing(before: int, since: int) -> None:
    patch, signals, around = story(0.1, rest=0.0)
    known = BLIND.copy()
    known[:before], known[FIRST : FIRST + since] = around.rest[0], around.rest[FIRST]
    weighed = weigh((patch, signals, replace(around, rest=known)))
    assert math.isnan(weighed.rest)
    assert math.isnan(weighed.apart)
    assert weighed.odds_of("rest") == 0
    known[before], known[FIRST + since] = around.rest[0], around.rest[FIRST]
    assert not math.isnan(weigh((patch, signals, replace(around, rest=known))).rest)


# --- where it lies -----------------------------------------------------------


@pytest.fixture(scope="module")
def quiet() -> tuple[Stack, Signals]:
    stack = village.build({})
    return stack, signals.read(stack, village.PERIODS, RULES)


def lying(quiet: tuple[Stack, Signals], pixels: np.ndarray) -> Around:
    patch = replace(story()[0], parcel=4, pixels=pixels)
    blind = np.full((quiet[0].days.size, spectral.FEATURES), np.nan, np.float32)
    return evidence.surroundings(replace(patch, series=blind), *quiet, RULES)


def test_a_whole_parcel_has_no_rest_and_is_no_rim(quiet: tuple[Stack, Signals]) -> None:
    around = lying(quiet, np.flatnonzero(quiet[0].parcel == 4))
    assert np.isnan(around.rest).all()
    assert around.inner == 1.0
    np.testing.assert_array_equal(around.others, quiet[1].others)


def test_a_strip_along_the_edge_is_a_rim(quiet: tuple[Stack, Signals]) -> None:
    stack, _ = quiet
    own = stack.parcel == 4
    edge = np.flatnonzero(own & (stack.columns == stack.columns[own].min()))
    assert not stack.full[edge].any()
    share = edge.size / own.sum() / RULES.whole_share
    assert lying(quiet, edge).inner == pytest.approx(share)
    assert evidence.worth(share, RULES.odds_inner) < 0


def test_a_house_in_the_middle_is_no_rim(quiet: tuple[Stack, Signals]) -> None:
    stack, _ = quiet
    middle = np.flatnonzero((stack.parcel == 4) & stack.full)[:9]
    assert lying(quiet, middle).inner == 1.0


@pytest.mark.parametrize("left", [5, 6, 12])
def test_the_rest_is_the_full_pixels_that_did_not_change(
    quiet: tuple[Stack, Signals], left: int
) -> None:
    """Rim pixels too where there are too few full ones; nothing where there are too few at all."""
    stack, read = quiet
    own = np.flatnonzero(stack.parcel == 4)
    full, rim = own[stack.full[own]], own[~stack.full[own]]
    rest = lying(quiet, np.union1d(full[left:], rim)).rest
    assert np.isnan(rest).all() == (left < RULES.rest_pixels)
    kept = full[:left] if left >= RULES.rest_pixels else np.union1d(full[:left], rim)
    around = lying(quiet, np.setdiff1d(own, np.union1d(full[:left], rim)))
    for t in range(0, stack.days.size, 40):
        seen = kept[read.clear[kept, t]]
        enough = seen.size >= RULES.look_clear_share * kept.size
        middle = np.median(read.features[seen, t], axis=0) if enough else BLIND[0]
        np.testing.assert_allclose(around.rest[t], middle, rtol=1e-5)


# --- coming in look by look --------------------------------------------------


@pytest.mark.parametrize("rest", [math.nan, 0.0])
@pytest.mark.parametrize(("now", "colour"), [(0.05, 0.0), (0.1, 3.0), (0.3, 3.0), (0.75, 0.0)])
def test_the_confirming_look_is_the_first_that_settles(
    now: float, colour: float, rest: float
) -> None:
    patch, signals, around = told = story(now, colour=colour, rest=rest)
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


def test_who_judges_otherwise_confirms_otherwise() -> None:
    """A model may give what was weighed another confidence, and not fewer looks or kinds."""
    patch, signals, around = story(colour=3.0)

    def look(confidence: float) -> int | None:
        judge = partial(replace, confidence=confidence)
        return evidence.confirming_look(patch, signals, around, RULES, judge)

    assert look(0.0) is None
    sure = look(1.0)
    assert sure is not None
    assert DAYS[sure] - DAYS[FIRST] >= RULES.confirmed_days
    assert sure <= (evidence.confirming_look(patch, signals, around, RULES) or 0)


def test_too_few_looks_or_days_never_settle() -> None:
    sure = weigh(story())
    assert evidence.settled(sure, RULES)
    assert not evidence.settled(replace(sure, looks=RULES.confirmed_looks - 1), RULES)
    assert not evidence.settled(replace(sure, days=RULES.confirmed_days - 1), RULES)
    assert not evidence.settled(replace(sure, confidence=0.8999), RULES)
