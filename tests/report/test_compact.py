"""What the page carries in few bytes comes out again as it went in."""

from __future__ import annotations

import base64
import json
from html.parser import HTMLParser

import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon, box
from unpacking import numbers_of, shapes_of, signed

from farmland.report import compact, curve
from farmland.result import Curve

NDVI = st.one_of(st.just(float("nan")), st.floats(-1.0, 1.25, width=32))


@given(st.lists(st.integers(0, 2**35 - 1)))
def test_numbers_come_back(values: list[int]) -> None:
    packed = compact.numbers(np.array(values, np.int64))
    assert numbers_of(compact.text_of(packed)) == values


@given(st.lists(st.integers(-(2**33), 2**33)))
def test_steps_come_back_and_small_ones_stay_small(values: list[int]) -> None:
    unsigned = compact.steps(np.array(values, np.int64))
    assert [signed(int(number)) for number in unsigned] == values
    assert all(number <= 2 * abs(value) for number, value in zip(unsigned, values, strict=True))


class Blocks(HTMLParser):
    """What a browser takes a text for."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.inside = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)

    def handle_data(self, data: str) -> None:
        self.inside += data


BAD = ("</script>", "<!--<script>", "-->", "\u2028", "\ud800", "]]>", "&lt;", "\0", '"\\')
ANYTHING = st.text(st.characters(codec=None)) | st.sampled_from(BAD)


@given(st.lists(ANYTHING))
def test_text_in_a_block_stays_text(texts: list[str]) -> None:
    html = compact.block("x", texts)
    html.encode()
    read = Blocks(html)
    assert read.seen == ["script"]
    assert json.loads(read.inside) == texts
    assert not set(html.removeprefix('<script type="application/json" id="x">')
                   .removesuffix("</script>\n")) & set("<>\u2028\u2029")  # fmt: skip


def test_an_outline_by_hand() -> None:
    hole = Polygon([(0, 0), (10, 0), (10, 10), (0, 10)], [[(4, 4), (4, 6), (6, 6), (6, 4)]])
    two = MultiPolygon([box(20, 0, 22, 2), box(30, 0, 32, 2)])
    packed = compact.outlines([hole, None, two], (-1.0, 100.0), 0.0)
    with_hole, none, pair = shapes_of(packed)
    assert [set(ring) for ring in with_hole] == [
        {(1, 100), (11, 100), (11, 90), (1, 90)}, {(5, 96), (5, 94), (7, 94), (7, 96)},
    ]  # fmt: skip
    assert none == []
    assert sorted(min(ring) for ring in pair) == [(21, 98), (31, 98)]
    assert [area(ring) > 0 for ring in with_hole] in ([True, False], [False, True])


def area(ring: list[tuple[int, int]]) -> float:
    x, y = np.array(ring, float).T
    return float((x * np.roll(y, 1) - y * np.roll(x, 1)).sum()) / 2


@given(st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(5, 500)), max_size=9))
def test_outlines_come_back_within_a_unit(places: list[tuple[float, float, float]]) -> None:
    shapes = [shapely.Point(x, y).buffer(size) for x, y, size in places]
    back = shapes_of(compact.outlines(shapes, (0.0, 1e6), 1.0))
    assert len(back) == len(shapes)
    for shape, rings in zip(shapes, back, strict=True):
        (ring,) = rings
        assert len(ring) == len(set(ring)), "a point stands twice"
        drawn = Polygon([(x, 1e6 - y) for x, y in ring])
        assert drawn.hausdorff_distance(shape) < 1.0 + 2**-0.5 + 1e-6


@st.composite
def curves(draw: st.DrawFn) -> Curve:
    count = draw(st.integers(1, 40))
    gaps = draw(st.lists(st.integers(1, 90), min_size=count, max_size=count))
    days = np.datetime64("2022-01-01") + np.cumsum(gaps).astype("timedelta64[D]")
    rows = [
        np.array(draw(st.lists(NDVI, min_size=count, max_size=count)), np.float32) for _ in range(5)
    ]
    return Curve(days, *rows)


def unpacked(text: str) -> NDArray[np.float64]:
    bytes_ = np.frombuffer(base64.b64decode(text), np.int8).astype(float)
    return np.where(bytes_ == curve.UNKNOWN, np.nan, bytes_ / 100)


@given(curves())
def test_a_curve_comes_back_to_a_hundredth(given_: Curve) -> None:
    packed = curve.packed(given_)
    assert packed is not None
    days = np.datetime64(packed["first"]) + np.cumsum(numbers_of(packed["days"]))
    assert (days == given_.days).all()
    rows = (given_.ndvi, given_.own_low, given_.own_high, given_.neighbours_low,
            given_.neighbours_high)  # fmt: skip
    np.testing.assert_allclose(unpacked(packed["ndvi"]), np.concatenate(rows), atol=0.00501)


def test_no_look_no_curve() -> None:
    none = np.array([], np.float32)
    assert curve.packed(Curve(np.array([], "datetime64[D]"), none, none, none, none, none)) is None
