"""A local static STAC archive: where its files lie, what its items say, and what it lists.

Every document appears in one step and only once the files it speaks of are there, so whoever reads
the archive while it grows sees whole files only. The items keep the record of their files: size
and SHA-256 (STAC file extension 2.1).
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from farmland.errors import UnusableInput
from farmland.io import facts
from farmland.io.drafts import replacing
from farmland.io.found import Found, thawed
from farmland.io.static_catalog import read_local
from farmland.scene import Scene

OURS = "farmland-mirror"
"""Id of the catalog."""

FILE_EXTENSION = "https://stac-extensions.github.io/file/v2.1.0/schema.json"

COG = "image/tiff; application=geotiff; profile=cloud-optimized"

SHA_256 = "1220"
"""Multihash prefix: the function, and the 32 bytes of its digest."""

OF_THE_SOURCE = ("file:", "auth:", "storage:", "checksum:", "alternate")
"""How asset fields begin that speak of the file as it was published, not of its copy."""

NO_COLLECTION = "_"
"""Folder of items that name no collection; no collection can have its name."""

CATALOG, COLLECTION, REPORT = "catalog.json", "collection.json", "mirror.json"

PLAIN_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9_])?")
MARKED_NAME = re.compile(r"-[0-9a-f]{32}")


def folder_name(identity: str) -> str:
    """A name for the folder of an id from outside: the id itself, or one marked with its hash.

    Never empty, hidden, longer than 100 characters or a path; two ids never share one.
    """
    plain = PLAIN_NAME.fullmatch(identity) and not identity.lower().endswith((".json", ".tif"))
    if plain and not MARKED_NAME.search(identity):
        return identity
    mark = sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    readable = re.sub(r"[^A-Za-z0-9_]+", "_", identity)[:60].strip("_")
    return f"{readable or 'item'}-{mark}"


def checksum_of(path: Path) -> str:
    """SHA-256 of a file as a multihash in hexadecimal digits."""
    digest = sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return SHA_256 + digest.hexdigest()


class Kept(NamedTuple):
    """What the archive knows of one of its files."""

    size: int
    checksum: str
    source_size: int | None
    """Bytes of the file it was copied from; ``None`` when nobody says."""


@dataclass(slots=True)
class Entry:
    """One item of an archive while it is copied."""

    found: Found
    folder: Path
    kept: dict[str, Kept] = field(default_factory=dict)
    """By band."""
    unread: dict[str, str] = field(default_factory=dict)
    """Why a band is missing, or a part of it, by band."""

    def path(self, band: str) -> Path:
        """Where the copy of a band lies."""
        return self.folder / f"{band}.tif"

    @property
    def document(self) -> Path:
        """The item itself."""
        return self.folder / f"{self.folder.name}.json"

    @property
    def scene(self) -> Scene:
        """The scene, its files those of the archive."""
        scene = self.found.scene
        local = {
            band: replace(asset, href=str(self.path(band))) for band, asset in scene.assets.items()
        }
        return replace(scene, assets=local)

    def note(self, band: str, kept: Kept | None, unread: str) -> None:
        """Write down what the copying of a band came to."""
        for noted, value in ((self.kept, kept), (self.unread, unread)):
            if value:
                noted[band] = value  # type: ignore[assignment]
            else:
                noted.pop(band, None)

    def save(self) -> None:
        """Write the item with what is known of its files."""
        _write(self.document, _item(self))


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

    def entry(self, found: Found) -> Entry:
        """The item of a scene, with what an earlier run left of it."""
        scene = found.scene
        collection = folder_name(scene.collection) if scene.collection else NO_COLLECTION
        entry = Entry(found, self.folder / collection / folder_name(scene.item_id))
        _sweep(entry.folder)
        if entry.document.is_file():
            item = read_local(str(entry.document))
            if item.get("id") == scene.item_id:
                entry.kept = _kept(item)
                entry.unread = dict(item.get("properties", {}).get("farmland:unread", {}))
        return entry

    def admit(self, entry: Entry) -> None:
        """List an item from the next time the catalog is written."""
        self._list(entry.found.scene.collection, entry.document)

    def publish(self) -> None:
        """Write the catalog: collections first, so that no link leads nowhere."""
        for collection, held in sorted(self._listed.items()):
            if collection:
                folder = self.folder / folder_name(collection)
                _write(folder / COLLECTION, _collection(collection, held))
        _write(self.folder / CATALOG, _catalog(self._listed))

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
        _write(self.folder / REPORT, content)

    def _list(self, collection: str, document: Path) -> None:
        item = read_local(str(document))
        when = facts.acquired(item["properties"]).astimezone(UTC)
        moment = when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        bounds = facts.footprint(item).bounds
        self._listed.setdefault(collection, {})[document.parent.name] = (moment, *bounds)


def _item(entry: Entry) -> dict[str, Any]:
    """An item as published, but for its files, its links, and that it is a copy."""
    found = entry.found
    item = thawed(found.item)
    collection = item.pop("collection", None) or None
    hosts = {urlsplit(asset.href).hostname for asset in found.scene.assets.values()}
    entries = facts.band_entries(found.item)
    keys = {
        band: next(key for key, each in found.item["assets"].items() if each is entries[band])
        for band in found.scene.assets
    }
    extensions = list(item.get("stac_extensions") or [])
    copied = {"farmland:copied_from": sorted(filter(None, hosts)), "farmland:unread": entry.unread}
    links = [_link("root", f"../../{CATALOG}")]
    links.append(_link("parent", f"../{COLLECTION}" if collection else f"../../{CATALOG}"))
    links += [_link("collection", f"../{COLLECTION}")] if collection else []
    return {
        **item,
        "stac_version": item.get("stac_version") or "1.0.0",
        "stac_extensions": [*extensions, *{FILE_EXTENSION}.difference(extensions)],
        "geometry": item.get("geometry"),
        "bbox": item.get("bbox") or list(found.scene.footprint.bounds),
        "properties": {**item["properties"], **copied},
        "assets": {key: _asset(item["assets"][key], entry, band) for band, key in keys.items()},
        "links": links,
        **({"collection": collection} if collection else {}),
    }


def _asset(published: Mapping[str, Any], entry: Entry, band: str) -> dict[str, Any]:
    asset = {key: value for key, value in published.items() if not key.startswith(OF_THE_SOURCE)}
    asset |= {"href": f"./{entry.path(band).name}", "type": COG}
    kept = entry.kept.get(band)
    if kept is not None:
        asset |= {"file:size": kept.size, "file:checksum": kept.checksum}
        asset["farmland:source_size"] = kept.source_size
    return asset


def _kept(item: Mapping[str, Any]) -> dict[str, Kept]:
    """What an item of ours says of its files, by band."""
    found = {}
    for asset in item.get("assets", {}).values():
        size, checksum = asset.get("file:size"), asset.get("file:checksum")
        if isinstance(size, int) and isinstance(checksum, str):
            kept = Kept(size, checksum, asset.get("farmland:source_size"))
            found[Path(asset["href"]).stem] = kept
    return found


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
    children = [_link("child", f"./{folder_name(name)}/{COLLECTION}") for name in listed if name]
    loose = [f"{NO_COLLECTION}/{name}/{name}.json" for name in listed.get("", ())]
    return {
        "type": "Catalog",
        "id": OURS,
        "stac_version": "1.0.0",
        "description": "Parts of Sentinel-2 scenes, copied by farmland mirror. Tiles that were not "
        "copied are sparse: that does not mean no data there.",
        "links": [
            _link("root", f"./{CATALOG}"),
            *sorted(children, key=lambda link: link["href"]),
            *(_link("item", f"./{path}") for path in sorted(loose)),
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
            _link("root", f"../{CATALOG}"),
            _link("parent", f"../{CATALOG}"),
            *(_link("item", f"./{each}/{each}.json") for each in sorted(held)),
        ],
    }


def _link(relation: str, href: str) -> dict[str, str]:
    kind = "application/geo+json" if relation == "item" else "application/json"
    return {"rel": relation, "href": href, "type": kind}


def _write(path: Path, content: Mapping[str, Any]) -> None:
    """Replace a document in one step, unless it says the same already."""
    data = f"{json.dumps(content, indent=1)}\n".encode()
    if path.is_file() and path.read_bytes() == data:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as draft:
        draft.write_bytes(data)


def _sweep(folder: Path) -> None:
    """Remove what a killed run was writing; nobody else writes here while the lock is held."""
    for draft in folder.glob(".*.writing-*"):
        shutil.rmtree(draft, ignore_errors=True)
