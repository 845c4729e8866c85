"""Areas against the official figures, an exact formula and geodesics."""

import geopandas as gpd
import numpy as np
import pytest
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


@given(
    st.floats(74, 135),
    st.floats(3, 53),
    st.floats(0.0002, 0.05),
    st.floats(0, 360),
    st.sampled_from([4490, 4326]),
)
def test_parcels_agree_with_geodesics(lon, lat, degrees, turn, crs):
    shape = Polygon([(0, 0), (1, 0.1), (0.9, 1), (0.4, 0.6), (-0.1, 0.8)])
    shape = translate(scale(rotate(shape, turn), degrees, degrees, origin=(0, 0)), lon, lat)
    geodesic = abs(Geod(ellps="GRS80").geometry_area_perimeter(shape)[0])
    # An edge straight in (B, L) bows away from the geodesic by a share of its length that grows
    # with its length and with the tangent of latitude; opposite edges of a box cancel, here not.
    bow = degrees * np.tan(np.radians(lat + degrees))
    assert measured(shape, crs=crs)[0] == pytest.approx(geodesic, rel=5e-7 + 0.003 * bow)


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
