"""Faults of outlines, each planted once, and their places."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from planted import BOW_TIE, CRS, HOLED, SPIKED, STRIP, TWICE, TWO, field, kinds, report, ring
from shapely.affinity import rotate, translate
from shapely.geometry import Point, Polygon, box

from farmland import checks, rules
from farmland.checks.metric import in_metres
from farmland.checks.overlaps import overlapping, repeated
from farmland.checks.slivers import are_slivers

LIMITS = rules.load("cn").checks


def found_in(folder, *shapes, **more):
    """Kinds but for the mere length of a BSM."""
    answer = kinds(report(folder, shapes, **more))
    answer.pop("row_code", None)
    return answer


def test_a_good_layer_has_no_findings(tmp_path):
    assert found_in(tmp_path, field(0, 0), field(100, 0), field(0, 100, 200)) == {}


def test_gaps_are_no_fault(tmp_path):
    assert found_in(tmp_path, field(0, 0), field(101, 0), field(0, 103)) == {}


@pytest.mark.parametrize(
    ("shape", "kind", "area", "place"),
    [
        (STRIP, "sliver", 180, None),
        (field(0, 0, 20, 20), "tiny", 400, None),
        (HOLED, "tiny_hole", 9, field(950, 50, 3, 3).centroid),
        (SPIKED, "spike", None, ring((750.1, 180), (750.1, 180), (750.1, 180)).centroid),
        (TWO, "multipart", None, None),
        (BOW_TIE, "self_crossing", None, BOW_TIE.envelope.centroid),
    ],
)
def test_a_planted_fault_is_found_where_it_is(tmp_path, shape, kind, area, place):
    answer = found_in(tmp_path, field(0, 5000), shape)
    assert list(answer[kind].rows) == [1]
    if area is not None:
        assert answer[kind].area_m2[0] == pytest.approx(area, rel=1e-3)
    if place is not None:
        assert answer[kind].places[0].centroid.distance(place) < 1e-3


def test_rows_without_an_outline(tmp_path):
    line = ring((0, 0), (50, 0), (100, 0))
    point = Point(38_500_000, 4_000_000)
    answer = found_in(tmp_path, field(0, 0), None, Polygon(), point, line)
    unusable = ("null_geometry", "empty_geometry", "not_polygon", "invalid_geometry")
    assert [list(answer[kind].rows) for kind in unusable] == [[1], [2], [3], [4]]
    assert "self_crossing" not in answer


def test_heights_ids_and_personal_columns(tmp_path):
    high = shapely.force_3d(field(300, 0), 5)
    shapes = [field(0, 0), high, field(600, 0)]
    answer = found_in(tmp_path, *shapes, parcel_id=["a", "a", None], ZRRZJHM=["x", "y", "z"])
    assert list(answer["three_dimensional"].rows) == [1]
    assert list(answer["personal_columns"].rows) == [-1]
    frame = gpd.GeoDataFrame({"n": ["a", "a", None]}, geometry=shapes, crs=CRS)
    frame.to_file(tmp_path / "ids.gpkg")
    from farmland.io import parcels

    read = parcels.read(tmp_path / "ids.gpkg", id_field="n")
    answer = kinds(checks.check(read, rules.load("cn")))
    assert list(answer["duplicate_id"].rows) == [1]
    assert list(answer["missing_id"].rows) == [2]


def test_repeated_vertices_and_the_seam_of_a_ring(tmp_path):
    doubled = ring((0, 0), (100, 0), (100, 0.0005), (100, 100), (0, 100))
    seam = ring((375, 180), (374.9, 100), (300, 100), (300, 0), (400, 0), (400, 100), (375.1, 100))
    answer = found_in(tmp_path, doubled, seam)
    assert list(answer["repeated_vertices"].rows) == [0]
    assert list(answer["spike"].rows) == [1]
    assert answer["spike"].places[0].distance(Point(38_500_375, 4_000_180)) < 1e-6


def test_looking_in_turns_changes_nothing(tmp_path, monkeypatch):
    shapes = [field(0, 0), HOLED, SPIKED, field(1500, 0), field(1590, 0)]
    once = found_in(tmp_path, *shapes)
    monkeypatch.setattr("farmland.portions.LEAST", 125_000)
    monkeypatch.setattr("farmland.checks.overlaps.AT_ONCE", 2)
    again = found_in(tmp_path, *shapes)
    assert {"tiny_hole", "spike", "overlap"} <= set(once)
    for kind, each in once.items():
        assert list(again[kind].rows) == list(each.rows)
        assert list(again[kind].others) == list(each.others)
        assert again[kind].area_m2 == pytest.approx(each.area_m2, nan_ok=True)


@pytest.mark.parametrize("crs", [4490, 4526, 32650, 2264])
def test_metres_whatever_the_system(crs):
    metres = gpd.GeoSeries([field(0, 0, 100, 40)], crs=CRS)
    shape = in_metres(np.asarray(metres.to_crs(crs).array, object), metres.to_crs(crs).crs)[0]
    if crs != 2264:  # far outside its zone
        assert shape.length == pytest.approx(280, rel=3e-3)
    else:
        feet = box(2e6, 7e5, 2e6 + 100, 7e5 + 40)
        shape = in_metres(np.array([feet], object), gpd.GeoSeries([feet], crs=crs).crs)[0]
        assert shape.length == pytest.approx(280 * 0.3048, rel=1e-5)


# --- slivers ---------------------------------------------------------------------


def is_sliver(shape):
    """The rule once more, for one shape, in words."""
    sides = shapely.get_coordinates(shapely.oriented_envelope(shape))
    a, b = np.hypot(*(sides[1] - sides[0])), np.hypot(*(sides[2] - sides[1]))
    narrow = min(a, b) < 5 or 2 * shape.area / shape.length < 5
    marks = [
        max(a, b) / min(a, b) > 5,
        4 * np.pi * shape.area / shape.length**2 < 0.25,
        shape.length / (4 * np.sqrt(shape.area)) > 2,
    ]
    return shape.area < 1000 and narrow and sum(marks) >= 2


@given(st.floats(0.5, 60), st.floats(0.5, 60), st.floats(0, 180), st.floats(-0.9, 0.9))
def test_slivers_are_those_of_the_rule(length, width, turn, lean):
    corners = [(0, 0), (length, 0), (length * (1 + lean / 2), width), (lean * length / 2, width)]
    shape = translate(rotate(Polygon(corners), turn), 500_000, 4_000_000)
    area = np.array([shape.area, np.nan])
    crs = gpd.GeoSeries([shape], crs=4547).crs
    answer = are_slivers(np.array([shape, None], object), area, crs, LIMITS)
    assert list(answer) == [is_sliver(shape), False]


def test_an_angle_of_land_that_is_wide_enough_is_no_sliver():
    angle = Polygon([(0, 0), (78, 0), (78, 6.6), (6.6, 6.6), (6.6, 78), (0, 78)])
    crs = gpd.GeoSeries([angle], crs=4547).crs
    assert not are_slivers(np.array([angle]), np.array([angle.area]), crs, LIMITS)[0]
    thin = Polygon([(0, 0), (78, 0), (78, 4), (4, 4), (4, 78), (0, 78)])
    assert are_slivers(np.array([thin]), np.array([thin.area]), crs, LIMITS)[0]


# --- pairs -----------------------------------------------------------------------


def test_overlaps_say_how_much_with_whom_and_where(tmp_path):
    answer = found_in(tmp_path, field(0, 0), field(90, 0), field(300, 0), field(398, -20, 2.5, 200))
    assert list(answer["overlap"].rows) == [1]
    assert list(answer["overlap"].others) == [0]
    assert answer["overlap"].area_m2[0] == pytest.approx(1000, rel=1e-3)
    assert answer["overlap"].places[0].equals(field(90, 0, 10))
    assert list(answer["narrow_overlap"].rows) == [3]
    assert list(answer["narrow_overlap"].others) == [2]
    assert answer["narrow_overlap"].area_m2[0] == pytest.approx(200, rel=1e-3)


def test_less_than_the_tolerance_is_no_overlap(tmp_path):
    assert "narrow_overlap" not in found_in(tmp_path, field(0, 0), field(99.995, 0))


def test_one_outline_twice(tmp_path):
    first = field(0, 0)
    turned = Polygon([*first.exterior.coords[2:], *first.exterior.coords[1:3]])
    finer = Polygon(first.segmentize(7.0).exterior.coords).reverse()
    answer = found_in(tmp_path, first, turned, finer, first)
    assert list(answer["duplicate_geometry"].rows) == [1, 3]
    assert list(answer["duplicate_geometry"].others) == [0, 0]
    assert list(answer["same_geometry"].rows) == [2]
    assert list(answer["same_geometry"].others) == [0]
    assert "overlap" not in answer


def test_a_parcel_inside_another_overlaps_it(tmp_path):
    answer = found_in(tmp_path, field(0, 0), field(20, 20, 50, 50))
    assert answer["overlap"].area_m2[0] == pytest.approx(2500, rel=1e-3)


CORNERS = st.lists(
    st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(1, 5), st.integers(1, 5)),
    min_size=1,
    max_size=12,
)


@given(CORNERS)
def test_pairs_are_those_of_comparing_each_with_each(boxes):
    shapes = np.array([*(box(x, y, x + w, y + h) for x, y, w, h in boxes), None], object)
    expected = {
        (row, other): shapes[row].intersection(shapes[other]).area
        for row in range(len(boxes))
        for other in range(row)
        if shapes[row].intersection(shapes[other]).area > 0
    }
    rows, others, common = overlapping(shapes)
    pairs = zip(rows.tolist(), others.tolist(), strict=True)
    assert dict(zip(pairs, shapely.area(common), strict=True)) == pytest.approx(expected)
    again, first = repeated(shapes)
    given_before = {row: boxes.index(each) for row, each in enumerate(boxes)}
    assert dict(zip(again.tolist(), first.tolist(), strict=True)) == {
        row: other for row, other in given_before.items() if other != row
    }


def test_what_touches_besides_sharing_ground_is_left_out(tmp_path):
    gap = [(200, 100), (200, 50), (100, 50), (100, 100)]
    comb = ring((0, 0), (300, 0), (300, 100), *gap, (0, 100))
    bar = ring((0, 100), (100, 90), (200, 100), (300, 100), (300, 200), (0, 200))
    answer = found_in(tmp_path, comb, bar)
    assert answer["narrow_overlap"].area_m2[0] == pytest.approx(500, rel=1e-3)
    assert answer["narrow_overlap"].places[0].geom_type in {"Polygon", "MultiPolygon"}


def test_twice_as_drawn(tmp_path):
    assert list(found_in(tmp_path, field(0, 0), TWICE)["self_crossing"].rows) == [1]
