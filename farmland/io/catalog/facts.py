"""Facts of a STAC item, under whatever name a provider gives them; what is not said stays empty."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import shapely
from shapely.errors import ShapelyError
from shapely.geometry import box, shape
from shapely.geometry.base import BaseGeometry

from farmland.rules import Words
from farmland.scene import RED_EDGE, SCL

ASSET_KEYS: Mapping[str, tuple[str, ...]] = {
    "blue": ("blue", "B02_10m", "B02"),
    "green": ("green", "B03_10m", "B03"),
    "red": ("red", "B04_10m", "B04"),
    "nir": ("nir", "B08_10m", "B08"),
    "swir16": ("swir16", "B11_20m", "B11"),
    "swir22": ("swir22", "B12_20m", "B12"),
    SCL: ("scl", "SCL_20m", "SCL"),
    "rededge1": ("rededge1", "B05_20m", "B05"),
    "rededge2": ("rededge2", "B06_20m", "B06"),
    "rededge3": ("rededge3", "B07_20m", "B07"),
}
"""Asset keys of Earth Search v1, CDSE, then Planetary Computer and Earth Search v0."""

COMMON_NAMES = {"rededge1": "rededge071", "rededge2": "rededge075", "rededge3": "rededge078"}
"""Of STAC ``eo`` 2.0 where they are not ours; the older ``rededge`` is the name of all three."""

TILE = re.compile(r"(?:^|_|-|T)((?:0[1-9]|[1-5]\d|60)[C-HJ-NP-X][A-HJ-NP-Z]{2})(?=$|_)")
"""UTM zone, latitude band and square of a tile, as codes and product names spell it."""

Item = Mapping[str, Any]


class BrokenItem(ValueError):
    """An item no scene can be made of; the words say why."""

    def __init__(self, english: str, chinese: str) -> None:
        super().__init__(english)
        self.words = Words(english, chinese)


def product_name(properties: Item, identity: str) -> str:
    """The ESA product name, e.g. ``S2A_MSIL2A_20200219T112111_N0214_R037_T29RKH_...``."""
    named = first(properties, "s2:product_uri", "sentinel:product_id")
    return str(named or identity)


def platform(properties: Item, product: str) -> str:
    """``sentinel-2a`` and so on, from the product name where the item does not say."""
    named = str(properties.get("platform") or "").lower().replace(" ", "-")
    match = re.match(r"S(2[A-D])_", product)
    return named or (f"sentinel-{match[1].lower()}" if match else "")


def acquired(properties: Item) -> datetime:
    """Acquisition in UTC.

    Raises
    ------
    BrokenItem
        When there is no readable date.
    """
    moment = _moment(first(properties, "datetime", "start_datetime"))
    if moment is None:
        raise BrokenItem("no date", "没有日期")
    return moment


def tile(properties: Item, identity: str) -> str:
    """MGRS tile: grid code, tile property, its three parts, then the id."""
    code = str(first(properties, "grid:code", "s2:mgrs_tile") or "")
    for prefix in ("mgrs", "sentinel"):
        keys = ("utm_zone", "latitude_band", "grid_square")
        parts = [properties.get(f"{prefix}:{key}") for key in keys]
        if not code and None not in parts:
            code = f"{parts[0]!s:0>2}{parts[1]}{parts[2]}"
    named = (TILE.search(text) for text in (code, identity))
    return next((match[1] for match in named if match), "")


def crs(item: Item, tile: str) -> str:
    """``EPSG:n`` of the item, of the first of its bands that says, or of the zone of its tile.

    Every Sentinel-2 tile is in the UTM zone it is named after; latitude bands from N on are north
    (Sentinel-2 Products Specification Document, section 4.3).
    """
    holders = [item["properties"], *band_entries(item).values()]
    for holder in holders:
        code = first(holder, "proj:code", "proj:epsg")
        match = re.fullmatch(r"(?:EPSG:)?(\d{4,5})", str(code))
        if match:
            return f"EPSG:{match[1]}"
    return f"EPSG:32{6 if tile[2] >= 'N' else 7}{tile[:2]}" if tile else ""


def origin(item: Item) -> tuple[float, float] | None:
    """Easting and northing of the upper left corner, in metres of the zone."""
    for holder in [*band_entries(item).values(), item["properties"]]:
        transform, bounds = holder.get("proj:transform"), holder.get("proj:bbox")
        try:
            if transform is not None:
                return float(transform[2]), float(transform[5])
            if bounds is not None:
                return float(bounds[0]), float(bounds[3])
        except (TypeError, ValueError, IndexError):
            continue
    return None


def band_entries(item: Item) -> dict[str, Item]:
    """Band name to the asset that holds it, for the bands the item has.

    Raises
    ------
    BrokenItem
        When the item has no assets.
    """
    published = item.get("assets")
    if not isinstance(published, Mapping):
        raise BrokenItem("no assets", "没有文件")
    found: dict[str, Item] = {}
    for band, keys in ASSET_KEYS.items():
        entry = next((published[key] for key in keys if published.get(key)), None)
        entry = entry or _by_common_name(published, band)
        if isinstance(entry, Mapping):
            found[band] = entry
    return found


def _by_common_name(published: Item, band: str) -> Item | None:
    """The first single-band asset whose STAC ``eo`` common name is that of ``band``."""
    name = COMMON_NAMES.get(band, band)
    for key in sorted(published):
        bands = band_descriptions(published[key], "eo:bands", "bands")
        if len(bands) == 1 and first(bands[0], "common_name", "eo:common_name") == name:
            entry: Item = published[key]
            return entry
    return None


def band_descriptions(entry: object, *keys: str) -> list[Item]:
    """The band descriptions of an asset under the first key that holds some."""
    if isinstance(entry, Mapping):
        for key in keys:
            bands = entry.get(key)
            if isinstance(bands, Sequence) and bands and not isinstance(bands, str):
                return [band for band in bands if isinstance(band, Mapping)]
    return []


def baseline(properties: Item, product: str) -> str:
    """Processing baseline as ``"05.10"``."""
    keys = ("s2:processing_baseline", "sentinel:processing_baseline", "processing:version")
    match = re.fullmatch(r"(\d{1,2})\.(\d{1,2})", str(first(properties, *keys) or ""))
    match = match or re.search(r"_N(\d{2})\.?(\d{2})(?:_|$)", product)
    return f"{int(match[1]):02d}.{match[2]:0<2}" if match else ""


def offset_applied(properties: Item) -> bool | None:
    """Earth Search's flag that the 1000 of baseline 04.00 has been taken off."""
    flag = first(properties, "earthsearch:boa_offset_applied", "sentinel:boa_offset_applied")
    return flag if isinstance(flag, bool) else None


def datatake(properties: Item, product: str) -> str:
    """Datatake id, or what the product name says of it: platform and sensing start."""
    named = first(properties, "s2:datatake_id", "eopf:datatake_id")
    match = re.match(r"(S2[A-D])_MSIL2A_(\d{8}T\d{6})", product)
    return str(named or (f"G{match[1]}_{match[2]}" if match else ""))


def generated(properties: Item, product: str) -> str:
    """Time of processing in UTC with seconds, so that texts of all providers sort together.

    Where the item does not say, the discriminator at the end of the product name does.
    """
    keys = ("s2:generation_time", "processing:datetime", "updated", "created")
    named = re.fullmatch(r"S2[A-D]_MSIL2A_.*_(\d{8}T\d{6})(?:\.SAFE)?", product)
    moment = _moment(first(properties, *keys)) or _moment(named and named[1])
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""


def footprint(item: Item) -> BaseGeometry:
    """Geometry of the item, repaired; its box where there is no geometry.

    Raises
    ------
    BrokenItem
        When there is neither.
    """
    try:
        if item.get("geometry"):
            drawn = shapely.make_valid(shapely.force_2d(shape(item["geometry"])))
        else:
            bounds = item["bbox"]
            drawn = place((*bounds[:2], *bounds[len(bounds) // 2 :][:2]))
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, ShapelyError):
        raise BrokenItem("no place", "没有位置") from None
    if drawn.is_empty:
        raise BrokenItem("no place", "没有位置")
    return drawn


def place(bounds: tuple[float, ...]) -> BaseGeometry:
    """West, south, east, north as a polygon; two where it crosses the antimeridian.

    West of such a box is greater than east (RFC 7946, section 5.2).
    """
    west, south, east, north = (float(edge) for edge in bounds)
    if west <= east:
        return box(west, south, east, north)
    return shapely.union(box(west, south, 180, north), box(-180, south, east, north))


def stated_bytes(item: Item) -> int | None:
    """Bytes of the files that detection reads (STAC ``file`` extension).

    Returns
    -------
    int or None
        ``None`` when one of the files does not state its size.
    """
    read = (entry for band, entry in band_entries(item).items() if band not in RED_EDGE)
    sizes = [number(entry.get("file:size")) for entry in read]
    return int(sum(size or 0 for size in sizes)) if sizes and None not in sizes else None


def _moment(text: object) -> datetime | None:
    """A STAC time as UTC; ``None`` for what is none."""
    try:
        moment = text if isinstance(text, datetime) else datetime.fromisoformat(str(text))
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def number(value: object) -> float | None:
    """A finite number, also one written as text; ``None`` for anything else."""
    try:
        found = None if value is None or isinstance(value, bool) else float(str(value))
    except ValueError:
        return None
    return found if found is not None and math.isfinite(found) else None


def first(holder: Item, *keys: str) -> Any:
    """The first of the entries that says something."""
    return next((holder[key] for key in keys if holder.get(key) is not None), None)
