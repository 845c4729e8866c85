"""Largest remainders: parts that add up to the printed total."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmland import shares

PARTS = st.lists(st.floats(-1e6, 1e9).map(lambda value: round(value, 5)), min_size=1, max_size=40)


def slowly(values: list[float], total: float | None, decimals: int) -> list[int]:
    """Whole units of each value, one unit at a time to the largest remainder left."""
    unit = Fraction(10) ** decimals
    parts = [Fraction(value) * unit for value in values]
    units = [part.numerator // part.denominator for part in parts]
    aim = round((sum(map(Fraction, values)) if total is None else Fraction(total)) * unit)
    left = [part - whole for part, whole in zip(parts, units, strict=True)]
    while sum(units) < aim:
        best = max(range(len(parts)), key=lambda n: (left[n], -n))
        units[best] += 1
        left[best] -= 1
    return units


def test_three_thirds_of_a_hundred() -> None:
    assert shares.largest_remainder([100 / 3] * 3).tolist() == [33.34, 33.33, 33.33]


def test_the_largest_remainder_is_rounded_up_first() -> None:
    assert shares.largest_remainder([0.104, 0.109, 0.107]).tolist() == [0.10, 0.11, 0.11]


def test_a_given_total_is_reached_and_zero_gets_nothing() -> None:
    assert shares.largest_remainder([1.004, 0.0, 2.004], 3.01).tolist() == [1.01, 0.0, 2.0]


def test_a_total_beyond_rounding_is_shared_in_proportion() -> None:
    assert shares.largest_remainder([1.0, 3.0], 8.0).tolist() == [2.0, 6.0]
    with pytest.raises(ValueError, match="cannot be shared"):
        shares.largest_remainder([0.0, 0.0], 1.0)


def test_what_is_not_known_stays_so() -> None:
    rounded = shares.largest_remainder([0.005, np.nan, 0.005], decimals=2)
    assert rounded[[0, 2]].tolist() == [0.01, 0.0]
    assert np.isnan(rounded[1])
    assert shares.largest_remainder([]).size == 0


@given(PARTS, st.integers(0, 4))
def test_parts_add_up_and_none_moves_by_a_unit(values: list[float], decimals: int) -> None:
    unit = 10**decimals
    rounded = shares.largest_remainder(values, decimals=decimals)
    units = np.rint(rounded * unit)
    assert np.allclose(units / unit, rounded, rtol=0, atol=1e-6)
    assert abs(units.sum() - sum(values) * unit) <= 0.5 + 1e-3
    assert (np.abs(units - np.array(values) * unit) < 1 + 1e-3).all()


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=30))
def test_eighths_of_units_are_shared_as_one_by_one(eighths: list[int]) -> None:
    values = [n / 8 for n in eighths]
    assert shares.largest_remainder(values, decimals=0).tolist() == slowly(values, None, 0)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 10**6)), min_size=1, max_size=30))
def test_groups_do_not_touch_each_other(rows: list[tuple[int, int]]) -> None:
    groups = np.array([group for group, _ in rows], np.intp)
    values = np.array([eighths / 8 for _, eighths in rows])
    together = shares.in_groups(values, groups, decimals=0)
    for group in np.unique(groups):
        alone = shares.largest_remainder(values[groups == group], decimals=0)
        assert together[groups == group].tolist() == alone.tolist()


@given(st.lists(PARTS, min_size=1, max_size=5))
def test_children_of_rounded_parents_can_always_add_up(tree: list[list[float]]) -> None:
    parents = shares.largest_remainder([sum(children) for children in tree])
    for children, parent in zip(tree, parents, strict=True):
        rounded = shares.largest_remainder(children, parent)
        assert np.rint(rounded * 100).sum() == np.rint(parent * 100)
        assert (np.abs(rounded - children) < 0.01 + 1e-5).all()
