"""The one door through which a STAC item becomes a scene, whoever published it.

Earth Search v0 and v1, Planetary Computer, CDSE and static catalogs of STAC 1.0 and 1.1 name the
same facts differently; what an item does not say stays empty (DESIGN 3).
"""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import shapely
from shapely.geometry import box, shape
from shapely.geometry.base import BaseGeometry

from farmland.errors import FarmlandWarning, UnusableInput
from farmland.io.hosts import Refused
from farmland.scene import SCL, Asset, Scene

ASSET_KEYS: Mapping[str, tuple[str, ...]] = {
    "blue": ("blue", "B02_10m", "B02"),
    "green": ("green", "B03_10m", "B03"),
    "red": ("red", "B04_10m", "B04"),
    "nir": ("nir", "B08_10m", "B08"),
    "swir16": ("swir16", "B11_20m", "B11"),
    "swir22": ("swir22", "B12_20m", "B12"),
    SCL: ("scl", "SCL_20m", "SCL"),
}
"""Asset keys of Earth Search v1, CDSE, then Planetary Computer and Earth Search v0."""

REQUIRED = ("red", "nir", SCL)
"""Without these a scene can say nothing about vegetation."""

Item = Mapping[str, Any]
Locate = Callable[[str], str]


class BrokenItem(ValueError):
    """An item no scene can be made of; the text says why, in a few words."""


def scenes(items: Iterable[tuple[Item, Locate]], catalog: str) -> tuple[Scene, ...]:
    """Normalise items, leaving out and counting the broken ones.

    Parameters
    ----------
    items : iterable of (item, locate)
        STAC items as plain dictionaries, each with the function that makes its hrefs absolute and
        refuses those that may not be read (:meth:`farmland.io.hosts.Reach.locate`).
    catalog : str
        Name of the catalog, for the sentences.

    Returns
    -------
    tuple of Scene
        Sorted by acquisition and id; the same id twice counts once.

    Raises
    ------
    UnusableInput
        When there are items but every one is broken.

    Warns
    -----
    FarmlandWarning
        Once for all broken items, and once for all refused files.
    """
    found: dict[str, Scene] = {}
    broken: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for item, locate in items:
        try:
            made = scene(item, locate, refused)
        except BrokenItem as fault:
            broken[str(fault)] += 1
        else:
            found.setdefault(made.item_id, made)
    if broken and not found:
        raise _all_broken(broken, refused, catalog)
    if broken:
        warnings.warn(_left_out(broken, catalog), FarmlandWarning, stacklevel=2)
    if refused:
        warnings.warn(_not_read(refused, catalog), FarmlandWarning, stacklevel=2)
    return tuple(sorted(found.values(), key=lambda made: (made.datetime, made.item_id)))


def scene(item: Item, locate: Locate, refused: Counter[str] | None = None) -> Scene:
    """Make one scene of one item; hrefs that ``locate`` refuses are counted in ``refused``.

    Raises
    ------
    BrokenItem
        When the item has no id, no time, no place, no usable file, or is no Sentinel-2 L2A.
    """
    properties = item.get("properties")
    identity = item.get("id")
    if not isinstance(properties, Mapping) or not isinstance(identity, str) or not identity:
        raise BrokenItem("no id or no properties")
    _demand_l2a(properties, identity)
    assets = _assets(item, locate, Counter() if refused is None else refused)
    product = _product(properties, identity)
    return Scene(
        item_id=identity,
        collection=str(item.get("collection") or ""),
        platform=_platform(properties, product),
        datetime=_acquired(properties),
        tile=_tile(properties, identity),
        crs=_crs(item),
        baseline=_baseline(properties, product),
        offset_applied=_flag(properties),
        cloud_cover=_number(properties.get("eo:cloud_cover")),
        datatake=_datatake(properties, product),
        generated=_generated(properties),
        footprint=_footprint(item),
        assets=assets,
        origin=_origin(item),
    )


def _demand_l2a(properties: Item, identity: str) -> None:
    level = str(_first(properties, "s2:product_type", "product:type", "processing:level") or "")
    platform = str(_first(properties, "platform", "constellation") or "").lower()
    if platform and "sentinel-2" not in platform.replace(" ", "-"):
        raise BrokenItem(f"not Sentinel-2 but {platform}")
    if re.search(r"1C|L3", level) or re.search(r"MSIL1C|_L1C$", identity):
        raise BrokenItem("not level 2A")


def _assets(item: Item, locate: Locate, refused: Counter[str]) -> dict[str, Asset]:
    """Band name to file, for the bands the item has and we may read."""
    published = item.get("assets")
    if not isinstance(published, Mapping):
        raise BrokenItem("no assets")
    assets: dict[str, Asset] = {}
    for band, keys in ASSET_KEYS.items():
        entry = next((published[key] for key in keys if published.get(key)), None)
        entry = entry or _by_common_name(published, band)
        if not isinstance(entry, Mapping) or not isinstance(entry.get("href"), str):
            continue
        try:
            assets[band] = _asset(entry, locate(entry["href"]))
        except Refused as fault:
            refused[str(fault)] += 1
    if not assets:
        raise BrokenItem("no file that may be read" if refused else "no band we know")
    return assets


def _by_common_name(published: Item, band: str) -> Item | None:
    """The first single-band asset whose STAC ``eo`` common name is ``band``."""
    for key in sorted(published):
        bands = _bands(published[key], "eo:bands", "bands")
        if len(bands) == 1 and _first(bands[0], "common_name", "eo:common_name") == band:
            entry: Item = published[key]
            return entry
    return None


def _asset(entry: Item, href: str) -> Asset:
    """Scale, offset and nodata of STAC 1.0 ``raster:bands``, 1.1 ``bands``, or of the asset."""
    band = next(iter(_bands(entry, "raster:bands", "bands")), {})
    scale = _number(_first(band, "scale", "raster:scale"))
    offset = _number(_first(band, "offset", "raster:offset"))
    nodata = _number(band.get("nodata", entry.get("nodata")))
    return Asset(
        href=href,
        scale=scale if scale is not None else _number(entry.get("raster:scale")),
        offset=offset if offset is not None else _number(entry.get("raster:offset")),
        nodata=int(nodata) if nodata is not None else 0,
    )


def _bands(entry: object, *keys: str) -> list[Item]:
    """The band descriptions of an asset under the first key that holds some."""
    if isinstance(entry, Mapping):
        for key in keys:
            bands = entry.get(key)
            if isinstance(bands, list) and bands:
                return [band for band in bands if isinstance(band, Mapping)]
    return []


def _product(properties: Item, identity: str) -> str:
    """The ESA product name, e.g. ``S2A_MSIL2A_20200219T112111_N0214_R037_T29RKH_...``."""
    named = _first(properties, "s2:product_uri", "sentinel:product_id")
    return str(named or identity)


def _platform(properties: Item, product: str) -> str:
    named = str(properties.get("platform") or "").lower().replace(" ", "-")
    match = re.match(r"S(2[A-D])_", product)
    return named or (f"sentinel-{match[1].lower()}" if match else "")


def _acquired(properties: Item) -> datetime:
    moment = _moment(_first(properties, "datetime", "start_datetime"))
    if moment is None:
        raise BrokenItem("no date")
    return moment


def _tile(properties: Item, identity: str) -> str:
    """MGRS tile: grid code, tile property, its three parts, then the id."""
    code = str(_first(properties, "grid:code", "s2:mgrs_tile") or "")
    for prefix, zone_key in (("mgrs", "utm_zone"), ("sentinel", "utm_zone")):
        parts = [
            properties.get(f"{prefix}:{key}") for key in (zone_key, "latitude_band", "grid_square")
        ]
        if not code and None not in parts:
            code = f"{parts[0]:>02}{parts[1]}{parts[2]}"
    match = re.search(r"(?:^|_|-|T)(\d{2}[C-HJ-NP-X][A-HJ-NP-Z]{2})(?=$|_)", code or identity)
    return match[1] if match else ""


def _crs(item: Item) -> str:
    """``EPSG:n`` of the item or of the first of its bands that says."""
    holders = [item["properties"], *_known_entries(item)]
    for holder in holders:
        code = _first(holder, "proj:code", "proj:epsg")
        match = re.fullmatch(r"(?:EPSG:)?(\d{4,5})", str(code))
        if match:
            return f"EPSG:{match[1]}"
    return ""


def _origin(item: Item) -> tuple[float, float] | None:
    """Easting and northing of the upper left corner, in metres of the zone."""
    for holder in [*_known_entries(item), item["properties"]]:
        transform, bounds = holder.get("proj:transform"), holder.get("proj:bbox")
        try:
            if transform is not None:
                return float(transform[2]), float(transform[5])
            if bounds is not None:
                return float(bounds[0]), float(bounds[3])
        except (TypeError, ValueError, IndexError):
            continue
    return None


def _known_entries(item: Item) -> list[Item]:
    published = item["assets"]
    entries = [published.get(key) for keys in ASSET_KEYS.values() for key in keys]
    return [entry for entry in entries if isinstance(entry, Mapping)]


def _baseline(properties: Item, product: str) -> str:
    """Processing baseline as ``"05.10"``."""
    keys = ("s2:processing_baseline", "sentinel:processing_baseline", "processing:version")
    match = re.fullmatch(r"(\d{1,2})\.(\d{1,2})", str(_first(properties, *keys) or ""))
    match = match or re.search(r"_N(\d{2})(\d{2})(?:_|$)", product)
    return f"{int(match[1]):02d}.{match[2]:0<2}" if match else ""


def _flag(properties: Item) -> bool | None:
    flag = _first(properties, "earthsearch:boa_offset_applied", "sentinel:boa_offset_applied")
    return flag if isinstance(flag, bool) else None


def _datatake(properties: Item, product: str) -> str:
    """Datatake id, or what the product name says of it: platform and sensing start."""
    named = _first(properties, "s2:datatake_id", "eopf:datatake_id")
    match = re.match(r"(S2[A-D])_MSIL2A_(\d{8}T\d{6})", product)
    return str(named or (f"G{match[1]}_{match[2]}" if match else ""))


def _generated(properties: Item) -> str:
    """Time of processing in UTC with seconds, so that texts of all providers sort together."""
    keys = ("s2:generation_time", "processing:datetime", "updated", "created")
    moment = _moment(_first(properties, *keys))
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""


def _footprint(item: Item) -> BaseGeometry:
    """Geometry of the item, repaired; its box where there is no geometry."""
    try:
        if item.get("geometry"):
            drawn = shapely.make_valid(shapely.force_2d(shape(item["geometry"])))
        else:
            bounds = item["bbox"]
            drawn = box(*bounds[:2], *bounds[len(bounds) // 2 :][:2])
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, shapely.GEOSException):
        raise BrokenItem("no place") from None
    if drawn.is_empty:
        raise BrokenItem("no place")
    return drawn


def _moment(text: object) -> datetime | None:
    """A STAC time as UTC; ``None`` for what is none."""
    try:
        moment = text if isinstance(text, datetime) else datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _number(value: object) -> float | None:
    try:
        return None if value is None or isinstance(value, bool) else float(str(value))
    except ValueError:
        return None


def _first(holder: Item, *keys: str) -> Any:
    """The first of the entries that says something."""
    return next((holder[key] for key in keys if holder.get(key) is not None), None)


def _most(reasons: Counter[str]) -> str:
    return "; ".join(f"{count} × {reason}" for reason, count in reasons.most_common(3))


def _all_broken(broken: Counter[str], refused: Counter[str], catalog: str) -> UnusableInput:
    reasons = _most(refused or broken)
    return UnusableInput(
        f"None of the {broken.total()} items of {catalog} can be used ({reasons}): give a catalog "
        "of Sentinel-2 L2A scenes, and --allow-host for files on other hosts.",
        f"{catalog} 的 {broken.total()} 个条目均不可用（{reasons}）："
        "请给出哨兵二号 L2A 目录；文件在其他主机时请加 --allow-host。",
    )


def _left_out(broken: Counter[str], catalog: str) -> str:
    return f"{broken.total()} items of {catalog} cannot be used and were left out: {_most(broken)}."


def _not_read(refused: Counter[str], catalog: str) -> str:
    return (
        f"{refused.total()} files that items of {catalog} point at will not be read: "
        f"{_most(refused)}; allow a host with --allow-host."
    )
