"""In which coordinate system parcels stand: declared, given or found; DOMAIN 3.3 has the rules."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from farmland.errors import UnusableInput, WrongUsage
from farmland.rules import Words

CHINA = (73.0, 3.0, 136.0, 54.0)
"""West, south, east, north in degrees, islands included."""

SECRET_DATUMS = ("beijing", "xian", "xi'an", "北京", "西安")
"""Beijing 1954, New Beijing and Xi'an 1980: how they shift to CGCS2000 is classified."""

IAG_1975 = 6378140.0
"""Semi-major axis of the ellipsoid of Xi'an 1980, under whatever name."""

Box = tuple[float, float, float, float]


def settle(
    frame: gpd.GeoDataFrame, given: str, name: str
) -> tuple[gpd.GeoDataFrame, tuple[Words, ...]]:
    """Give parcels the CRS in which their coordinates stand, axes in the order east, north.

    Parameters
    ----------
    frame
        As delivered; its CRS may be missing.
    given
        The user's ``--crs``, or ``""``.
    name
        Of the file, for sentences.

    Returns
    -------
    frame, notes
        Coordinates are never moved to another CRS; swapped axes are put right.

    Raises
    ------
    WrongUsage
        When ``given`` is no CRS.
    UnusableInput
        When the CRS is missing and cannot be told, or stands on a datum from before CGCS2000.
    """
    box = _box(frame)
    notes: list[Words] = []
    if given:
        crs = _parsed(given)
    elif frame.crs is not None:
        crs = CRS(frame.crs)
        _refuse_secret(crs, name)
    if not given and (frame.crs is None or (crs.is_geographic and _too_large(box))):
        crs = _found(box, name)
        notes.append(_assumed(crs, name))
    _refuse_secret(crs, name)
    if box is not None and _swapped(box, crs):
        frame = frame.set_geometry(_turned(frame.geometry))
        notes.append(_axes(name))
    return frame.set_crs(crs, allow_override=True), tuple(notes)


def _parsed(given: str) -> CRS:
    try:
        return CRS.from_user_input(int(given) if given.isdigit() else given)
    except CRSError:
        raise WrongUsage(
            f"--crs {given!r} is no coordinate reference system: write it like EPSG:4490.",
            f"--crs {given!r} 不是坐标参照系：请写成 EPSG:4490 这样的形式。",
        ) from None


def _found(box: Box | None, name: str) -> CRS:
    """The CRS that coordinates without one give away."""
    for left, bottom, right, top in [] if box is None else [box, _across(box)]:
        if CHINA[0] <= left and right <= CHINA[2] and CHINA[1] <= bottom and top <= CHINA[3]:
            return CRS.from_epsg(4490)
        zone = int(left // 1_000_000)
        if zone == int(right // 1_000_000) and bottom > 0 and top < 6_500_000:
            if 25 <= zone <= 45:
                return CRS.from_epsg(4513 + zone - 25)
            if 13 <= zone <= 23:
                return CRS.from_epsg(4491 + zone - 13)
    hint = hint_zh = ""
    if box is not None and 2e5 < box[0] < 8e5 and 1.5e6 < box[1] < 6.5e6:
        hint = " (a Gauss-Krüger zone of 3 degrees is one of EPSG:4534 to EPSG:4554)"
        hint_zh = "（三度带高斯-克吕格投影为 EPSG:4534 至 EPSG:4554 之一）"
    raise UnusableInput(
        f"{name} does not say its coordinate reference system: name it with --crs{hint}.",
        f"{name} 没有坐标参照系：请用 --crs 指明{hint_zh}。",
    )


def _refuse_secret(crs: CRS, name: str) -> None:
    """Stop at a datum whose shift to CGCS2000 must not be in a program."""
    geodetic = crs.geodetic_crs
    datum = "" if geodetic is None or geodetic.datum is None else geodetic.datum.name
    words = f"{datum} {geodetic.name if geodetic else ''} {crs.name}".lower()
    xian = crs.ellipsoid is not None and crs.ellipsoid.semi_major_metre == IAG_1975
    if xian or any(secret in words for secret in SECRET_DATUMS):
        raise UnusableInput(
            f"{name} stands in {crs.name}, a system from before CGCS2000 whose shift is "
            "classified: have it converted to CGCS2000 by the surveying office.",
            f"{name} 采用 {crs.name}，属 2000 国家大地坐标系之前的坐标系，转换参数涉密："
            "请由测绘部门转换为 CGCS2000 后再使用。",
        )


def _swapped(box: Box, crs: CRS) -> bool:
    """Whether the coordinates make sense only with north first."""
    home = _home(crs)
    return home is not None and not _inside(box, crs, home) and _inside(_across(box), crs, home)


def _home(crs: CRS) -> Box | None:
    """Where a CRS is used, in degrees; a world-wide one counts as China for this question."""
    area = crs.area_of_use
    if area is None:
        code = crs.to_epsg(min_confidence=60)
        area = None if code is None else CRS.from_epsg(code).area_of_use
    if area is None:
        return None
    if area.east - area.west > 350:
        return CHINA
    return area.west - 3, area.south - 3, area.east + 3, area.north + 3


def _inside(box: Box, crs: CRS, home: Box) -> bool:
    """Whether the middle of a box lies in ``home``."""
    middle = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    lon, lat = Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(*middle)
    return bool(home[0] <= lon <= home[2] and home[1] <= lat <= home[3])


def _too_large(box: Box | None) -> bool:
    """Whether coordinates said to be degrees cannot be."""
    return box is not None and max(map(abs, box)) > 360


def _box(frame: gpd.GeoDataFrame) -> Box | None:
    """West, south, east, north of the middle 98 % of rows: one stray vertex decides nothing."""
    bounds = shapely.bounds(np.asarray(frame.geometry.array, dtype=object))
    bounds = bounds[np.isfinite(bounds).all(axis=1)]
    if not len(bounds):
        return None
    low, high = np.quantile(bounds, 0.01, axis=0), np.quantile(bounds, 0.99, axis=0)
    return float(low[0]), float(low[1]), float(high[2]), float(high[3])


def _across(box: Box) -> Box:
    return box[1], box[0], box[3], box[2]


def _turned(geometry: gpd.GeoSeries) -> gpd.GeoSeries:
    """Coordinates with the first two axes exchanged."""
    shapes = shapely.transform(shapely.force_2d(geometry.array), lambda at: at[:, ::-1])
    return gpd.GeoSeries(shapes, index=geometry.index)


def _assumed(crs: CRS, name: str) -> Words:
    code = f"EPSG:{crs.to_epsg()}"
    return Words(
        f"{name} does not say its coordinate reference system: {code} ({crs.name}) is assumed.",
        f"{name} 没有坐标参照系：按 {code}（{crs.name}）处理。",
    )


def _axes(name: str) -> Words:
    return Words(
        f"The axes of {name} were swapped (north first): they were exchanged.",
        f"{name} 的坐标轴颠倒（北坐标在前）：已对调。",
    )
