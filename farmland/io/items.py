"""The one door through which a STAC item becomes a scene, whoever published it.

Earth Search v0 and v1, Planetary Computer, CDSE and static catalogs of STAC 1.0 and 1.1 name the
same facts differently; what an item does not say stays empty (DESIGN 3).
"""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from farmland.errors import FarmlandWarning, UnusableInput
from farmland.io import facts
from farmland.io.facts import BrokenItem, Item
from farmland.io.hosts import Refused
from farmland.scene import SCL, Asset, Scene

__all__ = ["REQUIRED", "BrokenItem", "Item", "Locate", "scene", "scenes"]

REQUIRED = ("red", "nir", SCL)
"""Without these a scene can say nothing about vegetation."""

Locate = Callable[[str], str]


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
        warnings.warn(_left_out(broken, catalog), stacklevel=2)
    if refused:
        warnings.warn(_not_read(refused, catalog), stacklevel=2)
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
    product = facts.product_name(properties, identity)
    return Scene(
        item_id=identity,
        collection=str(item.get("collection") or ""),
        platform=facts.platform(properties, product),
        datetime=facts.acquired(properties),
        tile=facts.tile(properties, identity),
        crs=facts.crs(item),
        baseline=facts.baseline(properties, product),
        offset_applied=facts.offset_applied(properties),
        cloud_cover=facts.number(properties.get("eo:cloud_cover")),
        datatake=facts.datatake(properties, product),
        generated=facts.generated(properties),
        footprint=facts.footprint(item),
        assets=assets,
        origin=facts.origin(item),
    )


def _demand_l2a(properties: Item, identity: str) -> None:
    named = facts.first(properties, "s2:product_type", "product:type", "processing:level")
    level = str(named or "")
    platform = str(facts.first(properties, "platform", "constellation") or "").lower()
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
    for band, keys in facts.ASSET_KEYS.items():
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
        if len(bands) == 1 and facts.first(bands[0], "common_name", "eo:common_name") == band:
            entry: Item = published[key]
            return entry
    return None


def _asset(entry: Item, href: str) -> Asset:
    """Scale, offset and nodata of STAC 1.0 ``raster:bands``, 1.1 ``bands``, or of the asset."""
    band = next(iter(_bands(entry, "raster:bands", "bands")), {})
    scale = facts.number(facts.first(band, "scale", "raster:scale"))
    offset = facts.number(facts.first(band, "offset", "raster:offset"))
    nodata = facts.number(band.get("nodata", entry.get("nodata")))
    return Asset(
        href=href,
        scale=scale if scale is not None else facts.number(entry.get("raster:scale")),
        offset=offset if offset is not None else facts.number(entry.get("raster:offset")),
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


def _left_out(broken: Counter[str], catalog: str) -> FarmlandWarning:
    count, why = broken.total(), _most(broken)
    return FarmlandWarning(
        f"{count} items of {catalog} cannot be used and were left out: {why}.",
        f"{catalog} 中有 {count} 个条目无法使用，已略过：{why}。",
    )


def _not_read(refused: Counter[str], catalog: str) -> FarmlandWarning:
    count, why = refused.total(), _most(refused)
    return FarmlandWarning(
        f"{count} files that items of {catalog} point at will not be read: {why}; allow a host "
        "with --allow-host.",
        f"{catalog} 的条目所指的 {count} 个文件不予读取：{why}；可用 --allow-host 允许主机。",
    )
