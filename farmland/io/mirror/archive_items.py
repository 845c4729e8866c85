"""One item of an archive: where its files lie, what is known of them, and what it says of itself.

The item keeps the record of its files: size and SHA-256 (STAC file extension 2.1).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from farmland.io.catalog import facts
from farmland.io.catalog.found import Found, thawed
from farmland.io.drafts import replacing
from farmland.scene import Scene

FILE_EXTENSION = "https://stac-extensions.github.io/file/v2.1.0/schema.json"

COG = "image/tiff; application=geotiff; profile=cloud-optimized"

SHA_256 = "1220"
"""Multihash prefix: the function, and the 32 bytes of its digest."""

OF_THE_SOURCE = ("file:", "auth:", "storage:", "checksum:", "alternate")
"""How asset fields begin that speak of the file as it was published, not of its copy."""

NO_COLLECTION = "_"
"""Folder of items that name no collection; no collection can have its name."""

CATALOG, COLLECTION = "catalog.json", "collection.json"

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
        write_document(self.document, _item(self))


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
    links = [link_to("root", f"../../{CATALOG}")]
    links.append(link_to("parent", f"../{COLLECTION}" if collection else f"../../{CATALOG}"))
    links += [link_to("collection", f"../{COLLECTION}")] if collection else []
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


def record_of(item: Mapping[str, Any]) -> dict[str, Kept]:
    """What an item of ours says of its files, by band."""
    found = {}
    for asset in item.get("assets", {}).values():
        size, checksum = asset.get("file:size"), asset.get("file:checksum")
        if isinstance(size, int) and isinstance(checksum, str):
            kept = Kept(size, checksum, asset.get("farmland:source_size"))
            found[Path(asset["href"]).stem] = kept
    return found


def link_to(relation: str, href: str) -> dict[str, str]:
    """A STAC link to a document of the archive."""
    kind = "application/geo+json" if relation == "item" else "application/json"
    return {"rel": relation, "href": href, "type": kind}


def write_document(path: Path, content: Mapping[str, Any]) -> None:
    """Replace a document in one step, unless it says the same already."""
    data = f"{json.dumps(content, indent=1)}\n".encode()
    if path.is_file() and path.read_bytes() == data:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as draft:
        draft.write_bytes(data)
