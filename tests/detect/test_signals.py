"""From integers to evidence: which pixels speak, and what a short history can say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
import village
from hypothesis import given
from hypothesis import strategies as st

from farmland import rules
from farmland.detect import patches, signals
from farmland.kernels import onset, spectral
from farmland.periods import Period
from farmland.stack import Stack

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


def test_without_a_history_nothing_is_strange(stack: Stack, read: signals.Signals) -> None:
    assert ((read.scale >= RULES.scale_floor) & (read.scale <= RULES.scale_cap)).all()
    young = signals.scales(read.medians, read.days, read.days >= read.days[-5], RULES)
    assert np.isinf(young).all()
    scores = signals.pixel_scores(stack, replace(read, scale=young), RULES)
    assert np.nanmax(scores) <= onset.FAMILIAR + onset.MISSED + 1e-6


@pytest.mark.parametrize("looks", range(8, 18))
def test_a_history_of_a_few_weeks_is_as_wide_as_allowed(looks: int) -> None:
    """Whatever the number of looks: nothing is known of any other season."""
    random = np.random.default_rng(looks)
    library = random.normal(size=(looks, spectral.FEATURES)).astype(np.float32)
    days = np.arange(looks, dtype=np.int32)
    assert signals.scale_of(library, days, RULES) == RULES.scale_cap


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
    scores = signals.pixel_scores(stack, read, RULES)
    return list(patches.generate(stack, read, scores, RULES))


def test_candidates_lie_in_one_parcel_and_share_no_pixel(
    stack: Stack, generated: list[patches.Patch]
) -> None:
    assert ROOF in {patch.parcel for patch in generated}
    every = np.concatenate([patch.pixels for patch in generated])
    assert np.unique(every).size == every.size
    for patch in generated:
        assert (stack.parcel[patch.pixels] == patch.parcel).all()
        assert patch.pixels.size >= RULES.smallest_patch_pixels
        assert (np.diff(patch.pixels) > 0).all()
        assert patch.first in patch.pixels


def test_a_patch_knows_its_looks(generated: list[patches.Patch], read: signals.Signals) -> None:
    (roof,) = (patch for patch in generated if patch.parcel == ROOF)
    assert (roof.changed >= roof.start).all()
    assert roof.seen[roof.changed].all()
    assert np.isnan(roof.novelty[read.history]).all()
    known = ~np.isnan(roof.own_low) & ~np.isnan(roof.own_high)
    assert known.any()
    assert (roof.own_low[known] <= roof.own_high[known]).all()
    day = signals.dates(read.days)[roof.start]
    assert abs(day - np.datetime64(BEGUN)) <= np.timedelta64(20, "D")


def test_fewer_pixels_than_asked_make_no_patch(stack: Stack, read: signals.Signals) -> None:
    scores = signals.pixel_scores(stack, read, RULES)
    need = replace(RULES, smallest_patch_pixels=50)
    assert list(patches.generate(stack, read, scores, need)) == []


def test_nothing_strong_makes_no_patch(stack: Stack, read: signals.Signals) -> None:
    silent = np.full(stack.clear.shape, np.nan, np.float32)
    assert list(patches.generate(stack, read, silent, RULES)) == []
