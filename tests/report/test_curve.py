"""The curve shows every look where it belongs, and nothing where nothing is known."""

from __future__ import annotations

import re
from datetime import date

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from farmland.report import curve as drawing
from farmland.report import words
from farmland.result import Curve
from farmland.rules import Words

NDVI = st.one_of(st.just(float("nan")), st.floats(-1.0, 1.25, width=32))


@st.composite
def curves(draw: st.DrawFn) -> Curve:
    count = draw(st.integers(1, 40))
    gaps = draw(st.lists(st.integers(1, 90), min_size=count, max_size=count))
    days = np.datetime64("2022-01-01") + np.cumsum(gaps).astype("timedelta64[D]")
    rows = [
        np.array(draw(st.lists(NDVI, min_size=count, max_size=count)), np.float32) for _ in range(5)
    ]
    return Curve(days, *rows)


@given(curves())
def test_every_look_is_drawn_once_inside_the_frame(curve: Curve) -> None:
    plot = drawing.plot(curve, (date(2022, 6, 1), date(2022, 7, 1)), None, "2022-06-01/2023-05-31")
    assert plot is not None
    assert len(plot.dots) == np.isfinite(curve.ndvi).sum()
    assert len(plot.dots) + len(plot.missed) == len(curve.days)
    points = [(dot.x, dot.y) for dot in plot.dots]
    for path in (*plot.own, *plot.near):
        numbers = [float(part) for part in re.findall(r"-?[\d.]+", path)]
        points += zip(numbers[::2], numbers[1::2], strict=True)
    for x, y in points:
        assert drawing.LEFT <= x <= drawing.WIDTH - drawing.RIGHT
        assert drawing.TOP <= y <= drawing.HEIGHT - drawing.BOTTOM
    assert all(dot.since == (dot.day >= "2022-07-01") for dot in plot.dots)


@given(curves())
def test_bands_break_where_an_edge_is_unknown(curve: Curve) -> None:
    plot = drawing.plot(curve, (None, None), None, "")
    assert plot is not None
    known = np.isfinite(curve.own_low) & np.isfinite(curve.own_high)
    runs = "".join("x" if k else " " for k in known).split()
    assert len(plot.own) == sum(len(run) > 1 for run in runs)
    assert plot.change is None
    assert plot.after is None
    assert not any(dot.since for dot in plot.dots)


def test_marks_stand_at_their_days() -> None:
    days = np.arange(
        np.datetime64("2024-01-01"), np.datetime64("2025-01-01"), np.timedelta64(10, "D")
    )
    flat = np.full(len(days), 0.5, np.float32)
    plot = drawing.plot(
        Curve(days, flat, flat, flat, flat, flat),
        (date(2023, 12, 1), date(2024, 2, 1)), date(2030, 1, 1), "2024-07-01/2024-12-31",
    )  # fmt: skip
    assert plot is not None
    right = drawing.WIDTH - drawing.RIGHT
    assert plot.change is not None
    assert plot.change[0] == drawing.LEFT
    assert plot.confirmed == right
    assert plot.after is not None
    assert drawing.LEFT < plot.after < right
    assert [label for _, label in plot.months][:2] == ["2024-03", "2024-05"]
    assert len(plot.months) <= 12


def test_no_look_no_curve() -> None:
    none = np.array([], np.float32)
    nothing = Curve(np.array([], "datetime64[D]"), none, none, none, none, none)
    assert drawing.plot(nothing, (None, None), None, "") is None


def test_words_for_days_spans_and_areas() -> None:
    assert words.day(date(2026, 6, 18)) == Words("18 Jun 2026", "2026年6月18日")
    assert words.day(None) == Words("not known", "未知")
    assert words.area(8226.67) == Words("8,227 m² (12.34 mu)", "12.34 亩（8226.67 平方米）")
    assert words.period("2024-01-01/2024-12-31").zh == "2024年1月1日—2024年12月31日"
    assert words.period("soon").zh == "soon"
    assert words.headline(1, 0).en.startswith("1 clue of farmland")
    assert words.both(Words("<b>", "一")) == (
        '<span lang="zh">一</span><span lang="en">&lt;b&gt;</span>'
    )
