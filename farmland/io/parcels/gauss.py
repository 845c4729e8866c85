"""Zones of Gauss and Krueger on CGCS2000, and their EPSG codes (DOMAIN 3.3)."""

from __future__ import annotations

from pyproj import CRS

CGCS2000 = (
    "china 2000",
    "cgcs2000",
    "cgcs 2000",
    "china geodetic coordinate system 2000",
    "2000国家",
)
"""What programs call the datum."""

GAUSS_KRUEGER = ("Transverse Mercator", "Gauss-Kruger", "Gauss-Krüger")

ZONED = 1e6
"""Eastings from here on begin with the number of their zone."""

ZONES = ((25, 45, 3, 0, 4513, 4534), (13, 23, 6, 3, 4491, 4502))
"""Zones of 3 and of 6 degrees: first and last, width and shift of their meridians in degrees, EPSG
of the first with the number in front of eastings and without (DOMAIN 3.3)."""


def published(crs: CRS) -> CRS:
    """The EPSG system a description of CGCS2000 means, however its names are spelt."""
    geodetic, conversion = crs.geodetic_crs, crs.coordinate_operation
    if geodetic is None or geodetic.datum is None or crs.to_epsg() is not None:
        return crs
    words = f"{geodetic.name} {geodetic.datum.name}".lower().replace("_", " ")
    ellipsoid = geodetic.ellipsoid
    if (
        ellipsoid is None
        or not any(name in words for name in CGCS2000)
        or abs(ellipsoid.semi_major_metre - 6378137) > 1e-3
        or abs(ellipsoid.inverse_flattening - 298.257222101) > 1e-6
    ):
        return crs
    if crs.is_geographic:
        return CRS.from_epsg(4490) if len(crs.axis_info) == 2 else crs
    if conversion is None or conversion.method_name not in GAUSS_KRUEGER:
        return crs
    return _system({each.name: float(each.value) for each in conversion.params}) or crs


def _system(values: dict[str, float]) -> CRS | None:
    """The EPSG system of a transverse Mercator projection on CGCS2000, if it has one."""
    east, meridian = values.get("False easting"), values.get("Longitude of natural origin")
    others = (
        values.get("Latitude of natural origin"),
        values.get("Scale factor at natural origin"),
        values.get("False northing"),
    )
    if east is None or meridian is None or list(others) != [0.0, 1.0, 0.0]:
        return None
    for first, last, width, shift, zoned, plain in ZONES:
        zone = round((meridian + shift) / width)
        if first <= zone <= last and zone * width - shift == meridian:
            if east == zone * ZONED + 5e5:
                return CRS.from_epsg(zoned + zone - first)
            if east == 5e5:
                return CRS.from_epsg(plain + zone - first)
    return None
