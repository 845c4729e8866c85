"""From integers to evidence: which pixels speak, and what a short history can say."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from datetime import date
from itertools import combinations

import numpy as np
import oracles
import pytest
import village
from hypothesis import given
from hypothesis import strategies as st

from farmland import rules
from farmland.detect import patches, signals
from farmland.imagery.stack import Stack
from farmland.kernels import onset, season, spectral
from farmland.periods import Period

RULES = rules.load("cn").detection
ROOF, BEGUN = 7, "2023-09-20"


@pytest.fixture(scope="module")
def stack() -> Stack:
    return village.build({ROOF: village.turned(BEGUN, village.ROOF)})


@pytest.fixture(scope="module")
def read(stack: Stack) -> signals.Signals:
    return signals.read(stack, village.PERIODS, RULES)


def test_looks_belong_to_their_period(read: signals.Signals) -> None:
    day = signals.dates(read.days)
    assert (read.history == (day < np.datetime64("2023-07-01"))).all()
    assert (read.after == ~read.history).all()


@given(
    st.dates(date(2019, 1, 1), date(2021, 12, 31)), st.dates(date(2019, 1, 1), date(2021, 12, 31))
)
def test_both_ends_are_within(first: date, last: date) -> None:
    week = np.timedelta64(7, "D")
    day = np.arange(np.datetime64("2019-06-01"), np.datetime64("2021-06-01"), week)
    held = [first <= one <= last for one in day.astype(object)]
    assert signals.within(day, first, last).tolist() == held


def test_features_stand_where_the_ground_was_seen(stack: Stack, read: signals.Signals) -> None:
    assert (np.isnan(read.ndvi) == ~read.clear).all()
    assert (read.clear <= (stack.clear | stack.lonely)).all()
    red, nir = (stack.values[:, :, band].astype(float) for band in (2, 3))
    expected = ((nir - red) / (nir + red))[read.clear]
    np.testing.assert_allclose(read.ndvi[read.clear], expected, atol=1e-5)


def test_medians_are_those_of_full_pixels(stack: Stack, read: signals.Signals) -> None:
    inner = (stack.parcel == 4) & stack.full
    for t in range(0, stack.days.size, 17):
        seen = inner & read.clear[:, t]
        if seen.sum() >= RULES.look_clear_share * inner.sum():
            assert read.parcel_ndvi[4, t] == pytest.approx(np.median(read.ndvi[seen, t]), abs=1e-6)
        else:
            assert np.isnan(read.parcel_ndvi[4, t])


def test_full_pixels_speak_for_a_parcel_and_all_of_them_where_there_are_few(stack: Stack) -> None:
    narrow = replace(stack, full=stack.full & (stack.parcel != 2))
    narrow.full[np.flatnonzero(stack.parcel == 2)[:3]] = True
    judged = signals.judged(narrow)
    assert (judged[stack.parcel == 2] == 2).all()
    others = stack.parcel != 2
    assert (judged[others] == np.where(stack.full, stack.parcel, -1)[others]).all()


# --- what is learned ---------------------------------------------------------


def test_the_unit_is_what_the_history_needs_to_be_explained(read: signals.Signals) -> None:
    """Three in four looks without a canopy lie within it, seasons apart."""
    green = RULES.green / RULES.feature_noise[spectral.NDVI]
    strange = oracles.past(
        read.medians, read.days, read.history, read.usual.T, RULES.season_apart, green
    )
    known = strange[np.isfinite(strange)]
    assert RULES.unit_least <= read.unit <= RULES.unit_most
    expected = np.quantile(known, RULES.unit_quantile)
    assert read.unit == pytest.approx(max(RULES.unit_least, expected), rel=1e-4)


def test_what_is_usual_was_shown_by_several_parcels(read: signals.Signals) -> None:
    seen = ~np.isnan(read.medians[:, :, 0]) & read.history
    spectra, parcel = read.medians[seen], np.nonzero(seen)[0]
    shown = oracles.witnesses(read.usual.T, spectra, parcel, RULES.usual_reach)
    assert min(shown) >= RULES.neighbour_least
    assert (np.diff(read.usual[0]) >= 0).all()


@pytest.mark.parametrize("houses", [1, RULES.neighbour_least - 1, RULES.neighbour_least])
def test_a_few_houses_on_the_map_teach_nothing(houses: int) -> None:
    """However long they stand; as many as make a sign of the land are usual."""
    fields = np.zeros((30, 20, spectral.FEATURES), np.float32)
    fields[:houses] = 9.0
    days = np.arange(0, 600, 30, dtype=np.int32)
    usual, _ = signals.learned(fields, days, days < 400, RULES)
    assert {tuple(centre) for centre in usual.T} == {
        *([(0.0,) * spectral.FEATURES]),
        *([(9.0,) * spectral.FEATURES] * (houses >= RULES.neighbour_least)),
    }


@pytest.mark.parametrize("parcels", [134, 201])
def test_in_a_large_neighbourhood_a_share_must_have_shown_it(parcels: int) -> None:
    """One parcel in thirty, not four: there are more houses where there are more parcels."""
    need = math.ceil(RULES.usual_share * parcels)
    assert need > RULES.neighbour_least
    days = np.arange(0, 300, 50, dtype=np.int32)
    for houses, known in ((need - 1, 1), (need, 2)):
        fields = np.zeros((parcels, days.size, spectral.FEATURES), np.float32)
        fields[:houses] = 9.0
        assert signals.learned(fields, days, days < 300, RULES)[0].shape[1] == known


def test_only_the_history_teaches(read: signals.Signals) -> None:
    other = read.medians.copy()
    other[:, ~read.history] = 3.0
    usual, unit = signals.learned(other, read.days, read.history, RULES)
    np.testing.assert_array_equal(usual, read.usual)
    assert unit == read.unit


@pytest.mark.parametrize("looks", range(0, 18, 3))
def test_a_history_of_a_few_weeks_is_as_wide_as_allowed(looks: int) -> None:
    """Whatever the number of looks: nothing is known of any other season."""
    random = np.random.default_rng(looks)
    medians = random.normal(size=(6, looks, spectral.FEATURES)).astype(np.float32)
    days, history = np.arange(looks, dtype=np.int32), np.ones(looks, np.bool_)
    usual, unit = signals.learned(medians, days, history, RULES)
    assert unit == RULES.unit_most
    assert usual.shape[0] == spectral.FEATURES


def test_a_history_that_never_changed_still_has_noise() -> None:
    medians = np.zeros((6, 40, spectral.FEATURES), np.float32)
    days = np.arange(0, 400, 10, dtype=np.int32)
    assert signals.learned(medians, days, days < 400, RULES)[1] == RULES.unit_least


def test_a_parcel_that_was_never_seen_before_is_judged_by_what_is_usual(
    stack: Stack, read: signals.Signals
) -> None:
    """Its own looks since are as strange as they are to all: little for a crop, much for a roof."""
    blank = read.medians.copy()
    blank[:, read.history] = np.nan
    parcels = np.arange(30, dtype=np.int32)
    series = np.where(read.history[:, None], np.float32(np.nan), read.medians)
    since = signals.strangeness(series, parcels, replace(read, medians=blank), RULES)
    late = read.after & (signals.dates(read.days) >= np.datetime64(BEGUN))
    quiet = np.delete(since, ROOF, axis=0)
    assert np.nanmedian(since[ROOF, late]) > 3
    assert np.nanquantile(quiet[:, read.after], 0.9) < RULES.novel


def test_the_middle_of_the_day_needs_several_parcels(read: signals.Signals) -> None:
    """One parcel alone would be compared with itself."""
    seen = (~np.isnan(read.medians[:, :, 0])).sum(axis=0)
    known = ~np.isnan(read.others[:, 0])
    assert (known == (seen > RULES.neighbour_least)).all()
    assert known.any()
    assert not known.all()
    for t in np.flatnonzero(known)[::20]:
        middle = np.nanmedian(read.medians[:, t], axis=0)
        np.testing.assert_allclose(read.others[t], middle, rtol=1e-5)


# --- evidence look by look ---------------------------------------------------


def test_strangeness_of_a_parcel_is_told_of_looks_after(read: signals.Signals) -> None:
    parcels = np.array([ROOF, 4], np.int32)
    strange = signals.strangeness(read.medians[parcels], parcels, read, RULES)
    assert np.isnan(strange[:, ~read.after]).all()
    roofed = signals.dates(read.days) >= np.datetime64(BEGUN)
    assert np.nanmin(strange[0, roofed]) > RULES.novel
    assert np.nanmedian(strange[1, roofed]) < 1


def test_scores_carry_the_low_edge_that_they_used(read: signals.Signals) -> None:
    parcels = np.arange(30, dtype=np.int32)
    strange = signals.strangeness(read.medians, parcels, read, RULES)
    score, low = signals.scores(strange, read.parcel_ndvi, read, RULES)
    asked = ~np.isnan(strange) & (read.parcel_ndvi <= RULES.green)
    asked &= read.parcel_ndvi < read.neighbours_low
    assert (np.isnan(low) | asked).all()
    expected = oracles.own_quantile(
        read.parcel_ndvi,
        asked,
        read.days,
        read.history,
        RULES.season_window,
        RULES.season_looks,
        RULES.season_quantile,
    )
    np.testing.assert_allclose(low, expected, atol=1e-5)
    assert (np.isnan(score) == np.isnan(strange)).all()


def test_the_own_past_changes_no_evidence_of_what_is_as_green_as_the_neighbours(
    read: signals.Signals,
) -> None:
    parcels = np.arange(30, dtype=np.int32)
    strange = signals.strangeness(read.medians, parcels, read, RULES)
    score = signals.scores(strange, read.parcel_ndvi, read, RULES)[0]
    low = season.own_quantile(
        read.parcel_ndvi,
        ~np.isnan(strange),
        *read.past_seasons,
        RULES.season_looks,
        RULES.season_quantile,
    )
    levels = RULES.novel, RULES.novel_span, RULES.deficit, RULES.green
    whole = onset.score(strange, read.parcel_ndvi, low, read.neighbours_low, *levels)
    np.testing.assert_array_equal(score, whole)


def test_familiar_looks_are_searched_no_further_than_need_be(
    stack: Stack, read: signals.Signals
) -> None:
    """The short cut of pixels changes no evidence."""
    pixels = np.flatnonzero(np.isin(stack.parcel, [4, ROOF]))[::3]
    part = replace(read, features=read.features[pixels])
    strange = signals.strangeness(part.features, stack.parcel[pixels], part, RULES)
    whole = signals.scores(strange, part.ndvi, part, RULES)[0]
    np.testing.assert_array_equal(signals.pixel_scores(stack, read, RULES)[pixels], whole)


def test_scores_are_asked_of_the_period_after_only(stack: Stack, read: signals.Signals) -> None:
    scores = signals.pixel_scores(stack, read, RULES)
    assert np.isnan(scores[:, ~read.after]).all()
    assert not np.isnan(scores[:, read.after][read.clear[:, read.after]]).any()


def test_other_periods_change_no_look(stack: Stack, read: signals.Signals) -> None:
    earlier = signals.moved(
        read, Period.parse("2020-07/2022-06"), Period.parse("2022-07/2024-06"), RULES
    )
    assert earlier.features is read.features
    assert (earlier.history < read.history).any()
    assert (earlier.history <= read.history).all()
    assert earlier.after.sum() > read.after.sum()
    usual, unit = signals.learned(read.medians, read.days, earlier.history, RULES)
    np.testing.assert_array_equal(earlier.usual, usual)
    assert earlier.unit == unit


def test_some_parcels_score_as_they_do_among_all(stack: Stack, read: signals.Signals) -> None:
    """The others stay neighbours through their medians."""
    chosen = np.isin(np.arange(30), [3, ROOF, 21])
    part, known = signals.only(stack, read, chosen)
    kept = chosen[stack.parcel]
    whole = signals.pixel_scores(stack, read, RULES)
    np.testing.assert_array_equal(signals.pixel_scores(part, known, RULES), whole[kept])
    assert set(part.parcel) == {3, ROOF, 21}


# --- patches -----------------------------------------------------------------


@pytest.fixture(scope="module")
def generated(stack: Stack, read: signals.Signals) -> list[patches.Patch]:
    return list(patches.generate(stack, read, RULES))


def test_candidates_lie_in_one_parcel(stack: Stack, generated: list[patches.Patch]) -> None:
    """They come parcel by parcel, and may lie on top of each other."""
    order = [patch.parcel for patch in generated]
    assert ROOF in order
    assert order == sorted(order)
    for patch in generated:
        assert (stack.parcel[patch.pixels] == patch.parcel).all()
        assert patch.pixels.size >= RULES.smallest_patch_pixels
        assert (np.diff(patch.pixels) > 0).all()
        assert patch.first in patch.pixels


def test_candidates_of_other_pixels_differ_in_more_than_a_rim(
    generated: list[patches.Patch],
) -> None:
    """The same pixels come twice at most, with another day on which the change began."""
    told = [(patch.parcel, patch.pixels.tobytes(), patch.start) for patch in generated]
    assert len(set(told)) == len(told)
    each = Counter(key[:2] for key in told)
    assert max(each.values()) <= 2
    for one, other in combinations({key: p for p, key in zip(generated, told, strict=True)}, 2):
        if one[0] == other[0] and one[1] != other[1]:
            first, second = (np.frombuffer(key[1], np.int64) for key in (one, other))
            both = np.intersect1d(first, second).size
            assert both <= patches.ALIKE * max(first.size, second.size)


def test_the_whole_of_a_suspected_parcel_is_a_candidate(
    stack: Stack, generated: list[patches.Patch]
) -> None:
    """As one of its candidates, or as one much like it."""
    whole = np.flatnonzero(stack.parcel == ROOF)
    sizes = [np.intersect1d(p.pixels, whole).size for p in generated if p.parcel == ROOF]
    assert max(sizes) >= patches.ALIKE * whole.size


def test_a_patch_knows_its_looks(generated: list[patches.Patch], read: signals.Signals) -> None:
    for patch in (patch for patch in generated if patch.parcel == ROOF):
        assert (patch.changed >= patch.start).all()
        assert patch.seen[patch.changed].all()
        assert np.isnan(patch.novelty[read.history]).all()
        assert np.isnan(patch.past[~read.history]).all()
        known = ~np.isnan(patch.own_low) & ~np.isnan(patch.own_high)
        assert known.any()
        assert (patch.own_low[known] <= patch.own_high[known]).all()
        day = signals.dates(read.days)[patch.start]
        assert abs(day - np.datetime64(BEGUN)) <= np.timedelta64(20, "D")


def test_a_patch_knows_how_strange_its_own_past_was(
    generated: list[patches.Patch], read: signals.Signals
) -> None:
    patch = next(patch for patch in generated if patch.parcel == ROOF)
    green = RULES.green / RULES.feature_noise[spectral.NDVI]
    expected = oracles.past(
        patch.series[None], read.days, read.history, read.usual.T, RULES.season_apart, green
    )
    np.testing.assert_allclose(patch.past, expected[0] / read.unit, rtol=1e-4)
    assert np.nanmedian(patch.past) < 1.5


def test_a_house_on_a_fallow_field_has_two_beginnings() -> None:
    """The maize is missed from August on, and the ground is another from January on."""
    fallow = village.turned("2023-07-20", village.SOIL)
    built = village.turned("2024-01-20", village.ROOF)

    def story(field: np.ndarray, days: np.ndarray, columns: np.ndarray) -> np.ndarray:
        return built(fallow(field, days, columns), days, columns)

    stack = village.build({ROOF: story})
    read = signals.read(stack, village.PERIODS, RULES)
    found = [patch for patch in patches.generate(stack, read, RULES) if patch.parcel == ROOF]
    day = signals.dates(read.days)
    begun = {day[patch.start] for patch in found if patch.pixels.size > 40}
    assert min(begun) <= np.datetime64("2023-09-01")
    assert abs(max(begun) - np.datetime64("2024-01-20")) <= np.timedelta64(20, "D")


def test_fewer_pixels_than_asked_make_no_patch(stack: Stack, read: signals.Signals) -> None:
    need = replace(RULES, smallest_patch_pixels=50)
    assert list(patches.generate(stack, read, need)) == []


def test_nothing_strong_makes_no_patch(stack: Stack, read: signals.Signals) -> None:
    """Whether pixel by pixel or parcel by parcel."""
    need = replace(RULES, candidate_score=1e6)
    assert list(patches.generate(stack, read, need)) == []
