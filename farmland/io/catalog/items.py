"""The one door through which a STAC item becomes a scene, whoever published it.

Earth Search v0 and v1, Planetary Computer, CDSE and static catalogs of STAC 1.0 and 1.1 name the
same facts differently; what an item does not say stays empty (DESIGN 3).
"""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

from farmland.errors import FarmlandWarning, UnusableInput
from farmland.io.catalog import facts
from farmland.io.catalog.facts import BrokenItem, Item
from farmland.io.catalog.found import Found, Locate
from farmland.io.hosts import Refused
from farmland.rules import Words
from farmland.scene import SCL, Asset, Scene

__all__ = ["REQUIRED", "BrokenItem", "Item", "Locate", "found", "scene", "scenes"]

REQUIRED = ("red", "nir", SCL)
"""Without these a scene can say nothing about vegetation."""

Wanted = Callable[[Scene], bool]


def everything(_: Scene) -> bool:
    """Every scene is among those asked for."""
    return True


def scenes(
    items: Iterable[tuple[Item, Locate]], catalog: str, wanted: Wanted = everything
) -> tuple[Scene, ...]:
    """Normalise items, leaving out and counting the broken ones.

    Parameters
    ----------
    items : iterable of (item, locate)
        STAC items as plain dictionaries, each with the function that makes its hrefs absolute and
        refuses those that may not be read (:meth:`farmland.io.hosts.Reach.locate`).
    catalog : str
        Name of the catalog, for the sentences.
    wanted : callable
        Whether a scene is among those asked for.

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
    return tuple(sorted((scene for scene, _, _ in _made(items, catalog, wanted)), key=_order))


def found(
    items: Iterable[tuple[Item, Locate]], catalog: str, wanted: Wanted = everything
) -> tuple[Found, ...]:
    """Normalise items as :func:`scenes` does, and keep the items too."""
    kept = [Found.of(*made) for made in _made(items, catalog, wanted)]
    return tuple(sorted(kept, key=lambda each: _order(each.scene)))


def _made(
    items: Iterable[tuple[Item, Locate]], catalog: str, wanted: Wanted
) -> Iterator[tuple[Scene, Item, Locate]]:
    """The scenes asked for, every id once; what was left out is told at the end."""
    seen: set[str] = set()
    usable = 0
    broken: Counter[Words] = Counter()
    refused: Counter[Words] = Counter()
    for item, locate in items:
        not_read: Counter[Words] = Counter()
        try:
            made = scene(item, locate, not_read)
        except BrokenItem as fault:
            broken[fault.words] += 1
            refused += not_read
            continue
        usable += 1
        if made.item_id not in seen and wanted(made):
            seen.add(made.item_id)
            refused += not_read
            yield made, item, locate
    if broken and not usable:
        raise _all_broken(broken, refused, catalog)
    if broken:
        warnings.warn(_left_out(broken, catalog), stacklevel=2)
    if refused:
        warnings.warn(_not_read(refused, catalog), stacklevel=2)


def _order(scene: Scene) -> tuple[datetime, str]:
    return scene.datetime, scene.item_id


def scene(item: Item, locate: Locate, refused: Counter[Words] | None = None) -> Scene:
    """Make one scene of one item; hrefs that ``locate`` refuses are counted in ``refused``.

    Raises
    ------
    BrokenItem
        When the item has no id, no time, no place, no usable file, or is no Sentinel-2 L2A.
    """
    properties = item.get("properties")
    identity = item.get("id")
    if not isinstance(properties, Mapping) or not isinstance(identity, str) or not identity:
        raise BrokenItem("no id or no properties", "没有编号或属性")
    _demand_l2a(properties, identity)
    assets = _assets(item, locate, Counter() if refused is None else refused)
    product = facts.product_name(properties, identity)
    tile = facts.tile(properties, identity)
    return Scene(
        item_id=identity,
        collection=str(item.get("collection") or ""),
        platform=facts.platform(properties, product),
        datetime=facts.acquired(properties),
        tile=tile,
        crs=facts.crs(item, tile),
        baseline=facts.baseline(properties, product),
        offset_applied=facts.offset_applied(properties),
        cloud_cover=facts.number(properties.get("eo:cloud_cover")),
        datatake=facts.datatake(properties, product),
        generated=facts.generated(properties, product),
        footprint=facts.footprint(item),
        assets=assets,
        origin=facts.origin(item),
    )


def _demand_l2a(properties: Item, identity: str) -> None:
    named = facts.first(properties, "s2:product_type", "product:type", "processing:level")
    level = str(named or "")
    platform = str(facts.first(properties, "platform", "constellation") or "").lower()
    if platform and "sentinel-2" not in platform.replace(" ", "-"):
        raise BrokenItem(f"not Sentinel-2 but {platform}", f"不是哨兵二号而是 {platform}")
    if re.search(r"1C|L3", level) or re.search(r"MSIL1C|_L1C$", identity):
        raise BrokenItem("not level 2A", "不是 L2A 级产品")


def _assets(item: Item, locate: Locate, refused: Counter[Words]) -> dict[str, Asset]:
    """Band name to file, for the bands the item has and we may read."""
    assets: dict[str, Asset] = {}
    for band, entry in facts.band_entries(item).items():
        if not isinstance(entry.get("href"), str):
            continue
        try:
            assets[band] = _asset(entry, locate(entry["href"]))
        except Refused as fault:
            refused[fault.words] += 1
    if not assets and refused:
        raise BrokenItem("no file that may be read", "没有允许读取的文件")
    if not assets:
        raise BrokenItem("no band we know", "没有可识别的波段")
    return assets


def _asset(entry: Item, href: str) -> Asset:
    """Scale, offset and nodata of STAC 1.0 ``raster:bands``, 1.1 ``bands``, or of the asset."""
    band = next(iter(facts.band_descriptions(entry, "raster:bands", "bands")), {})
    scale = facts.number(facts.first(band, "scale", "raster:scale"))
    offset = facts.number(facts.first(band, "offset", "raster:offset"))
    nodata = facts.number(band.get("nodata", entry.get("nodata")))
    return Asset(
        href=href,
        scale=scale if scale is not None else facts.number(entry.get("raster:scale")),
        offset=offset if offset is not None else facts.number(entry.get("raster:offset")),
        nodata=int(nodata) if nodata is not None else 0,
    )


def _most(reasons: Counter[Words]) -> Words:
    """The commonest reasons, in both languages."""
    most = reasons.most_common(3)
    return Words(
        "; ".join(f"{count} × {reason.en}" for reason, count in most),
        "；".join(f"{count} × {reason.zh}" for reason, count in most),
    )


def _all_broken(broken: Counter[Words], refused: Counter[Words], catalog: str) -> UnusableInput:
    reasons = _most(refused or broken)
    return UnusableInput(
        f"None of the {broken.total()} items of {catalog} can be used ({reasons.en}): give a "
        "catalog of Sentinel-2 L2A scenes, and --allow-host for files on other hosts.",
        f"{catalog} 的 {broken.total()} 个条目均不可用（{reasons.zh}）："
        "请给出哨兵二号 L2A 目录；文件在其他主机时请加 --allow-host。",
    )


def _left_out(broken: Counter[Words], catalog: str) -> FarmlandWarning:
    count, why = broken.total(), _most(broken)
    return FarmlandWarning(
        f"{count} items of {catalog} cannot be used and were left out: {why.en}.",
        f"{catalog} 中有 {count} 个条目无法使用，已略过：{why.zh}。",
    )


def _not_read(refused: Counter[Words], catalog: str) -> FarmlandWarning:
    count, why = refused.total(), _most(refused)
    return FarmlandWarning(
        f"{count} files that items of {catalog} point at will not be read: {why.en}; allow a host "
        "with --allow-host.",
        f"{catalog} 的条目所指的 {count} 个文件不予读取：{why.zh}；可用 --allow-host 允许主机。",
    )
