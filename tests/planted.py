"""A parcel layer in which faults were planted, and how it is read."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
from shapely.geometry import MultiPolygon, Polygon, box

from farmland import checks, rules
from farmland.io import parcels

EAST, NORTH = 38_500_000, 4_000_000
"""Where the planted fields lie, in CGCS2000 / 3-degree Gauss-Kruger zone 38, metres."""

CRS = 4526


def field(x, y, width=100.0, height=100.0):
    return box(EAST + x, NORTH + y, EAST + x + width, NORTH + y + height)


def ring(*corners):
    return Polygon([(EAST + x, NORTH + y) for x, y in corners])


BOW_TIE = ring((0, 300), (100, 400), (100, 300), (0, 400))
"""Two wings of 2,500 m² that turn against each other."""

TWICE = ring(
    *[(200, 300), (300, 300), (300, 400), (200, 400), (200, 300)],
    *[(250, 300), (250, 350), (200, 350)],
)
"""10,000 m², of which 2,500 m² are gone around twice."""

SPIKED = ring((700, 0), (800, 0), (800, 100), (750, 100), (750.1, 180), (749.9, 100), (700, 100))

HOLED = Polygon(field(900, 0).exterior.coords, [field(950, 50, 3, 3).exterior.coords])

TWO = MultiPolygon([field(1100, 0), field(1300, 0)])

STRIP = field(600, 0, 90, 2)


def read(folder: Path, shapes, crs=CRS, **columns):
    path = folder / "planted.gpkg"
    columns = columns or {"BSM": [f"p{number}" for number in range(len(shapes))]}
    frame = gpd.GeoDataFrame(columns, geometry=list(shapes), crs=crs)
    frame.to_file(path, layer="YJJBNTBHTB")
    return parcels.read(path)


def report(folder: Path, shapes, crs=CRS, **columns):
    return checks.check(read(folder, shapes, crs, **columns), rules.load("cn"))


def kinds(answer):
    return {each.kind.name: each for each in answer.findings}
