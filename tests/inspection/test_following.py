"""Which patch is which of an earlier result: by hand, by an oracle, and as properties."""

from __future__ import annotations

import hashlib
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import union_all
from shapely.geometry import MultiPolygon, box

from farmland.inspection.following import ENDED, Followed, followed, state

Cells = frozenset[tuple[int, int]]
Patch = tuple[str, str, Cells]
"""Id, parcel, pixels."""


def outline(cells: Cells) -> MultiPolygon:
    shape = union_all([box(x, y, x + 1, y + 1) for x, y in cells])
    return shape if isinstance(shape, MultiPolygon) else MultiPolygon([shape])


def table(patches: list[Patch], **more: Any) -> gpd.GeoDataFrame:
    """Patches as a table; what is not said of them is what is usual."""
    frame = {
        "patch_id": [name for name, _, _ in patches],
        "parcel_id": [parcel for _, parcel, _ in patches],
        "cover": "built",
        "status": "new",
        "date_from": pd.Timestamp("2026-03-01"),
        "seen_on": pd.NaT,
    } | more
    shapes = [outline(cells) for _, _, cells in patches]
    index = pd.RangeIndex(len(patches))
    return gpd.GeoDataFrame(pd.DataFrame(frame, index), geometry=shapes, crs=32650)


def strip(start: int, stop: int) -> Cells:
    """Pixels of one row."""
    return frozenset((x, 0) for x in range(start, stop))


# --- by hand -----------------------------------------------------------------------------


def test_a_patch_keeps_the_id_of_the_one_it_overlaps_most() -> None:
    """The first new one shares 3 pixels with a and 4 with b; the second 2 with a."""
    earlier = table([("a", "P", strip(0, 5)), ("b", "P", strip(5, 9)), ("c", "Q", strip(0, 9))])
    found = table([("x", "P", strip(2, 9)), ("y", "P", strip(0, 2)), ("z", "P", strip(9, 12))])
    assert followed(found, earlier) == Followed(
        ids=("b", "a", "z"), states=("ongoing", "ongoing", "new"), again=(), gone=("c",)
    )


def test_two_parts_of_one_patch_are_two_and_never_share_an_id() -> None:
    """The larger part goes on; the smaller holds the pixel the id was made of."""
    earlier = table([("a", "P", strip(0, 9))])
    told = followed(table([("a", "P", strip(0, 3)), ("x", "P", strip(4, 9))]), earlier)
    fresh = hashlib.sha256(b"a").hexdigest()[:12]
    assert (told.ids, told.states) == ((fresh, "a"), ("new", "ongoing"))


def test_neighbours_only_touch() -> None:
    """A shift of a thousandth of a pixel, as another coordinate system makes it, is no overlap."""
    earlier = table([("a", "P", strip(0, 5))])
    found = table([("x", "P", strip(5, 9))])
    moved = found.set_geometry(found.translate(-0.001))
    assert followed(moved, earlier).ids == ("x",)


def test_another_crop_is_another_case() -> None:
    earlier = table([("a", "P", strip(0, 9))], cover="crop", status="dismissed")
    assert followed(table([("x", "P", strip(0, 9))]), earlier).states == ("new",)
    again = followed(table([("x", "P", strip(0, 9))], cover="crop"), earlier)
    assert (again.ids, again.states) == (("a",), ("dismissed",))


def test_a_case_without_an_outline_goes_on_where_it_began() -> None:
    earlier = table([("a", "P", strip(0, 1))], status="verified")
    bare = earlier.set_geometry(gpd.GeoSeries([None], crs=32650))
    told = followed(table([("x", "P", strip(0, 3)), ("a", "P", strip(3, 4))]), bare)
    assert (told.ids, told.states) == (("x", "a"), ("new", "verified"))


def test_nothing_before_and_nothing_now() -> None:
    some, none = table([("a", "P", strip(0, 2))]), table([])
    assert followed(some, none) == Followed(("a",), ("new",), (), ())
    assert followed(none, some) == Followed((), (), (), ("a",))


DAY, LATER = pd.Timestamp("2026-03-01"), pd.Timestamp("2026-06-18")


@pytest.mark.parametrize(
    ("before", "begun", "seen_on", "now"),
    [
        ("new", DAY, pd.NaT, "ongoing"),
        ("ongoing", DAY, LATER, "ongoing"),
        ("verified", DAY, LATER, "verified"),
        ("verified", LATER, DAY, "verified"),
        ("dismissed", DAY, LATER, "dismissed"),
        ("dismissed", DAY, pd.NaT, "dismissed"),
        ("dismissed", pd.NaT, LATER, "dismissed"),
        ("dismissed", LATER, DAY, "new"),
        ("dismissed", DAY, DAY, "new"),
        ("closed", DAY, LATER, "closed"),
        ("closed", LATER, DAY, "new"),
        ("None", DAY, LATER, "ongoing"),
    ],
)
def test_a_decision_stays_until_the_land_changes_after_it(
    before: str, begun: Any, seen_on: Any, now: str
) -> None:
    assert state(before, begun, seen_on) == now


def test_what_changed_again_is_named() -> None:
    earlier = table([("a", "P", strip(0, 9))], status="dismissed", seen_on=DAY)
    told = followed(table([("x", "P", strip(0, 9))], date_from=LATER), earlier)
    assert told == Followed(("a",), ("new",), ("a",), ())


# --- by an oracle, and as properties --------------------------------------------------------

SIDE = 5
pixels = st.sets(
    st.tuples(st.integers(0, SIDE - 1), st.integers(0, SIDE - 1)), min_size=1, max_size=9
).map(frozenset)


@st.composite
def patches(draw: st.DrawFn, letter: str) -> list[Patch]:
    """Patches of two parcels that overlap none of their own result."""
    made: list[Patch] = []
    for number, (parcel, cells) in enumerate(
        draw(st.lists(st.tuples(st.sampled_from("PQ"), pixels), max_size=7))
    ):
        free = cells - {cell for _, where, held in made if where == parcel for cell in held}
        if free:
            name = draw(st.sampled_from([f"{letter}{number}", f"e{number}"]))
            made.append((name, parcel, frozenset(free)))
    return made


def oracle(found: list[Patch], earlier: list[Patch]) -> dict[int, str]:
    """Take the largest overlap left, until there is none: earlier id by position."""
    out: dict[int, str] = {}
    while True:
        left = [
            (-len(cells & held), old, n)
            for n, (_, parcel, cells) in enumerate(found)
            for old, where, held in earlier
            if parcel == where and cells & held and n not in out and old not in out.values()
        ]
        if not left:
            return out
        _, old, n = min(left)
        out[n] = old


@settings(max_examples=150, deadline=None)
@given(patches("f"), patches("e"))
def test_it_is_what_the_oracle_says(found: list[Patch], earlier: list[Patch]) -> None:
    told, wanted = followed(table(found), table(earlier)), oracle(found, earlier)
    known = [name for name, _, _ in earlier]
    assert {n: name for n, name in enumerate(told.ids) if name in known} == wanted
    assert list(told.gone) == [name for name in known if name not in wanted.values()]
    assert [s == "ongoing" for s in told.states] == [n in wanted for n in range(len(found))]
    assert len(set(told.ids)) == len(found)


@settings(max_examples=50, deadline=None)
@given(patches("f"), patches("e"), st.lists(st.sampled_from(sorted(ENDED)), min_size=9, max_size=9))
def test_the_next_run_of_the_same_changes_nothing(
    found: list[Patch], earlier: list[Patch], states: list[str]
) -> None:
    first = followed(table(found), table(earlier, status=states[: len(earlier)]))
    kept = table(found, patch_id=list(first.ids), status=list(first.states))
    again = followed(table(found), kept)
    assert again.ids == first.ids
    assert again.gone == ()
    assert [s in ENDED for s in again.states] == [s in ENDED for s in first.states]
    assert np.array_equal(followed(table(found), kept).ids, again.ids)
