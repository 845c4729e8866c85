"""Small made-up layers of land in whole metres, for tests of the overlay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
from shapely.geometry import MultiPolygon, box
from shapely.geometry.base import BaseGeometry

from farmland import areas, layers, rules
from farmland.parcels import Parcels

CRS = "EPSG:4526"
"""CGCS2000, 3 degree zone 38: the east coordinate bears the zone."""

EAST, NORTH = 38_500_000, 3_850_000
"""On the central meridian of the zone, where a metre of the map is a metre."""

RULES = rules.load("cn")


def square(left: float, bottom: float, right: float, top: float) -> BaseGeometry:
    """A rectangle in metres from the corner of the example."""
    return box(EAST + left, NORTH + bottom, EAST + right, NORTH + top)


def layer(
    shapes: Sequence[BaseGeometry | None],
    kind: str = "",
    crs: str = CRS,
    **columns: Sequence[Any],
) -> Parcels:
    """A layer as the reader gives it; every column is the standard field of its name."""
    geometry = gpd.GeoSeries(list(shapes), crs=crs)
    ids = columns.pop("ids", [f"F{row:06d}" for row in range(1, len(shapes) + 1)])
    frame = gpd.GeoDataFrame({"parcel_id": ids, **columns}, geometry=geometry)
    fields: Mapping[str, str] = {name: name for name in columns}
    source = f"{kind or 'parcels'}.gpkg"
    area_m2 = areas.ellipsoidal(geometry)
    return Parcels(frame, area_m2, {}, {}, (), source, kind, "ab" * 32, kind, fields)


def patches(
    shapes: Sequence[BaseGeometry],
    parcel_ids: Sequence[str],
    covers: Sequence[str] | None = None,
    days: tuple[str, str] = ("2025-05-01", "2025-06-01"),
    crs: str = CRS,
) -> gpd.GeoDataFrame:
    """The layer ``conversions`` with as much as the overlay needs."""
    geometry = gpd.GeoSeries([MultiPolygon([one]) if one.geom_type == "Polygon" else one
                              for one in shapes], crs=crs)  # fmt: skip
    names = list(covers or ["pond"] * len(shapes))
    frame = gpd.GeoDataFrame(
        {
            "patch_id": [f"{row:012x}" for row in range(1, len(shapes) + 1)],
            "parcel_id": list(parcel_ids),
            "conversion": [RULES.covers[name].conversion for name in names],
            "cover": names,
            "date_from": days[0],
            "date_to": days[1],
            "area_m2": areas.ellipsoidal(geometry),
        },
        geometry=geometry,
    )
    return layers.coerce(layers.CONVERSIONS, frame)
