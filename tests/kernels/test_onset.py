"""The score of a look and the tail that adds up to most."""

from __future__ import annotations

import numpy as np
import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from farmland.kernels import onset

NOVEL, SPAN, DEFICIT, GREEN = 1.0, 0.5, 0.2, 0.45
QUARTERS = st.integers(-8, 8).map(lambda n: n / 4) | st.just(np.nan)
"""Sums of quarters are exact, so that ties are ties for both."""

SCORES = hnp.arrays(np.float32, st.tuples(st.integers(1, 4), st.integers(0, 12)), elements=QUARTERS)


def score_of(novelty: float, ndvi: float, own: float = 0.5, neighbours: float = 0.5) -> float:
    one = [np.array([[value]], np.float32) for value in (novelty, ndvi, own)]
    low = np.array([neighbours], np.float32)
    return float(onset.score(*one, low, NOVEL, SPAN, DEFICIT, GREEN)[0, 0])


@given(SCORES)
def test_the_tail_is_the_best_of_all_tails(score: np.ndarray) -> None:
    best, start = onset.suffix(score)
    for p, series in enumerate(score):
        assert (best[p], start[p]) == oracles.suffix(series, onset.INTERRUPTED)


@given(SCORES)
def test_the_tail_adds_up_to_what_is_said(score: np.ndarray) -> None:
    best, start = onset.suffix(score)
    for p, first in enumerate(start):
        if first < 0:
            assert best[p] == 0
        else:
            assert best[p] == np.nansum(score[p, first:]) > 0
            assert score[p, first] > 0


@given(SCORES, st.data())
def test_a_look_without_evidence_counts_nothing(score: np.ndarray, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, score.shape[1]))
    gap = np.insert(score, place, np.nan, axis=1)
    best, start = onset.suffix(score)
    best_gap, start_gap = onset.suffix(gap)
    assert (best_gap == best).all()
    assert (start_gap == np.where(start >= place, start + 1, start)).all()


def test_a_change_that_ended_is_not_dated_from_its_beginning() -> None:
    """Works, two green canopies, works again: only the second time lasts to the end."""
    score = np.array([[1.5, 1.5, 1.5, 1.5, -1.5, -1.5, 1.0, 1.0]], np.float32)
    best, start = onset.suffix(score)
    assert (best[0], start[0]) == (2.0, 6)


def test_one_familiar_look_does_not_end_a_change() -> None:
    score = np.array([[1.5, 1.5, -1.5, 1.5, 1.5]], np.float32)
    best, start = onset.suffix(score)
    assert (best[0], start[0]) == (4.5, 0)


@given(
    st.floats(0, 50, width=32),
    st.floats(-0.5, 1, width=32),
    st.floats(0, 1, width=32),
    st.floats(0, 1, width=32),
)
def test_evidence_of_one_look_is_bounded(
    novelty: float, ndvi: float, own: float, near: float
) -> None:
    got = score_of(novelty, ndvi, own, near)
    assert onset.RETURNED <= got <= onset.STRANGE + onset.MISSED + 1e-6


@given(st.floats(0, 5, width=32), st.floats(0, 5, width=32))
def test_a_stranger_look_never_counts_less(first: float, second: float) -> None:
    low, high = sorted((first, second))
    assert score_of(low, 0.2) <= score_of(high, 0.2)


def test_a_canopy_takes_back_whatever_its_colour() -> None:
    assert score_of(9.0, GREEN + 0.01) == onset.RETURNED


def test_an_unseen_look_has_no_score() -> None:
    assert np.isnan(score_of(np.nan, 0.2))


@pytest.mark.parametrize(("own", "near"), [(np.nan, 0.8), (0.8, np.nan), (np.nan, np.nan)])
def test_missing_greenness_counts_nothing_where_the_season_is_unknown(
    own: float, near: float
) -> None:
    assert score_of(NOVEL + SPAN, 0.1, own, near) == pytest.approx(1.0)


def test_bare_soil_alone_is_worth_its_share() -> None:
    assert score_of(0.0, 0.1, 0.9, 0.9) == pytest.approx(onset.FAMILIAR + onset.MISSED)


def test_the_lower_expectation_counts() -> None:
    """Neighbours that lie bare as well excuse a bare field."""
    assert score_of(0.0, 0.2, 0.9, 0.2) == pytest.approx(onset.FAMILIAR)
    assert score_of(0.0, 0.2, 0.2, 0.9) == pytest.approx(onset.FAMILIAR)


@pytest.mark.parametrize(
    ("look", "count"), [(onset.RETURNED, 1), (onset.FAMILIAR, 6)], ids=["canopies", "familiar"]
)
def test_a_change_ends_with_two_canopies_or_seven_familiar_looks(look: float, count: int) -> None:
    """So that it is not dated from before them; one look fewer is an interruption."""
    strange = [onset.STRANGE] * 4
    lasting = np.array([[*strange, *[look] * count, *strange]], np.float32)
    ended = np.array([[*strange, *[look] * (count + 1), *strange]], np.float32)
    assert onset.suffix(lasting)[1][0] == 0
    assert onset.suffix(ended)[1][0] == 4 + count + 1
