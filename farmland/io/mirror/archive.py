"""A local static STAC archive: what it lists, and what it lacks.

Every document appears in one step and only once the files it speaks of are there, so whoever reads
the archive while it grows sees whole files only.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import Any

from farmland.errors import UnusableInput
from farmland.io.catalog import facts
from farmland.io.catalog.found import Found
from farmland.io.catalog.static_catalog import read_local
from farmland.io.mirror.archive_items import (
    CATALOG,
    COLLECTION,
    NO_COLLECTION,
    Entry,
    folder_name,
    link_to,
    record_of,
    write_document,
)

OURS = "farmland-mirror"
"""Id of the catalog."""

REPORT = "mirror.json"


class Archive:
    """A folder with a catalog, one folder for each collection, in it one for each item.

    Raises
    ------
    UnusableInput
        When the folder holds the catalog of somebody else.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._listed: dict[str, dict[str, tuple[float | str, ...]]] = {}
        _sweep(folder)
        for collection, document in _linked(folder):
            if document.is_file():
                self._list(collection, document)

    def entry(self, found: Found, bands: Collection[str]) -> Entry:
        """The item of a scene with some of its bands, and with what an earlier run left of it."""
        scene = found.scene
        collection = folder_name(scene.collection) if scene.collection else NO_COLLECTION
        entry = Entry(found, self.folder / collection / folder_name(scene.item_id))
        _sweep(entry.folder)
        if entry.document.is_file():
            item = read_local(str(entry.document))
            if item.get("id") == scene.item_id:
                entry.kept = record_of(item)
                entry.unread = dict(item.get("properties", {}).get("farmland:unread", {}))
        wanted = {*bands, *entry.kept, *entry.unread}
        held = {band: asset for band, asset in scene.assets.items() if band in wanted}
        entry.found = replace(found, scene=replace(scene, assets=held))
        return entry

    def admit(self, entry: Entry) -> None:
        """List an item from the next time the catalog is written."""
        self._list(entry.found.scene.collection, entry.document)

    def publish(self) -> None:
        """Write the catalog: collections first, so that no link leads nowhere."""
        for collection, held in sorted(self._listed.items()):
            if collection:
                folder = self.folder / folder_name(collection)
                write_document(folder / COLLECTION, _collection(collection, held))
        write_document(self.folder / CATALOG, _catalog(self._listed))

    @property
    def items(self) -> int:
        """Items that are listed."""
        return sum(map(len, self._listed.values()))

    def gaps(self) -> list[dict[str, str]]:
        """What stayed unread according to the last report."""
        path = self.folder / REPORT
        return list(read_local(str(path)).get("unread", ())) if path.is_file() else []

    def report(self, content: Mapping[str, Any]) -> None:
        """Write what the archive is and lacks."""
        write_document(self.folder / REPORT, content)

    def _list(self, collection: str, document: Path) -> None:
        item = read_local(str(document))
        when = facts.acquired(item["properties"]).astimezone(UTC)
        moment = when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        bounds = facts.footprint(item).bounds
        self._listed.setdefault(collection, {})[document.parent.name] = (moment, *bounds)


def _linked(folder: Path) -> Iterator[tuple[str, Path]]:
    """Collection and path of every item that the catalog lists; none where there is no catalog."""
    if not (folder / CATALOG).is_file():
        return
    catalog = read_local(str(folder / CATALOG))
    if catalog.get("id") != OURS:
        raise UnusableInput(
            f"The folder {folder} holds a catalog that farmland mirror did not write: give another "
            "--to.",
            f"文件夹 {folder} 中的目录不是 farmland mirror 写出的：请换一个 --to。",
        )
    for link in catalog.get("links", []):
        if link["rel"] == "item":
            yield "", folder / link["href"]
        elif link["rel"] == "child":
            collection = read_local(str(folder / link["href"]))
            for below in collection.get("links", []):
                if below["rel"] == "item":
                    yield str(collection["id"]), (folder / link["href"]).parent / below["href"]


def _catalog(listed: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    children = [link_to("child", f"./{folder_name(name)}/{COLLECTION}") for name in listed if name]
    loose = [f"{NO_COLLECTION}/{name}/{name}.json" for name in listed.get("", ())]
    return {
        "type": "Catalog",
        "id": OURS,
        "stac_version": "1.0.0",
        "description": "Parts of Sentinel-2 scenes, copied by farmland mirror. Tiles that were not "
        "copied are sparse: that does not mean no data there.",
        "links": [
            link_to("root", f"./{CATALOG}"),
            *sorted(children, key=lambda link: link["href"]),
            *(link_to("item", f"./{path}") for path in sorted(loose)),
        ],
    }


def _collection(name: str, held: Mapping[str, tuple[float | str, ...]]) -> dict[str, Any]:
    moments, west, south, east, north = zip(*held.values(), strict=True)
    return {
        "type": "Collection",
        "id": name,
        "stac_version": "1.0.0",
        "description": f"Copies of items of {name}.",
        "license": "proprietary",
        "extent": {
            "spatial": {"bbox": [[min(west), min(south), max(east), max(north)]]},
            "temporal": {"interval": [[min(moments), max(moments)]]},
        },
        "links": [
            link_to("root", f"../{CATALOG}"),
            link_to("parent", f"../{CATALOG}"),
            *(link_to("item", f"./{each}/{each}.json") for each in sorted(held)),
        ],
    }


def _sweep(folder: Path) -> None:
    """Remove what a killed run was writing; nobody else writes here while the lock is held."""
    for draft in folder.glob(".*.writing-*"):
        shutil.rmtree(draft, ignore_errors=True)
