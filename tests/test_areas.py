"""Areas against the official figures, an exact formula and geodesics."""

import math
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod
from shapely.affinity import rotate, scale, translate
from shapely.geometry import MultiPolygon, Polygon, box

from farmland import areas

CELL = box(114, 30, 115, 31)


def measured(*shapes, crs=4490):
    return areas.ellipsoidal(gpd.GeoSeries(list(shapes), crs=crs))


def test_one_degree_cell_has_the_official_area():
    assert measured(CELL)[0] == pytest.approx(10642393438.7114, abs=1e-3)


def test_factors_are_the_published_ones():
    assert areas.series_factors(1 / 298.257222101) == pytest.approx(
        (
            1.0033640898341927,
            0.001124189381927124,
            1.699459473518905e-06,
            2.7178578455775555e-09,
            4.358419004834514e-12,
        ),
        rel=1e-14,
    )


def test_cell_equals_the_exact_authalic_area():
    geod = Geod(a=6378137, rf=298.257222101)
    e = geod.es**0.5

    def zone(latitude):
        sine = np.sin(np.radians(latitude))
        return geod.b**2 / 2 * (sine / (1 - geod.es * sine**2) + np.arctanh(e * sine) / e)

    exact = np.radians(1) * (zone(31) - zone(30))
    assert measured(CELL)[0] == pytest.approx(exact, rel=1e-12)


def test_projected_parcels_have_the_same_area_as_unprojected_ones():
    shapes = gpd.GeoSeries([box(116.4, 36.7, 116.41, 36.71)], crs=4490)
    for code in (4527, 4548, 4508):
        assert areas.ellipsoidal(shapes.to_crs(code)) == pytest.approx(
            areas.ellipsoidal(shapes), rel=1e-9
        )


def test_holes_come_off_and_parts_add_up():
    hole = box(114.2, 30.2, 114.4, 30.4)
    other = box(116, 30, 116.5, 30.5)
    holed = Polygon(CELL.exterior.coords, [hole.exterior.coords])
    whole, missing, more = measured(CELL, hole, other)
    both = measured(holed, MultiPolygon([holed, other]))
    assert both == pytest.approx([whole - missing, whole - missing + more], rel=1e-12)


def test_direction_of_a_ring_does_not_matter_and_the_antimeridian_is_no_seam():
    assert measured(CELL.reverse()) == pytest.approx(measured(CELL))
    seam = Polygon([(179.5, 30), (-179.5, 30), (-179.5, 31), (179.5, 31)])
    assert measured(seam, crs=4326) == pytest.approx(measured(CELL, crs=4326), rel=1e-12)


def test_missing_is_nan_and_empty_is_nothing():
    values = measured(CELL, None, Polygon())
    assert np.isnan(values[1])
    assert values[2] == 0
    assert measured().shape == (0,)


def test_mu():
    assert areas.mu(np.array([2000.0])) == pytest.approx([3.0])


def test_spellings_of_cgcs2000():
    esri = (
        'GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",SPHEROID['
        '"CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],'
        'UNIT["Degree",0.0174532925199433]]'
    )
    from pyproj import CRS

    assert all(areas.is_cgcs2000(CRS(code)) for code in (4490, 4527, 4480, 4508, esri))
    assert not any(areas.is_cgcs2000(CRS(code)) for code in (4326, 32650, 4214, 4610, 3035))


# --- the official series, slowly ------------------------------------------------

E1, ELLIPSOID = 1 / 298.257222101, 6378137.0


def official(ring):
    """The series of the land survey edge by edge, written down with ``math`` (DOMAIN 3.4)."""
    e2 = 2 * E1 - E1 * E1
    factors = (
        1 + e2 / 2 + 3 / 8 * e2**2 + 5 / 16 * e2**3 + 35 / 128 * e2**4,
        e2 / 6 + 3 / 16 * e2**2 + 3 / 16 * e2**3 + 35 / 192 * e2**4,
        3 / 80 * e2**2 + e2**3 / 16 + 5 / 64 * e2**4,
        e2**3 / 112 + 5 / 256 * e2**4,
        5 / 2304 * e2**4,
    )
    total = 0.0
    for (l1, b1), (l2, b2) in pairwise(ring):
        middle, half = math.radians(b1 + b2) / 2, math.radians(b2 - b1) / 2
        band = 0.0
        for number, factor in enumerate(factors):
            order = 2 * number + 1
            band += (-1) ** number * factor * math.sin(order * half) * math.cos(order * middle)
        total += (math.radians(l1 - ring[0][0]) + math.radians(l2 - ring[0][0])) / 2 * band
    return abs(2 * (ELLIPSOID * (1 - E1)) ** 2 * total)


STAR = Polygon([(0, 0), (1, 0.1), (0.9, 1), (0.4, 0.6), (-0.1, 0.8)])


def star(lon, lat, degrees, turn, squeeze=1.0):
    """A five-cornered parcel of a size in degrees, turned, and squeezed to a strip."""
    strip = rotate(scale(STAR, 1, squeeze, origin=(0, 0)), turn, origin=(0, 0))
    return translate(scale(strip, degrees, degrees, origin=(0, 0)), lon, lat)


PLACES = st.tuples(st.floats(74, 135), st.floats(3, 53), st.floats(0.0002, 0.05), st.floats(0, 360))


@given(PLACES, st.floats(0.05, 1))
def test_areas_are_those_of_the_official_series(place, squeeze):
    shape = star(*place, squeeze)
    assert measured(shape)[0] == pytest.approx(official(shape.exterior.coords), rel=1e-8)


@pytest.mark.parametrize("lon", [114.02, 115.49, 114.0, 127])
@pytest.mark.parametrize(("degrees", "within"), [(0.0002, 6e-8), (0.001, 3e-7), (0.01, 3e-6)])
def test_the_four_published_parcels(lon, degrees, within):
    lat = {114.02: 36.7, 115.49: 36.7, 114.0: 23.0, 127: 47.5}[lon]
    corners = [(0, 0), (1, 0.1), (0.9, 1), (-0.1, 0.8)]
    shape = Polygon([(lon + degrees * x, lat + degrees * y) for x, y in corners])
    geodesic = abs(Geod(a=ELLIPSOID, f=E1).geometry_area_perimeter(shape)[0])
    assert measured(shape)[0] == pytest.approx(official(shape.exterior.coords), rel=1e-10)
    assert measured(shape)[0] == pytest.approx(geodesic, rel=within, abs=1e-4)


@pytest.mark.parametrize("latitude", [3, 23, 36.7, 47.5, 53])
@pytest.mark.parametrize("turn", [0, 17, 45])
def test_a_square_of_a_kilometre_is_within_three_millionths_of_geodesics(latitude, turn):
    here = "+proj=laea +lat_0={} +lon_0=114 +ellps=GRS80"
    square = rotate(box(-500, -500, 500, 500), turn)
    shape = gpd.GeoSeries([square], crs=here.format(latitude)).to_crs(4490)
    series, geodesic = (areas.ellipsoidal(shape, method)[0] for method in ("series", "geodesic"))
    assert abs(series / geodesic - 1) < 3e-6


# --- geodesic edges -------------------------------------------------------------


@given(PLACES, st.floats(0.05, 1), st.sampled_from([1, 20]))
def test_geodesic_areas_are_those_of_karney(place, squeeze, times):
    lon, lat, degrees, turn = place
    shape = star(lon, lat, degrees * times, turn, squeeze)
    mine = areas.ellipsoidal(gpd.GeoSeries([shape], crs=4490), "geodesic")[0]
    # His sums reach to the equator, and leave some 1e-4 m² of a small parcel to rounding.
    karney = abs(Geod(a=ELLIPSOID, f=E1).geometry_area_perimeter(shape)[0])
    assert mine == pytest.approx(karney, rel=1e-9, abs=1e-3)


def test_long_edges_are_divided_along_their_geodesics():
    country = Polygon([(70, 20), (130, 15), (125, 55), (90, 50)])
    mine = areas.ellipsoidal(gpd.GeoSeries([country], crs=4326))[0]
    karney = abs(Geod(ellps="WGS84").geometry_area_perimeter(country)[0])
    assert mine == pytest.approx(karney, rel=1e-10)


def test_china_measures_by_the_series_and_others_by_geodesics():
    shape = gpd.GeoSeries([star(114, 36, 0.05, 30)], crs=4490)
    assert areas.ellipsoidal(shape) == areas.ellipsoidal(shape, "series")
    assert areas.ellipsoidal(shape) != areas.ellipsoidal(shape, "geodesic")
    abroad = shape.set_crs(4326, allow_override=True)
    assert areas.ellipsoidal(abroad) == areas.ellipsoidal(abroad, "geodesic")


# --- the rest -------------------------------------------------------------------


@given(PLACES)
def test_zone_prefixed_and_plain_eastings_have_the_same_area(place):
    lon, lat, degrees, turn = place
    zone = round(lon / 3)
    geographic = gpd.GeoSeries([star(lon, lat, degrees, turn)], crs=4490)
    prefixed = geographic.to_crs(4513 + zone - 25)
    plain = geographic.to_crs(4534 + zone - 25)
    shifted = shapely.transform(plain.iloc[0], lambda xy: np.add(xy, (zone * 1e6, 0)))
    assert shifted.equals_exact(prefixed.iloc[0], 1e-6)
    assert areas.ellipsoidal(prefixed) == pytest.approx(areas.ellipsoidal(plain), rel=1e-9)


def test_net_of_ridges():
    net = areas.net(np.array([1000.0, 1000.0, np.nan]), np.array([0.125, np.nan, 0.1]))
    assert net[0] == 875
    assert np.isnan(net[1:]).all()


def test_a_mu_is_two_thousand_thirds():
    assert areas.mu(np.array([2e6]))[0] == 3000
    assert areas.M2_PER_MU * 15 == 10_000
