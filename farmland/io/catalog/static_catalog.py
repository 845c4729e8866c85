"""Items of catalogs that are files: a ``catalog.json``, a folder of items, a stac-geoparquet."""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import shapely

from farmland.errors import Unreachable, UnusableInput
from farmland.io.catalog.items import Item, Locate
from farmland.io.catalog.web import no_stac
from farmland.io.hosts import REMOTE, Reach, Refused

MOST_DOCUMENTS = 200_000
"""Documents of one catalog; more than a province has granules over the whole record."""

Read = Callable[[str], dict[str, Any]]

NOT_ITEM_COLUMNS = frozenset(
    {"id", "collection", "assets", "geometry", "bbox", "links", "type", "stac_version"}
    | {"stac_extensions"}
)
"""Top-level columns of stac-geoparquet 1.0; every other one is a property of the item."""


def of_folder(folder: Path, reach: Reach) -> Iterator[tuple[Item, Locate]]:
    """Every item in the JSON files of a folder, its subfolders included, in order of path."""
    for path in sorted(folder.rglob("*.json")):
        document = read_local(str(path))
        yield from _items_in(document, str(path), reach)


def walked(start: str, read: Read, reach: Reach) -> Iterator[tuple[Item, Locate]]:
    """Items reached by ``child`` and ``item`` links from the document at ``start``.

    Links that lead out of the folder, or to another host, are not followed; a document is read
    once however often it is linked. An item takes the collection it hangs under when it names
    none.
    """
    waiting, seen = deque([(start, "")]), {start}
    while waiting:
        address, collection = waiting.popleft()
        document = read(address)
        if str(document.get("type")) in {"Feature", "FeatureCollection"}:
            yield from _items_in(document, address, reach, collection)
            continue
        if not isinstance(document.get("links"), list):
            raise no_stac(address)
        below = str(document.get("id")) if document.get("type") == "Collection" else collection
        for linked in _links(document, address, reach):
            if linked not in seen:
                seen.add(linked)
                waiting.append((linked, below))
        if len(seen) > MOST_DOCUMENTS:
            raise _endless(start)


def of_parquet(path: Path, reach: Reach) -> Iterator[tuple[Item, Locate]]:
    """Items of a stac-geoparquet file (stac-geoparquet 1.0).

    Raises
    ------
    UnusableInput
        When pyarrow is not installed, or the file is no stac-geoparquet.
    """
    try:
        from pyarrow import parquet
    except ImportError:
        raise UnusableInput(
            f"Reading {path.name} needs pyarrow: pip install 'farmland[parquet]'.",
            f"读取 {path.name} 需要 pyarrow：请运行 pip install 'farmland[parquet]'。",
        ) from None
    try:
        table = parquet.ParquetFile(path)
        names = set(table.schema_arrow.names)
        if not {"id", "assets", "geometry"} <= names:
            raise no_stac(str(path))
        wanted = sorted(names - {"links", "stac_extensions"})
        for batch in table.iter_batches(batch_size=256, columns=wanted):
            for row in batch.to_pylist():
                yield _item_of_row(row), reach.beside(str(path))
    except (OSError, ValueError):
        raise no_stac(str(path)) from None


def read_local(path: str) -> dict[str, Any]:
    """The JSON object in a file; an empty one when it holds something else.

    Raises
    ------
    UnusableInput
        When the file cannot be read.
    """
    try:
        document = json.loads(Path(path).read_text("utf-8"))
    except OSError as fault:
        raise UnusableInput(
            f"The catalog file {path} could not be read ({fault.strerror}): give one that can.",
            f"无法读取目录文件 {path}（{fault.strerror}）：请给出可读的文件。",
        ) from fault
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _items_in(
    document: Item, address: str, reach: Reach, collection: str = ""
) -> Iterator[tuple[Item, Locate]]:
    features = document.get("features") if document.get("type") == "FeatureCollection" else None
    for item in features if isinstance(features, list) else [document]:
        if isinstance(item, dict) and item.get("type") == "Feature":
            named = {**item, "collection": item.get("collection") or collection}
            yield named, reach.beside(address)


def _links(document: Item, address: str, reach: Reach) -> Iterator[str]:
    """Addresses of children and items, in the order of the document."""
    for link in document["links"]:
        if not isinstance(link, dict) or str(link.get("rel")) not in {"child", "item"}:
            continue
        try:
            linked = reach.locate(str(link.get("href") or ""), address)
        except Refused:
            continue
        if reach.folder is None or urlsplit(linked).scheme not in REMOTE:
            yield linked


def _item_of_row(row: dict[str, Any]) -> Item:
    """One row of a stac-geoparquet as an item; empty columns are absent facts."""
    drawn, bounds = shapely.from_wkb(row.get("geometry"), on_invalid="ignore"), row.get("bbox")
    assets = row.get("assets")
    return {
        "type": "Feature",
        "stac_version": row.get("stac_version") or "1.0.0",
        "id": row.get("id"),
        "collection": row.get("collection"),
        "geometry": shapely.geometry.mapping(drawn) if drawn else None,
        "bbox": list(bounds.values()) if isinstance(bounds, dict) else bounds,
        "properties": {
            key: value.isoformat() if isinstance(value, date) else value
            for key, value in row.items()
            if key not in NOT_ITEM_COLUMNS and value is not None
        },
        "assets": {
            key: {name: value for name, value in entry.items() if value is not None}
            for key, entry in (assets.items() if isinstance(assets, dict) else ())
            if isinstance(entry, dict)
        },
    }


def _endless(catalog: str) -> Unreachable:
    return Unreachable(
        f"The catalog {catalog} goes on without end (more than {MOST_DOCUMENTS} documents): give "
        "another one with --catalog.",
        f"目录 {catalog} 没有尽头（超过 {MOST_DOCUMENTS} 个文件）：请用 --catalog 指定其他目录。",
    )


def folder_of(path: Path) -> Path:
    """The folder items of a local catalog may point into, symbolic links resolved."""
    return Path(os.path.realpath(path if path.is_dir() else path.parent))
