"""Cutting shapes along layers: against one polygon at a time, and against points."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from land import land_example as fields
from pyproj import CRS
from shapely import MultiPolygon, Polygon, affinity
from shapely.geometry.base import BaseGeometry

from farmland import areas
from farmland.land import overlay
from farmland.land.overlay import Pieces

PLANE = CRS.from_user_input(fields.CRS)


def shapes_of(given_: Sequence[BaseGeometry | None]) -> np.ndarray:
    out = np.empty(len(given_), object)
    out[:] = list(given_)
    return out


@st.composite
def ground(draw: st.DrawFn, largest: int = 40) -> BaseGeometry:
    """Rectangles on whole metres, and crossed figures as the reader mends them."""
    at = st.integers(0, 60)
    if draw(st.booleans()):
        left, bottom = draw(at), draw(at)
        width, height = (draw(st.integers(1, largest)) for _ in range(2))
        return fields.square(left, bottom, left + width, bottom + height)
    points = draw(st.lists(st.tuples(at, at), min_size=3, max_size=9))
    made = shapely.make_valid(Polygon(points), method="structure", keep_collapsed=False)
    faces = [part for part in shapely.get_parts(made) if part.geom_type == "Polygon"]
    if not faces:
        return fields.square(0, 0, 1, 1)
    return affinity.translate(MultiPolygon(faces), fields.EAST, fields.NORTH)


LAYER = st.lists(ground(), max_size=7)
SHAPES = st.lists(ground(), min_size=1, max_size=5)


def sheets(layers: Sequence[Sequence[BaseGeometry]]) -> list[overlay.Sheet]:
    return [overlay.sheet(shapes_of(layer), PLANE, 2)[0] for layer in layers]


def cut(
    given_: Sequence[BaseGeometry], layers: Sequence[Sequence[BaseGeometry]], workers: int = 2
) -> Pieces:
    return overlay.cut(shapes_of(given_), sheets(layers), PLANE, workers)


def one_by_one(
    shape: BaseGeometry, layers: Sequence[Sequence[BaseGeometry]]
) -> dict[tuple[int, ...], float]:
    """Areas by row in each layer: every polygon takes its share of what is left, in file order."""
    left = {(): shape}
    for layer in layers:
        after = {}
        for key, piece in left.items():
            for row, polygon in enumerate(layer):
                after[*key, row] = piece.intersection(polygon)
                piece = piece.difference(polygon)
            after[*key, -1] = piece
        left = after
    return {key: piece.area for key, piece in left.items() if piece.area > 1e-6}


def sums(pieces: Pieces, shape: int) -> dict[tuple[int, ...], float]:
    out: dict[tuple[int, ...], float] = {}
    for row in np.flatnonzero(pieces.shape == shape):
        key = tuple(int(one) for one in pieces.within[row])
        out[key] = out.get(key, 0.0) + pieces.geometry[row].area
    return out


@given(SHAPES, st.lists(LAYER, max_size=3))
def test_pieces_are_those_of_cutting_one_by_one(
    given_: list[BaseGeometry], layers: list[list[BaseGeometry]]
) -> None:
    pieces = cut(given_, layers)
    for row, shape in enumerate(given_):
        expected, found = one_by_one(shape, layers), sums(pieces, row)
        for key in expected.keys() | found.keys():
            assert found.get(key, 0) == pytest.approx(expected.get(key, 0), abs=1e-4)


@given(SHAPES, st.lists(LAYER, max_size=3))
def test_pieces_partition_their_shape(
    given_: list[BaseGeometry], layers: list[list[BaseGeometry]]
) -> None:
    pieces = cut(given_, layers)
    for row, shape in enumerate(given_):
        own = pieces.geometry[pieces.shape == row]
        assert {piece.geom_type for piece in own} <= {"Polygon", "MultiPolygon"}
        assert shapely.is_valid(own).all()
        assert shapely.area(own).sum() == pytest.approx(shape.area, abs=1e-4)
        assert shapely.union_all(own).symmetric_difference(shape).area < 1e-4
        for first, piece in enumerate(own):
            assert shapely.area(shapely.intersection(own[first + 1 :], piece)).sum() < 1e-4


@given(SHAPES, LAYER, st.integers(0, 2**32 - 1))
def test_a_point_lies_in_the_piece_of_the_first_polygon_that_holds_it(
    given_: list[BaseGeometry], layer: list[BaseGeometry], seed: int
) -> None:
    pieces = cut(given_, [layer])
    spread = np.random.default_rng(seed).uniform(0, 100, (40, 2)) + 1e-3 * np.pi
    for x, y in spread + np.array([fields.EAST, fields.NORTH]):
        point = shapely.Point(x, y)
        near = shapely.dwithin(shapely.boundary([*given_, *layer]), point, 1e-3)
        if near.any():
            continue
        holders = [row for row, polygon in enumerate(layer) if polygon.contains(point)]
        for row, shape in enumerate(given_):
            held = np.flatnonzero((pieces.shape == row) & shapely.contains(pieces.geometry, point))
            assert len(held) == shape.contains(point)
            assert [pieces.within[one, 0] for one in held] == [*holders, -1][:1] * len(held)


@given(SHAPES, LAYER, LAYER)
def test_the_order_of_layers_changes_no_area(
    given_: list[BaseGeometry], one: list[BaseGeometry], other: list[BaseGeometry]
) -> None:
    here, there = cut(given_, [one, other]), cut(given_, [other, one])
    for row in range(len(given_)):
        turned = {key[::-1]: area for key, area in sums(there, row).items()}
        for key, area in sums(here, row).items():
            assert turned.get(key, 0) == pytest.approx(area, abs=1e-4)


@given(SHAPES, st.lists(LAYER, max_size=2), st.integers(-5000, 5000), st.integers(-5000, 5000))
def test_moving_everything_changes_nothing(
    given_: list[BaseGeometry], layers: list[list[BaseGeometry]], east: int, north: int
) -> None:
    moved = [affinity.translate(one, east, north) for one in given_]
    away = [[affinity.translate(one, east, north) for one in layer] for layer in layers]
    here, there = cut(given_, layers), cut(moved, away)
    for row in range(len(given_)):
        one, other = sums(here, row), sums(there, row)
        for key in one.keys() | other.keys():
            assert one.get(key, 0) == pytest.approx(other.get(key, 0), rel=1e-6, abs=1e-5)


def test_threads_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlay, "AT_ONCE", 7)
    random = np.random.default_rng(5)
    corner = random.integers(0, 90, (60, 2))
    given_ = [fields.square(x, y, x + 15, y + 12) for x, y in corner]
    layer = [fields.square(x + 3, y - 4, x + 22, y + 9) for x, y in corner[::-1]]
    alone, many = cut(given_, [layer, given_[::-1]], 1), cut(given_, [layer, given_[::-1]], 4)
    assert (alone.shape == many.shape).all()
    assert (alone.within == many.within).all()
    assert shapely.to_wkb(alone.geometry).tolist() == shapely.to_wkb(many.geometry).tolist()


def test_a_shape_inside_a_polygon_stays_as_it_is() -> None:
    shape = fields.square(1, 1, 9, 9)
    pieces = cut([shape], [[fields.square(0, 0, 10, 10), fields.square(10, 0, 20, 10)]])
    assert pieces.within.tolist() == [[0]]
    assert pieces.geometry[0] is shape


def test_polygons_that_only_touch_are_not_met() -> None:
    shape = fields.square(0, 0, 10, 10)
    around = [
        fields.square(10, 0, 20, 10),
        fields.square(0, 10, 10, 20),
        fields.square(-5, -5, 0, 0),
    ]
    pieces = cut([shape], [around])
    assert pieces.within.tolist() == [[-1]]
    assert pieces.geometry[0] is shape


def test_shapes_may_be_missing_and_may_overlap() -> None:
    pieces = cut([None, fields.square(0, 0, 4, 4), fields.square(0, 0, 4, 4)], [[]])
    assert pieces.shape.tolist() == [1, 2]
    nothing = cut([None], [[fields.square(0, 0, 1, 1)]])
    assert nothing.shape.size == nothing.geometry.size == 0
    assert nothing.within.shape == (0, 1)


def test_an_invalid_shape_is_cut_as_what_it_covers() -> None:
    bow_tie = Polygon([(0, 0), (8, 8), (8, 0), (0, 8)])
    moved = affinity.translate(bow_tie, fields.EAST, fields.NORTH)
    pieces = cut([moved], [[fields.square(0, 0, 4, 8)]])
    assert sums(pieces, 0) == pytest.approx({(0,): 16.0, (-1,): 16.0}, abs=1e-4)


def test_of_overlapping_polygons_the_first_has_the_ground() -> None:
    layer = [fields.square(0, 0, 10, 10), fields.square(5, 0, 15, 10), fields.square(2, 2, 12, 8)]
    sheet, lost = overlay.sheet(shapes_of(layer), PLANE, 1)
    assert lost.tolist() == [1, 2]
    assert shapely.area(sheet.shapes) == pytest.approx([100, 50, 0], abs=1e-6)
    pieces = overlay.cut(shapes_of([fields.square(0, 0, 20, 10)]), [sheet], PLANE, 1)
    assert sums(pieces, 0) == pytest.approx({(0,): 100.0, (1,): 50.0, (-1,): 50.0}, abs=1e-4)


@settings(max_examples=25)
@given(SHAPES, LAYER)
def test_shared_ground_on_the_ellipsoid_is_that_of_the_pieces(
    given_: list[BaseGeometry], layer: list[BaseGeometry]
) -> None:
    (sheet,) = sheets([layer])
    row, polygon, area = overlay.shared_m2(shapes_of(given_), sheet, PLANE, 2)
    pieces = overlay.cut(shapes_of(given_), [sheet], PLANE, 1)
    size = areas.ellipsoidal(gpd.GeoSeries(pieces.geometry, crs=PLANE))
    found = dict(zip(zip(row.tolist(), polygon.tolist(), strict=True), area, strict=True))
    for one, other, expected in zip(pieces.shape, pieces.within[:, 0], size, strict=True):
        if other >= 0:
            assert found.pop((one, other)) == pytest.approx(expected, rel=1e-5, abs=2e-3)
    assert all(area < 1e-3 for area in found.values())


def test_in_degrees_it_is_the_same_ground() -> None:
    given_ = [fields.square(0, 0, 100, 60), fields.square(40, 20, 90, 140)]
    layer = [fields.square(30, 10, 70, 90), fields.square(0, 50, 100, 70)]

    def degrees(shapes: list[BaseGeometry]) -> np.ndarray:
        moved = gpd.GeoSeries(shapes, crs=fields.CRS).to_crs(4490)
        return np.asarray(moved.array, object)

    round_ = CRS.from_epsg(4490)
    sheet, lost = overlay.sheet(degrees(layer), round_, 1)
    assert lost.tolist() == [1]
    pieces = overlay.cut(degrees(given_), [sheet], round_, 1)
    flat = cut(given_, [layer])
    assert pieces.within.tolist() == flat.within.tolist()
    size = areas.ellipsoidal(gpd.GeoSeries(pieces.geometry, crs=round_))
    assert size == pytest.approx(shapely.area(flat.geometry), abs=0.01)
