"""No area is lost unsaid: the ledger of repair against winding numbers counted otherwise."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import example, given
from hypothesis import strategies as st
from planted import BOW_TIE, CRS, EAST, NORTH, TWICE, field, kinds, report
from shapely.geometry import GeometryCollection, MultiPolygon, Point, Polygon

from farmland import areas, checks, rules
from farmland.checks.ledger import ledger
from farmland.io.parcels.polygons import mend
from farmland.parcels import Parcels


def as_read(*shapes, crs=CRS):
    """A layer as the reader hands it on, without a file."""
    given_shapes = np.empty(len(shapes), object)
    given_shapes[:] = shapes
    mended = mend(given_shapes)
    frame = gpd.GeoDataFrame(
        {"parcel_id": [str(number) for number in range(len(shapes))]},
        geometry=gpd.GeoSeries(mended.shapes, crs=crs),
    )
    area = areas.ellipsoidal(frame.geometry)
    invalid = np.flatnonzero(frame.geometry.isna())
    faults = {**mended.faults, "invalid_geometry": invalid}
    return Parcels(
        frame=frame,
        area_m2=area,
        faults={kind: len(rows) for kind, rows in faults.items()},
        fault_rows=faults,
        notes=(),
        source="f",
        layer="f",
        input_hash="",
        as_given=mended.as_given,
    )


def test_a_bow_tie_gains_the_wing_that_turns_the_other_way():
    book = ledger(as_read(field(0, 0), BOW_TIE))
    assert book.drawn_m2[0] == pytest.approx(0, abs=1e-4)
    assert book.turned_m2[0] == pytest.approx(5000, rel=1e-3)
    assert book.repaired_m2[0] == pytest.approx(5000, rel=1e-3)
    assert (book.twice_m2[0], book.dropped_m2[0]) == (0, 0)
    assert book.untouched_m2 == pytest.approx(10_000, rel=1e-3)


def test_ground_gone_around_twice_counts_once():
    book = ledger(as_read(TWICE))
    assert book.drawn_m2[0] == pytest.approx(12_500, rel=1e-3)
    assert book.twice_m2[0] == pytest.approx(2500, rel=1e-3)
    assert book.repaired_m2[0] == pytest.approx(10_000, rel=1e-3)
    assert book.faces[0].area == pytest.approx(2500)


def test_parts_that_overlap_and_a_hole_outside():
    parts = MultiPolygon([field(0, 0), field(50, 0)])
    holed = Polygon(field(300, 0).exterior.coords, [field(500, 0, 10, 10).exterior.coords])
    book = ledger(as_read(parts, holed))
    assert book.twice_m2 == pytest.approx([5000, 0], rel=1e-3)
    assert book.drawn_m2 == pytest.approx([20_000, 9900], rel=1e-3)
    assert book.turned_m2 == pytest.approx([0, 200], rel=1e-3, abs=1e-6)


def test_rows_that_are_given_up():
    line = Polygon([(EAST, NORTH), (EAST + 9, NORTH), (EAST + 5, NORTH)])
    with np.errstate(invalid="ignore"):
        nowhere = Polygon([(EAST, NORTH), (np.nan, NORTH), (EAST, NORTH + 9)])
    bag = GeometryCollection([field(0, 0), Point(EAST, NORTH)])
    book = ledger(as_read(line, nowhere, Point(EAST, NORTH), bag))
    assert list(book.rows) == [0, 1, 2, 3]
    assert list(book.uncounted) == [1]
    assert book.drawn_m2[:3] == pytest.approx([0, 0, 0], abs=1e-6)
    assert book.repaired_m2[3] == pytest.approx(book.drawn_m2[3]) == pytest.approx(1e4, rel=1e-3)


def test_differences_become_findings_with_a_place(tmp_path):
    answer = kinds(report(tmp_path, [field(0, 0), BOW_TIE, TWICE]))
    assert list(answer["area_gained"].rows) == [1]
    assert answer["area_gained"].area_m2[0] == pytest.approx(5000, rel=1e-3)
    assert answer["area_gained"].places[0].area == pytest.approx(2500)
    assert list(answer["area_lost"].rows) == [2]


RINGS = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=3, max_size=10)


def winding(ring, x, y):
    """Turns of a ring around a point, by adding up angles."""
    corners = np.asarray(ring.coords) - (x, y)
    angles = np.unwrap(np.arctan2(corners[:, 1], corners[:, 0]))
    return round(float(angles[-1] - angles[0]) / (2 * np.pi))


@given(RINGS)
@example([(0, 1), (0, 0), (1, 1), (1, 0), (0, 0), (1, 1)])
def test_a_repaired_ring_holds_what_it_goes_around_and_the_ledger_says_the_rest(corners):
    scaled = [(EAST + 40 * x, NORTH + 40 * y) for x, y in corners]
    ring = Polygon(scaled)
    read = as_read(field(2000, 0), ring)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(shapely.node(ring.exterior))))
    sizes = areas.ellipsoidal(gpd.GeoSeries(faces, crs=CRS))
    points = [face.representative_point() for face in faces]
    turns = np.array([winding(ring.exterior, point.x, point.y) for point in points])
    around = float(sizes[turns != 0].sum()) if len(faces) else 0.0
    after = float(np.nan_to_num(read.area_m2[1]))
    assert after == pytest.approx(around, abs=0.01)
    drawn = abs(float((sizes * turns).sum())) if len(faces) else 0.0
    book = ledger(read)
    if 1 in book.rows:
        (place,) = np.flatnonzero(book.rows == 1)
        # Of two wings alike, which is the ground and which the hole is a matter of digits.
        assert abs(book.drawn_m2[place]) == pytest.approx(drawn, abs=0.01)
        assert book.repaired_m2[place] == pytest.approx(after, abs=0.01)
        assert book.dropped_m2[place] == pytest.approx(0, abs=0.01)
    else:
        assert after == pytest.approx(drawn, abs=0.01)


@given(st.lists(st.one_of(RINGS, st.none()), min_size=1, max_size=5))
def test_checking_never_fails_and_a_repaired_layer_has_nothing_invalid(several):
    shapes = [
        None if each is None else Polygon([(EAST + 40 * x, NORTH + 40 * y) for x, y in each])
        for each in several
    ]
    read = as_read(field(2000, 0), *shapes)
    every = checks.check(read, rules.load("cn"))
    checks.layer(read, every.findings)
    again = kinds(checks.check(as_read(*read.frame.geometry), rules.load("cn")))
    assert not {"self_crossing", "area_lost", "area_gained", "not_polygon"} & set(again)
