"""In which coordinate system parcels stand: declared, given or found; DOMAIN 3.3 has the rules."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from farmland.errors import UnusableInput, WrongUsage
from farmland.io.parcels.gauss import ZONED, published
from farmland.rules import Words
from farmland.rules.meridians import Province, extents
from farmland.rules.parcel_fields import standard

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
        crs = published(CRS(frame.crs))
        _refuse_secret(crs, name)
    if not given and (frame.crs is None or (crs.is_geographic and _too_large(box))):
        crs = _found(box, _province(frame), name)
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


def _found(box: Box | None, province: Province | None, name: str) -> CRS:
    """The CRS that coordinates without one give away."""
    turns = [] if box is None else [box, _across(box)]
    for left, bottom, right, top in turns:
        if CHINA[0] <= left and right <= CHINA[2] and CHINA[1] <= bottom and top <= CHINA[3]:
            return CRS.from_epsg(4490)
    for turn in turns:
        zone = _zone(turn)
        code = 4513 + zone - 25 if zone >= 25 else 4491 + zone - 13
        if zone and _reaches(province, turn, CRS.from_epsg(code)):
            return CRS.from_epsg(code)
    plain = any(turn[0] > 2e5 and turn[2] < 8e5 and _northing(turn) for turn in turns)
    hint = _hint(province) if plain else Words("", "")
    raise UnusableInput(
        f"{name} does not say its coordinate reference system: name it with --crs{hint.en}.",
        f"{name} 没有坐标参照系：请用 --crs 指明{hint.zh}。",
    )


def _zone(box: Box) -> int:
    """Number of the zone in front of eastings: 25 to 45 of 3 degrees, 13 to 23 of 6, else 0."""
    zone = int(box[0] // ZONED)
    known = 13 <= zone <= 23 or 25 <= zone <= 45
    inside = zone * ZONED + 1e5 < box[0] and box[2] < zone * ZONED + 9e5
    return zone if known and inside and _northing(box) else 0


def _northing(box: Box) -> bool:
    """Whether the second axis of a box may be metres from the equator in China."""
    return box[1] > 3e5 and box[3] < 6.5e6


def _province(frame: gpd.GeoDataFrame) -> Province | None:
    """The province that the administrative codes of a layer name, the same in every row."""
    found = standard().recognise(str(name) for name in frame.columns)
    for field in ("XZQDM", "ZLDWDM", "QSDWDM"):
        if field in found:
            codes = frame[found[field]].dropna().astype(str).str.strip().str[:2].unique()
            if len(codes) == 1:
                return extents().get(str(codes[0]))
    return None


def _reaches(province: Province | None, box: Box, crs: CRS) -> bool:
    """Whether a box may lie in the province its codes name, a degree beyond it allowed.

    Web Mercator in the east of China looks like the 6-degree zones of its far west.
    """
    if province is None:
        return True
    lon, _ = _middle(box, crs)
    return province.west - 1 <= lon <= province.east + 1


def _hint(province: Province | None) -> Words:
    """Which systems eastings without a zone may stand in."""
    if province is None:
        return Words(
            " (a Gauss-Krüger zone of 3 degrees is one of EPSG:4534 to EPSG:4554)",
            "（三度带高斯-克吕格投影为 EPSG:4534 至 EPSG:4554 之一）",
        )
    systems = [(4534 + meridian // 3 - 25, meridian) for meridian in province.meridians]
    en = " or ".join(f"EPSG:{code} (central meridian {degrees}°)" for code, degrees in systems)
    zh = "、".join(f"EPSG:{code}（中央经线 {degrees}°）" for code, degrees in systems)
    return Words(f" {en}, the zones of {province.name.en}", f"，{province.name.zh}可能为 {zh}")


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
    lon, lat = _middle(box, crs)
    return bool(home[0] <= lon <= home[2] and home[1] <= lat <= home[3])


def _middle(box: Box, crs: CRS) -> tuple[float, float]:
    """Longitude and latitude of the middle of a box."""
    middle = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    lon, lat = Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(*middle)
    return float(lon), float(lat)


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
