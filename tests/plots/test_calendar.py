"""The calendar of scenes: every scene has a bar at its day, in its lane, as high as it is clear."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farmland.periods import Period
from farmland.plan import Plan
from farmland.report.plots import calendar, scenes
from farmland.report.plots.calendar import Calendar, Column, Kind, Mark
from farmland.rules import Words
from farmland.scene import Kept

NOTHING = Words("", "")
KINDS = {
    "a": Kind("#111111", Words("first", "甲")),
    "b": Kind("#222222", Words("second", "乙")),
    "twice": Kind("#333333", Words("twice", "重复"), "d"),
}

MARKS = st.lists(
    st.builds(
        Mark,
        st.sampled_from(["50SQC", "51STT", ""]),
        st.dates(date(2020, 1, 1), date(2023, 12, 31)),
        st.sampled_from(["a", "b", ""]),
        st.floats(0, 1),
        st.sampled_from(["", "twice"]),
    ),
    min_size=1,
    max_size=15,
)


def drawn(marks):
    """Axes of a calendar of these marks."""
    told = Calendar(NOTHING, NOTHING, NOTHING, KINDS, marks,
                    [Column(NOTHING, lambda held: str(len(held)))])  # fmt: skip
    return calendar.draw(told, "en")[1]


def bars(axes, kind):
    """Middle, foot and height of the bars of a kind, in days and inches."""
    found = set()
    for collection in axes.collections:
        for path in collection.get_paths() if collection.get_gid() == kind else ():
            (left, top), (right, foot) = path.vertices.min(axis=0), path.vertices.max(axis=0)
            found.add((round((left + right) / 2, 3), round(foot, 3), round(foot - top, 3)))
    return found


def oracle(marks, kind):
    """The same by hand: a lane for each tile and year, in order; years as long as a leap year."""
    tiles = sorted({mark.tile for mark in marks})
    first = min(mark.day.year for mark in marks)
    years = max(mark.day.year for mark in marks) - first + 1
    found = set()
    for mark in marks:
        if mark.kind != kind:
            continue
        row = tiles.index(mark.tile)
        foot = (row * years + mark.day.year - first + 1) * 0.36 + row * 0.14
        x = mark.day.replace(year=2024).timetuple().tm_yday - 1 + 0.5
        found.add((round(x, 3), round(foot, 3), round(0.31 * max(0.07, mark.height), 3)))
    return found


@settings(max_examples=30)
@given(MARKS)
def test_every_scene_has_its_bar(marks):
    axes = drawn(marks)
    for kind in ("a", "b"):
        ours, theirs = sorted(bars(axes, kind)), sorted(oracle(marks, kind))
        assert np.allclose(np.array(ours), np.array(theirs), atol=0.002)


@settings(max_examples=30)
@given(MARKS)
def test_every_flag_has_its_sign(marks):
    flagged = sum(mark.flag == "twice" for mark in marks)
    signs = [line for line in drawn(marks).lines if line.get_gid() == "twice"]
    assert sum(len(line.get_xdata()) for line in signs) == flagged


def test_many_tiles_share_one_lane_each_for_all_years():
    start = date(2022, 6, 1)
    marks = [
        Mark(f"T{tile:02d}", start + timedelta(days=5 * n), "a", 0.5)
        for tile in range(40)
        for n in range(100)
    ]
    rows = calendar.lanes(marks)
    assert len(rows) == 40
    assert {row.year for row in rows} == {0}
    assert all(len(row.marks) == 100 for row in rows)
    assert rows[0].place(start + timedelta(days=12)) == 12
    assert len(bars(drawn(marks), "a")) == 4000


def scene_of(scene, number, cloud, day):
    return replace(scene, item_id=f"S{number}", cloud_cover=cloud, datetime=day)


@pytest.fixture(scope="module")
def some(sample_scenes):
    return sample_scenes[:6]


def test_clouds_duplicates_and_what_is_not_said(some):
    moment = some[0].datetime
    clouds = [0.0, 20.0, 20.1, 80.0, None, 100.0]
    made = [scene_of(some[0], n, cloud, moment + timedelta(days=n))
            for n, cloud in enumerate(clouds)]  # fmt: skip
    plan = Plan(after=Period.parse("2023"), catalog="$x$")
    told = scenes.of_scenes(made, {"S5": "S0"}, frozenset({"S1"}), plan)
    assert [(mark.kind, mark.flag) for mark in told.marks] == [
        ("clear", ""), ("clear", "unsettled"), ("fair", ""), ("poor", ""), ("unknown", ""),
        ("", "duplicate"),
    ]  # fmt: skip
    assert [mark.height for mark in told.marks[:4]] == pytest.approx([1.0, 0.8, 0.799, 0.2])
    assert [column.of(told.marks) for column in told.columns] == ["6", "2"]
    assert [(str(span.start), str(span.end)) for span in told.spans] == [
        ("2020-01-01", "2022-12-31"), ("2021-01-01", "2022-12-31"), ("2023-01-01", "2023-12-31"),
    ]  # fmt: skip
    assert calendar.picture(told, "zh").startswith(b"\x89PNG")


def test_an_archive_is_drawn_by_its_bytes(tmp_path):
    kept = [Kept("50SQC", date(2023, 1, n), n * 1000, n != 2) for n in (1, 2, 4)]
    told = scenes.of_archive(kept, tmp_path, Plan())
    assert [mark.height for mark in told.marks] == [0.25, 0.5, 1.0]
    assert [mark.kind for mark in told.marks] == ["whole", "gaps", "whole"]
    assert "7 kB, 1 with something unread" in told.said.en
    assert "其中 1 景" in told.said.zh
