"""Which patches are visited and in which rounds: by hand, by an oracle, and as properties."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations, product

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from result.example import example_result
from shapely.geometry import box

from farmland import layers, rules
from farmland.inspection import ranking

RULES = rules.load("cn").inspection
LINE = np.array([[0.0, 0], [30_000, 0], [1_000, 0], [31_000, 0], [2_000, 0]])
"""Two villages 30 km apart on one road, metres."""

places = st.lists(
    st.tuples(st.integers(-90_000, 90_000), st.integers(-90_000, 90_000)), min_size=1, max_size=24
).map(lambda found: np.array(found, np.float64))


def patches(rows: list[tuple[float, float, str]], spread: float = 0.01) -> gpd.GeoDataFrame:
    """Patches of confidence, area and status, on a street."""
    frame = {
        "patch_id": [f"{n:012x}" for n in range(len(rows))],
        "confidence": [row[0] for row in rows],
        "area_m2": [row[1] for row in rows],
        "status": [row[2] for row in rows],
        "cover": "built",
    }
    shapes = [box(117 + n * spread, 36, 117.001 + n * spread, 36.001) for n in range(len(rows))]
    return layers.coerce(layers.CONVERSIONS, gpd.GeoDataFrame(frame, geometry=shapes, crs=4490))


# --- by hand -----------------------------------------------------------------------------


def test_the_most_worth_come_first() -> None:
    """0.5 x 4000 = 2000; 0.9 x 1000 = 900; 0.95 x 2000 = 1900; the last was dismissed."""
    found = patches([(0.5, 4000, "new"), (0.9, 1000, "new"), (0.95, 2000, "ongoing"),
                     (0.99, 9000, "dismissed")])  # fmt: skip
    assert list(ranking.ranked(found)["patch_id"]) == [f"{n:012x}" for n in (0, 2, 1)]
    two = ranking.visits(found, 2, RULES, calibrated=True)
    assert sorted(two.table["expected_m2"]) == [1900, 2000]
    assert two.hits is not None
    assert two.hits.expected == pytest.approx(1.45)


def test_two_villages_are_two_rounds() -> None:
    """From one village and back is 4 km, from both 62: more than 40."""
    assert ranking.rounds(LINE, RULES) == ((0, 2, 4), (1, 3))
    (whole,) = ranking.rounds(LINE, replace(RULES, round_km=62.0))
    assert ranking.length(LINE[list(whole)]) == 62_000
    assert ranking.rounds(LINE, replace(RULES, patches_per_round=2)) == ((0, 2), (1, 3), (4,))


def test_two_crossing_legs_are_exchanged() -> None:
    square = np.array([[0.0, 0], [1000, 1000], [1000, 0], [0, 1000]])
    assert ranking.length(square) == pytest.approx(2000 + 2 * 1000 * 2**0.5)
    assert ranking.length(square[list(ranking.tour(square))]) == 4000


def test_the_hits_of_two_visits() -> None:
    """0.9 and 0.5: none 0.05, one 0.5, both 0.45; below 0.025 lies nothing, 0.975 needs both."""
    assert ranking.hits(np.array([0.9, 0.5]), RULES) == ranking.Hits(1.4, 0, 2)
    narrow = replace(RULES, interval=0.8)
    assert ranking.hits(np.array([0.9, 0.5]), narrow) == ranking.Hits(1.4, 1, 2)


def test_the_example_is_listed_whole_and_in_its_own_coordinates() -> None:
    conversions = example_result().conversions
    listed = ranking.visits(conversions, 50, RULES, calibrated=False)
    assert listed.hits is None
    assert set(listed.table["patch_id"]) == set(conversions["patch_id"])
    assert listed.table.crs == conversions.crs
    assert listed.table["reason"].isna().all()
    assert listed.table["expected_m2"].isna().all()
    assert listed.table.lat.between(36, 37).all()


def test_no_patches_are_no_rounds() -> None:
    none = ranking.visits(patches([]), 5, RULES, calibrated=True)
    assert (len(none.table), none.kilometres) == (0, ())
    assert none.hits == ranking.Hits(0.0, 0, 0)


# --- an obvious oracle -------------------------------------------------------------------


@given(st.lists(st.tuples(st.sampled_from([0.5, 0.6, 0.9]), st.sampled_from([400.0, 800, 4000])),
                max_size=12))  # fmt: skip
def test_the_ranking_is_that_of_plain_sorting(rows: list[tuple[float, float]]) -> None:
    found = patches([(*row, "new") for row in rows])
    slow = sorted(
        ((-row.confidence * row.area_m2, row.patch_id) for row in found.itertuples()),
    )
    assert list(ranking.ranked(found)["patch_id"]) == [name for _, name in slow]


@given(st.lists(st.floats(0, 1), max_size=7))
def test_the_hits_are_those_of_every_outcome(odds: list[float]) -> None:
    found = ranking.hits(np.array(odds), RULES)
    chance = np.zeros(len(odds) + 1)
    for outcome in product((0, 1), repeat=len(odds)):
        chance[sum(outcome)] += np.prod(
            [one if hit else 1 - one for one, hit in zip(odds, outcome, strict=True)]
        )
    assert found.expected == pytest.approx(sum(odds))
    inside = chance[found.least : found.most + 1].sum()
    assert inside >= RULES.interval - 1e-9
    assert chance[: found.least].sum() <= 0.025 + 1e-9
    assert chance[found.most + 1 :].sum() <= 0.025 + 1e-9


@settings(max_examples=20)
@given(places.filter(lambda points: 4 <= len(points) <= 7))
def test_the_tour_is_near_the_shortest(points: np.ndarray) -> None:
    best = min(ranking.length(points[[0, *order]])
               for order in permutations(range(1, len(points))))  # fmt: skip
    assert ranking.length(points[list(ranking.tour(points))]) <= best * 1.25 + 1e-6


# --- properties --------------------------------------------------------------------------


@given(places, st.integers(1, 6), st.floats(0, 200))
def test_every_place_is_in_one_round_within_the_rules(
    points: np.ndarray, most: int, kilometres: float
) -> None:
    ruled = replace(RULES, patches_per_round=most, round_km=kilometres)
    found = ranking.rounds(points, ruled)
    assert sorted(n for one in found for n in one) == list(range(len(points)))
    assert [one[0] for one in found] == [min(one) for one in found]
    assert [one[0] for one in found] == sorted(one[0] for one in found)
    assert all(len(one) <= most for one in found)
    assert all(ranking.length(points[list(one)]) <= kilometres * 1000 + 1e-3
               for one in found)  # fmt: skip
    assert ranking.rounds(points.copy(), ruled) == found


@given(places)
def test_a_tour_is_never_longer_than_the_given_order(points: np.ndarray) -> None:
    order = ranking.tour(points)
    assert sorted(order) == list(range(len(points)))
    assert ranking.length(points[list(order)]) <= ranking.length(points) + 1e-6


@given(st.integers(1, 20), st.randoms())
def test_a_budget_is_kept_whatever_the_order_of_the_rows(budget: int, random: object) -> None:
    found = patches([(0.5 + n % 5 / 10, 400.0 * (1 + n % 3), "new") for n in range(12)], 0.2)
    listed = ranking.visits(found, budget, RULES, calibrated=False).table
    assert len(listed) == min(budget, 12)
    assert sorted(listed["rank"]) == list(range(1, len(listed) + 1))
    rows = list(range(12))
    random.shuffle(rows)  # type: ignore[attr-defined]
    again = ranking.visits(found.iloc[rows], budget, RULES, calibrated=False).table
    assert again.equals(listed)
