"""Items of catalogs that are files: a ``catalog.json``, a folder of items, a stac-geoparquet."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import shapely

from farmland.errors import UnusableInput
from farmland.io.hosts import Reach, Refused
from farmland.io.items import Item, Locate
from farmland.io.web import no_stac

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
    waiting, seen = [(start, "")], {start}
    while waiting:
        address, collection = waiting.pop(0)
        document = read(address)
        if document.get("type") in {"Feature", "FeatureCollection"}:
            yield from _items_in(document, address, reach, collection)
            continue
        if "links" not in document:
            raise no_stac(address)
        below = str(document["id"]) if document.get("type") == "Collection" else collection
        for linked in _links(document, address, reach):
            if linked not in seen:
                seen.add(linked)
                waiting.append((linked, below))


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
    except (OSError, ValueError):
        raise no_stac(str(path)) from None
    if not {"id", "assets", "geometry"} <= names:
        raise no_stac(str(path))
    wanted = sorted(names - {"links", "stac_extensions"})
    for batch in table.iter_batches(batch_size=256, columns=wanted):
        for row in batch.to_pylist():
            yield _item_of_row(row), _beside(str(path), reach)


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
            yield named, _beside(address, reach)


def _links(document: Item, address: str, reach: Reach) -> Iterator[str]:
    """Addresses of children and items, in the order of the document."""
    for link in document["links"]:
        if not isinstance(link, dict) or link.get("rel") not in {"child", "item"}:
            continue
        try:
            yield reach.locate(str(link.get("href") or ""), address)
        except Refused:
            continue


def _beside(address: str, reach: Reach) -> Locate:
    return lambda href: reach.locate(href, address)


def _item_of_row(row: dict[str, Any]) -> Item:
    """One row of a stac-geoparquet as an item; empty columns are absent facts."""
    geometry, bounds = row.get("geometry"), row.get("bbox")
    return {
        "id": row.get("id"),
        "collection": row.get("collection"),
        "geometry": shapely.geometry.mapping(shapely.from_wkb(geometry)) if geometry else None,
        "bbox": list(bounds.values()) if isinstance(bounds, dict) else bounds,
        "properties": {
            key: value
            for key, value in row.items()
            if key not in NOT_ITEM_COLUMNS and value is not None
        },
        "assets": {
            key: {name: value for name, value in entry.items() if value is not None}
            for key, entry in (row.get("assets") or {}).items()
            if entry is not None
        },
    }


def folder_of(path: Path) -> Path:
    """The folder items of a local catalog may point into, symbolic links resolved."""
    return Path(os.path.realpath(path if path.is_dir() else path.parent))
