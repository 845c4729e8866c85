"""The strongest candidates of a parcel in their widest outline, none upon another."""

from __future__ import annotations

from dataclasses import replace

import by_hand
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from farmland import rules
from farmland.detect import choice
from farmland.detect.choice import Weighed
from farmland.detect.evidence import Around
from farmland.detect.patches import Patch

RULES = rules.load("cn").detection
NOTHING = np.empty((0, 7), np.float32)
SURE = 6.0


def candidate(
    pixels: range | set[int], odds: float, *, days: int = 90, bearing: int = -1
) -> Weighed:
    """A candidate with log odds; all of its pixels bear evidence unless said otherwise."""
    patch = Patch(
        parcel=0,
        pixels=np.array(sorted(pixels)),
        bearing=len(pixels) if bearing < 0 else bearing,
        series=NOTHING,
        novelty=NOTHING,
        past=NOTHING,
        own_low=NOTHING,
        own_high=NOTHING,
        start=0,
        first=0,
    )
    weighed = replace(
        by_hand.EVIDENCE, odds={"base": odds}, confidence=1 / (1 + np.exp(-odds)), days=days
    )
    return Weighed(patch, Around(NOTHING, NOTHING, 1.0), weighed)


def chosen(*candidates: Weighed) -> list[Weighed]:
    return list(choice.strongest(candidates, RULES))


CANDIDATES = st.lists(
    st.builds(
        candidate,
        st.sets(st.integers(0, 20), min_size=1),
        st.integers(-8, 24).map(lambda n: n / 4),
        days=st.sampled_from([5, 90]),
    ),
    max_size=8,
)


@given(CANDIDATES)
def test_none_lies_upon_another_and_none_is_lost(candidates: list[Weighed]) -> None:
    told = chosen(*candidates)
    pixels = [pixel for one in told for pixel in one.patch.pixels.tolist()]
    assert len(pixels) == len(set(pixels))
    for one in candidates:
        assert any(choice.overlap(one.patch, other.patch) for other in told)


@given(CANDIDATES)
def test_what_may_be_listed_is_hidden_only_by_what_may(candidates: list[Weighed]) -> None:
    told = chosen(*candidates)
    for one in candidates:
        if not choice.slight(one.evidence, RULES):
            over = [other for other in told if choice.overlap(one.patch, other.patch)]
            assert any(not choice.slight(other.evidence, RULES) for other in over)


@given(CANDIDATES)
def test_the_strongest_is_told_or_one_hardly_weaker(candidates: list[Weighed]) -> None:
    fit = [one for one in candidates if not choice.slight(one.evidence, RULES)]
    if fit:
        best = max(one.odds for one in fit)
        first = chosen(*candidates)[0]
        assert first.odds >= best - RULES.kind_least
        same = [one for one in fit if one.odds == best]
        assert any(choice.overlap(first.patch, one.patch) for one in same)


def test_a_roof_is_told_whole_though_parts_of_it_are_stranger() -> None:
    """As on real fields: shards of a few pixels, each a little surer than the whole."""
    whole, shards = candidate(range(368), 2.09), [range(20), range(30, 46), range(60, 75)]
    parts = [candidate(shard, odds) for shard, odds in zip(shards, (1.62, 2.16, 1.41), strict=True)]
    assert chosen(*parts, whole) == [whole]


def test_a_house_that_stands_out_of_its_field_is_told_alone() -> None:
    field, house = candidate(range(100), SURE), candidate(range(10), SURE + RULES.kind_least + 0.1)
    assert chosen(field, house) == [house]


def test_pixels_that_bear_no_evidence_make_no_outline_wider() -> None:
    """The whole of a parcel half of which is a pond."""
    whole, pond = candidate(range(60), SURE, bearing=31), candidate(range(31), SURE + 0.1)
    assert chosen(whole, pond) == [pond]


def test_of_two_beginnings_the_stronger_is_told() -> None:
    early, late = candidate(range(9), SURE), candidate(range(9), SURE + 0.2)
    assert chosen(early, late) == [late]


def test_a_change_too_young_to_list_does_not_hide_an_older_one() -> None:
    young, old = candidate(range(9), SURE, days=RULES.candidate_days - 1), candidate(range(9), 0.5)
    assert chosen(young, old) == [old]
