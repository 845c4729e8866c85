"""A scene with the STAC item it was made of, and a file of such items that is a catalog again."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from farmland.errors import WrongUsage
from farmland.io.catalog import facts
from farmland.io.catalog.facts import Item
from farmland.io.hosts import REMOTE, Refused
from farmland.scene import Scene

Locate = Callable[[str], str]
"""Makes an href absolute, or raises :class:`farmland.io.hosts.Refused`."""


@dataclass(frozen=True, slots=True)
class Found:
    """A scene, and the item it was made of."""

    scene: Scene
    item: Item = field(hash=False)
    """As published, but with absolute addresses and without files that may not be read and
    relative links; nothing in it can be changed (:func:`thawed` gives a copy that can)."""

    @classmethod
    def of(cls, scene: Scene, item: Item, locate: Locate) -> Found:
        """Keep a scene together with its item."""
        listed = item.get("links")
        links = [link for link in listed if _leads_out(link)] if isinstance(listed, list) else []
        assets = dict(_readable(item["assets"], locate))
        return cls(scene, _frozen({**item, "type": "Feature", "assets": assets, "links": links}))

    @property
    def stated_bytes(self) -> int | None:
        """Bytes of the band files (STAC ``file`` extension); ``None`` when one does not say."""
        return facts.stated_bytes(self.item)


def thawed(item: Item) -> dict[str, Any]:
    """A copy of a frozen item made of plain dictionaries and lists, as JSON wants it."""
    thawed: dict[str, Any] = _thawed(item)
    return thawed


def save(found: Iterable[Found], path: Path) -> None:
    """Write an item collection that ``--catalog`` reads back to the same scenes.

    Addresses on the network are written whole, those of local files relative to the file, so
    that both can be moved together.

    Raises
    ------
    WrongUsage
        When local files do not lie below the folder of ``path``: a catalog may not point out of
        its folder.
    UnusableInput, Unreachable
        When the folder cannot be written, or the disk is full.
    """
    from farmland.io.drafts import replacing  # loads GDAL, which few commands need

    folder = Path(os.path.realpath(path.parent))
    features = [_relative(thawed(each.item), folder, path) for each in found]
    collection = {"type": "FeatureCollection", "features": features}
    with replacing(path) as draft:
        draft.write_text(json.dumps(collection, ensure_ascii=False), "utf-8")


def _readable(assets: Item, locate: Locate) -> Iterable[tuple[str, Item]]:
    for key, entry in assets.items():
        try:
            yield key, {**entry, "href": locate(entry["href"])}
        except (Refused, KeyError, TypeError, AttributeError):
            continue


def _leads_out(link: object) -> bool:
    href = link.get("href") if isinstance(link, Mapping) else None
    return isinstance(href, str) and href.startswith(("https://", "http://"))


def _relative(item: dict[str, Any], folder: Path, path: Path) -> dict[str, Any]:
    """An item for a file in ``folder``; the files it points at are there, or on the network."""
    for entry in item["assets"].values():
        href = entry["href"]
        if href.partition(":")[0].lower() in REMOTE:
            continue
        if not Path(href).is_relative_to(folder):
            raise WrongUsage(
                f"The file {path} could not point at the images in {Path(href).parent}: save it "
                "in a folder above them.",
                f"文件 {path} 无法指向 {Path(href).parent} 中的影像：请保存到其上级文件夹。",
            )
        entry["href"] = f"./{Path(href).relative_to(folder)}"
    return item


def _frozen(value: Any) -> Any:
    """A value of JSON that nobody can change."""
    if isinstance(value, Mapping):
        return MappingProxyType({key: _frozen(entry) for key, entry in value.items()})
    return tuple(map(_frozen, value)) if isinstance(value, list | tuple) else value


def _thawed(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _thawed(entry) for key, entry in value.items()}
    return [_thawed(entry) for entry in value] if isinstance(value, tuple) else value
