"""A scene: one STAC item as one frozen value, whoever published it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from shapely.geometry.base import BaseGeometry

BANDS = ("blue", "green", "red", "nir", "swir16", "swir22")
"""Common names (STAC ``eo`` extension) of B02, B03, B04, B08, B11, B12: what detection reads."""

RED_EDGE = ("rededge1", "rededge2", "rededge3")
"""Names of B05, B06, B07, which some indices read and many archives leave out."""

REFLECTANCE = (*BANDS, *RED_EDGE)
"""Every band of reflectance that may be read."""

SCL = "scl"
"""Common name of the scene classification layer (Sen2Cor, 20 m)."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One band file of a scene."""

    href: str
    """Absolute path or URL."""
    scale: float | None = None
    """Declared reflectance per count; ``None`` when the item says nothing."""
    offset: float | None = None
    """Declared reflectance at count zero (-0.1 from baseline 04.00); ``None`` when not said."""
    nodata: int = 0


@dataclass(frozen=True, slots=True)
class Scene:
    """One published Sentinel-2 L2A granule."""

    item_id: str
    collection: str
    platform: str
    datetime: datetime
    """Acquisition, UTC, with time zone."""
    tile: str
    """MGRS tile such as ``"50SPA"``, or ``""`` when the item does not name one."""
    crs: str
    """``"EPSG:32650"``, or ``""`` when it must be read from the files."""
    baseline: str
    """Processing baseline such as ``"05.10"``, or ``""``."""
    offset_applied: bool | None
    """The provider's flag that -0.1 has already been taken off the counts; ``None``: no flag."""
    cloud_cover: float | None
    """Percent of the whole granule, or ``None``."""
    datatake: str
    """Datatake id, or ``""``."""
    generated: str
    """Time of processing or of last update, as text that sorts; ``""`` when not said."""
    footprint: BaseGeometry
    """WGS 84 polygon of the pixels that hold data."""
    assets: Mapping[str, Asset] = field(hash=False)
    """Band name (``blue`` ... ``rededge3``, ``scl``) to file; a missing band is absent."""
    origin: tuple[float, float] | None = None
    """Easting and northing of the upper left corner of the granule; ``None`` when not said."""

    @property
    def solar_day(self) -> date:
        """Local solar date at the footprint: UTC plus one hour for each 15 degrees east."""
        longitude = self.footprint.centroid.x
        return (self.datetime + timedelta(hours=int(longitude / 15))).date()


@dataclass(frozen=True, slots=True)
class Kept:
    """What an archive has of one scene."""

    tile: str
    day: date
    """Image date in UTC."""
    size: int
    """Bytes."""
    whole: bool
    """Whether nothing of it stayed unread."""


def attribution(years: Iterable[int]) -> str:
    """What every product says of its source (Copernicus Sentinel data terms, section 2)."""
    held = sorted(set(years))
    span = f"{held[0]}-{held[-1]}" if len(held) > 1 else "".join(map(str, held))
    return f"Contains modified Copernicus Sentinel data {span}"
