"""When a patch changed: where its novelty steps up, or where greenness was first missed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmland import rules
from farmland.detect import dating
from farmland.detect.patches import Patch
from farmland.kernels import spectral

RULES = rules.load("cn").detection
HISTORY = 10
"""Looks of the history, of which no novelty is known."""


def patch(novelty: Sequence[float], start: int, unseen: Sequence[int] = ()) -> Patch:
    """A patch with some novelty on the looks after, whose evidence gathers from ``start`` on."""
    strange = np.array([np.nan] * HISTORY + list(novelty), np.float32)
    series = np.zeros((strange.size, spectral.FEATURES), np.float32)
    strange[list(unseen)] = series[list(unseen)] = np.nan
    unknown = np.full(strange.size, np.nan, np.float32)
    return Patch(
        parcel=0,
        pixels=np.arange(5),
        bearing=5,
        series=series,
        novelty=strange,
        past=unknown,
        own_low=unknown,
        own_high=unknown,
        start=start,
        first=0,
    )


def by_trying(novelty: np.ndarray, middle: float) -> int:
    """The first of the looks from which most is gained, each counting one unit at most."""
    gains = [np.clip(novelty[n:] - middle, -1, 1).sum() for n in range(novelty.size)]
    return int(np.argmax(np.round(gains, 6)))


@given(st.lists(st.integers(0, 24).map(lambda n: n / 4), min_size=3, max_size=25), st.data())
def test_a_change_is_dated_where_novelty_steps_up(
    novelty: list[float], data: st.DataObject
) -> None:
    start = HISTORY + data.draw(st.integers(0, len(novelty) - 3))
    found = patch(novelty, start)
    dated = dating.date(found, RULES)
    since = found.novelty[start:]
    settled = float(np.median(since[since.size // 2 :]))
    if settled > RULES.novel:
        middle = (RULES.fitting + min(settled, RULES.stripped)) / 2
        assert dated.changed == start + by_trying(since, middle)
        assert found.novelty[dated.changed] >= middle
    else:
        assert dated.changed == start
    assert dated.fitted is not None
    assert dated.fitted < dated.changed
    strange = found.novelty[dated.fitted + 1 : dated.changed]
    assert (strange > RULES.fitting).all()


def test_a_field_that_lay_fallow_changed_when_it_was_built_on() -> None:
    """The crop is missed for five looks; then machines come."""
    fallow, built = [0.4, 1.0, 0.8, 1.2, 0.9], [4.0, 5.0, 4.5, 5.5, 5.0, 4.8]
    dated = dating.date(patch(fallow + built, HISTORY), RULES)
    assert dated == (HISTORY + 4, HISTORY + 5)


def test_a_field_that_fell_fallow_changed_when_its_crop_was_missed() -> None:
    """Its looks are hardly novel: greenness alone spoke."""
    dated = dating.date(patch([0.5] * 4 + [1.0] * 8, HISTORY + 4), RULES)
    assert dated == (HISTORY + 3, HISTORY + 4)


def test_a_strange_look_among_familiar_ones_is_no_change() -> None:
    dated = dating.date(patch([5.0] + [0.3] * 5 + [5.0] * 6, HISTORY), RULES)
    assert dated == (HISTORY + 5, HISTORY + 6)


def test_looks_that_neither_fit_nor_settled_lie_between_the_two_dates() -> None:
    """Works take a month: the last look that fitted is the one before they began."""
    dated = dating.date(patch([0.5, 0.5, 1.2, 1.5, 6.0, 6.0, 6.0, 6.0], HISTORY), RULES)
    assert dated == (HISTORY + 1, HISTORY + 4)


def test_what_is_built_began_when_its_ground_was_stripped() -> None:
    """Roofs are stranger than stripped soil; the soil was no field any more."""
    dated = dating.date(patch([0.5, 0.6, 2.4, 2.6, 2.5, 9.0, 9.0, 9.0, 9.0], HISTORY), RULES)
    assert dated == (HISTORY + 1, HISTORY + 2)


@pytest.mark.parametrize("unseen", [[HISTORY + 1], [HISTORY + 1, HISTORY]])
def test_an_unseen_look_dates_nothing(unseen: list[int]) -> None:
    dated = dating.date(patch([0.5, 0.5, 6.0, 6.0, 6.0, 6.0], HISTORY + 2, unseen), RULES)
    assert dated == (min(unseen) - 1, HISTORY + 2)


def test_where_nothing_was_seen_before_there_is_no_look_that_fitted() -> None:
    dated = dating.date(patch([6.0] * 6, HISTORY, range(HISTORY)), RULES)
    assert dated == (None, HISTORY)


@pytest.mark.parametrize(("confirmed", "changed"), [(None, 6), (8, 6), (6, 6), (5, 0)])
def test_a_change_is_never_dated_after_the_look_that_confirmed_it(
    confirmed: int | None, changed: int
) -> None:
    """Topsoil taken off in summer and confirmed in autumn; the roof of next year is no news."""
    found = patch([1.8] * 6 + [9.0] * 6, HISTORY)
    look = None if confirmed is None else HISTORY + confirmed
    assert dating.date(found, RULES, look).changed == HISTORY + changed
