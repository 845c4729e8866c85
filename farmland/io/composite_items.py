"""Composites as STAC: one item for each composite, and a collection that lists all of a folder.

STAC 1.1 with the projection, raster and processing extensions (2.0, 2.0, 1.2). Links and files are
relative, so a folder may be moved; nothing in a document tells when or where it was written.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import shapely

from farmland import __version__
from farmland.errors import UnusableInput
from farmland.grid import PIXEL_M, Window
from farmland.io.catalog.static_catalog import read_local
from farmland.io.cog import Kind
from farmland.io.mirror.archive_items import COG, COLLECTION, link_to, write_document
from farmland.periods import Period
from farmland.scene import attribution

OURS = "farmland-composites"
"""Id of the collection."""

STAC = "1.1.0"

EXTENSIONS = tuple(
    f"https://stac-extensions.github.io/{name}/schema.json"
    for name in ("processing/v1.2.0", "projection/v2.0.0", "raster/v2.0.0")
)

TERMS = "https://sentinels.copernicus.eu/documents/247904/690755/Sentinel_Data_Legal_Notice"

DEGREES = 7
"""Decimals of a coordinate: a centimetre."""


@dataclass(frozen=True, slots=True)
class File:
    """A file of a composite."""

    key: str
    """Of the asset."""
    name: str
    """Beside the item."""
    kind: Kind
    title: str
    main: bool = False
    """Whether it is the composite itself, not what it rests on."""


@dataclass(frozen=True, slots=True)
class Composed:
    """One composite, as its item tells it."""

    name: str
    title: str
    lineage: str
    """How it was made, as sentences."""
    theme: str
    method: str
    crs: str
    window: Window
    footprint: shapely.Polygon
    """WGS 84."""
    period: Period
    days: tuple[date, ...]
    """Solar days of the looks with a clear pixel."""
    unread_days: tuple[date, ...]
    """Those of looks of which something that was needed stayed unread."""
    files: tuple[File, ...]


def write(folder: Path, composed: Sequence[Composed]) -> Path:
    """Write an item for each composite, then the collection of all items of the folder.

    Returns
    -------
    Path
        The collection.

    Raises
    ------
    UnusableInput, Unreachable
        When the folder cannot be written, or the disk is full.
    """
    for each in composed:
        write_document(folder / f"{each.name}.json", item(each))
    held = [read_local(str(path)) for path in sorted(folder.glob("*.json"))]
    items = [document for document in held if document.get("collection") == OURS]
    write_document(folder / COLLECTION, collection(items))
    return folder / COLLECTION


def demand_ours(folder: Path) -> None:
    """See that a folder holds no collection of somebody else.

    Raises
    ------
    UnusableInput
        When it does.
    """
    path = folder / COLLECTION
    if path.is_file() and read_local(str(path)).get("id") != OURS:
        raise UnusableInput(
            f"The folder {folder} holds a collection that farmland ndvi did not write: give "
            "another --out.",
            f"文件夹 {folder} 中的数据集不是 farmland ndvi 写出的：请换一个 --out。",
        )


def item(composed: Composed) -> dict[str, Any]:
    """The STAC item of a composite."""
    outline = shapely.geometry.polygon.orient(composed.footprint)
    return {
        "type": "Feature",
        "stac_version": STAC,
        "stac_extensions": list(EXTENSIONS),
        "id": composed.name,
        "collection": OURS,
        "geometry": _plain(shapely.geometry.mapping(outline)),
        "bbox": _plain(outline.bounds),
        "properties": _properties(composed),
        "assets": {file.key: _asset(file) for file in composed.files},
        "links": [
            link_to("root", f"./{COLLECTION}"),
            link_to("parent", f"./{COLLECTION}"),
            link_to("collection", f"./{COLLECTION}"),
        ],
    }


def _properties(composed: Composed) -> dict[str, Any]:
    start, end = composed.period.start, composed.period.end
    return {
        "title": composed.title,
        "datetime": None,
        "start_datetime": _moment(start, time.min),
        "end_datetime": _moment(end, time(23, 59, 59)),
        "constellation": "sentinel-2",
        "gsd": PIXEL_M,
        "proj:code": composed.crs,
        "proj:shape": list(composed.window.shape),
        "proj:transform": [*composed.window.transform, 0, 0, 1],
        "proj:bbox": list(composed.window.bounds),
        "processing:level": "L3",
        "processing:lineage": composed.lineage,
        "processing:software": {"farmland": __version__},
        "farmland:theme": composed.theme,
        "farmland:method": composed.method,
        "farmland:looks": len(composed.days),
        "farmland:days": [day.isoformat() for day in composed.days],
        "farmland:unread_looks": len(composed.unread_days),
        "farmland:unread_days": [day.isoformat() for day in composed.unread_days],
    }


def _asset(file: File) -> dict[str, Any]:
    kind = file.kind
    shared = {
        "data_type": kind.dtype,
        "nodata": "nan" if math.isnan(kind.nodata) else kind.nodata,
        "raster:sampling": "area",
        "raster:spatial_resolution": PIXEL_M,
        **({"raster:scale": kind.scale, "raster:offset": 0} if kind.scale != 1 else {}),
    }
    return {
        "href": f"./{file.name}",
        "type": COG,
        "title": file.title,
        "roles": ["data"] if file.main else ["metadata"],
        **shared,
        "bands": [{"name": band} for band in kind.bands],
    }


def collection(items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The STAC collection of items, by id."""
    properties = [each["properties"] for each in items]
    west, south, east, north = zip(*(each["bbox"] for each in items), strict=True)
    starts = [each["start_datetime"] for each in properties]
    ends = [each["end_datetime"] for each in properties]
    days = [day for each in properties for day in each["farmland:days"]]
    years = {int(day[:4]) for day in days or starts}
    return {
        "type": "Collection",
        "id": OURS,
        "stac_version": STAC,
        "title": "Composites of farmland",
        "description": "Composites of clear Sentinel-2 looks at farmland; pixels outside the "
        f"parcels hold no data. {attribution(years)}",
        "license": "other",
        "providers": [{"name": "ESA/Copernicus", "roles": ["licensor"], "url": TERMS}],
        "extent": {
            "spatial": {"bbox": [[min(west), min(south), max(east), max(north)]]},
            "temporal": {"interval": [[min(starts), max(ends)]]},
        },
        "summaries": {
            "farmland:theme": sorted({each["farmland:theme"] for each in properties}),
            "farmland:method": sorted({each["farmland:method"] for each in properties}),
        },
        "links": [
            link_to("root", f"./{COLLECTION}"),
            {"rel": "license", "href": TERMS, "type": "application/pdf"},
            *(link_to("item", f"./{each['id']}.json") for each in items),
        ],
    }


def _moment(day: date, moment: time) -> str:
    return datetime.combine(day, moment, UTC).isoformat().replace("+00:00", "Z")


def _plain(value: Any) -> Any:
    """Tuples as lists and coordinates rounded, down to the last one."""
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return round(value, DEGREES) if isinstance(value, float) else value
